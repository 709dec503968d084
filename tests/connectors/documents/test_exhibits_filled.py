"""Papers that others signed: one whose form was filled in is not called unchanged, and no log names a signer."""

import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfTimeStamper, SimpleSigner, sign_pdf
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.contracts.documents import SealedDocument
from connectors.documents.certificates import to_asn1
from connectors.documents.exhibit_signature import PaperStanding, judge_paper

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Registrar")])


def form() -> bytes:
    """One page with a field that anybody may fill in."""
    written = BytesIO()
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(300, 300))
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=pikepdf.String("capital"),
                V=pikepdf.String("1000"), Rect=[10, 10, 100, 30], P=page.obj, F=4,
            )
        )  # fmt: skip
        page.obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), DA=pikepdf.String("/Helv 0 Tf"))
        document.save(written)
    return written.getvalue()


def test_a_form_that_was_filled_in_after_the_archive_time_stamp_was_changed() -> None:
    key = rsa.generate_private_key(65537, 2048)  # what the library's own time-stamper for tests takes
    certificate = to_asn1(
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    nobody = SimpleCertificateStore()
    signer = SimpleSigner(signing_cert=certificate, signing_key=private, cert_registry=nobody)
    signed = sign_pdf(IncrementalPdfFileWriter(BytesIO(form())), PdfSignatureMetadata(field_name="S"), signer=signer)
    stamper = PdfTimeStamper(DummyTimeStamper(tsa_cert=certificate, tsa_key=private, certs_to_embed=nobody))
    stamped = stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(signed.getvalue())), "sha256").getvalue()
    assert judge_paper(signed.getvalue()).standing is PaperStanding.WHOLE
    assert judge_paper(stamped).standing is PaperStanding.WHOLE

    writer = IncrementalPdfFileWriter(BytesIO(stamped))
    fields = (one.get_object() for one in writer.root["/AcroForm"]["/Fields"])
    (capital,) = (field for field in fields if field["/T"] == "capital")
    capital["/V"] = generic.pdf_string("9000000")
    writer.update_container(capital)
    filled = BytesIO()
    writer.write(filled)
    assert judge_paper(filled.getvalue()).standing is PaperStanding.CHANGED


def test_nobody_is_named_in_the_log_of_a_process_that_judges_a_paper(sealed: SealedDocument, tmp_path: Path) -> None:
    """A process of its own, as a press is: nobody set up logging there, and Python writes warnings to its errors."""
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(sealed.pdf)
    script = (
        "import sys; from pathlib import Path\n"
        "from connectors.documents import presses\n"
        "print(presses.judge_paper(Path(sys.argv[1]).read_bytes()).standing)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(paper)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (said.stdout.strip(), said.stderr) == ("whole", "")
