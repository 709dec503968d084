"""Papers of the fictitious company registry: small PDFs and scanned pages that say they are samples."""

from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from typing import Final

import pikepdf
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image, ImageDraw, ImageFont
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.simulators.authority.pki import Identity

_A4: Final = (595, 842)
_SCAN: Final = (620, 877)
_WHITE: Final = 255
_INK: Final = 30


@lru_cache(maxsize=64)
def sample_pdf(title: str, number: str, pages: int) -> bytes:
    """A PDF of that many pages with title and number in ASCII; the same bytes every time."""
    document = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for page in range(1, pages + 1):
        blank = document.add_blank_page(page_size=_A4)
        blank.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        line = f"BT /F1 14 Tf 60 780 Td (SAMPLE {title} {number} page {page} of {pages}) Tj ET"
        blank.Contents = document.make_stream(line.encode())
    written = BytesIO()
    document.save(written, deterministic_id=True)
    return written.getvalue()


class SignedPapers:
    """Sample PDFs that the registrar signed, as the registry does with its own (a field named Signature1); each is
    signed once, so that it stays the same file.
    """

    def __init__(self, registrar: Identity) -> None:
        certificate = asn1_x509.Certificate.load(registrar.certificate.public_bytes(Encoding.DER))
        key = registrar.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library does not say what it takes
        self._signer = SimpleSigner(certificate, keys.PrivateKeyInfo.load(key), registry)
        self._signed: dict[bytes, bytes] = {}

    async def signed(self, pdf: bytes) -> bytes:
        """The file with the registrar's signature."""
        known = sha256(pdf).digest()
        if known not in self._signed:
            written = BytesIO()
            metadata = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256")
            writer = IncrementalPdfFileWriter(BytesIO(pdf))
            await async_sign_pdf(writer, metadata, signer=self._signer, output=written)
            self._signed.setdefault(known, written.getvalue())
        return self._signed[known]


@lru_cache(maxsize=64)
def sample_page(title: str, number: str, page: int) -> bytes:
    """A scanned page as JPEG."""
    image = Image.new("L", _SCAN, _WHITE)
    pen = ImageDraw.Draw(image)
    pen.text((60, 60), f"SAMPLE {title}", fill=_INK, font=ImageFont.load_default(size=28))
    pen.text((60, 110), f"{number}  page {page}", fill=_INK, font=ImageFont.load_default(size=20))
    encoded = BytesIO()
    image.save(encoded, "JPEG", quality=60)
    return encoded.getvalue()
