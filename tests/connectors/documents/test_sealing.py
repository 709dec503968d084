"""Sealed files as other programs judge them, and every way a time-stamp authority can fail."""

import hashlib
import json
import logging
import stat
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors.contracts.documents import Delivery, SealedDocument, SealLevel
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.documents.certificates import to_asn1
from connectors.documents.seal import software_key
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.simulators.authority.routes import REPLY_TYPE
from tests.connectors.authority.serving import served
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority, Seal
from tests.connectors.documents.examples import COMPANY, PERSON, document_request


def pdfsig(pdf: bytes, folder: Path, *options: str) -> str:
    (folder / "sealed.pdf").write_bytes(pdf)
    command = ["pdfsig", "-nocert", *options, "sealed.pdf"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def qpdf_check(pdf: bytes, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "checked.pdf").write_bytes(pdf)
    command = ["qpdf", "--check", *options, "checked.pdf"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_sealed_document_says_what_it_is(seal: Seal) -> None:
    document = seal(document_request("company", COMPANY))
    assert document.sha256 == hashlib.sha256(document.pdf).hexdigest()
    assert (document.level, document.delivery) == (SealLevel.B_T, Delivery.SEALED)
    with pikepdf.open(BytesIO(document.pdf)) as opened:
        assert document.pages == len(opened.pages)


def test_poppler_finds_a_valid_seal_over_the_whole_file(sealed: SealedDocument, tmp_path: Path) -> None:
    verdict = pdfsig(sealed.pdf, tmp_path)
    assert "Signature Validation: Signature is Valid." in verdict
    assert "Total document signed" in verdict
    assert "ETSI.CAdES.detached" in verdict


@pytest.mark.parametrize("kind", ["sealed", "locked"])
def test_qpdf_finds_no_fault(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    options = [f"--password={PASSWORD}"] if kind == "locked" else []
    result = qpdf_check(request.getfixturevalue(kind).pdf, tmp_path, *options)
    assert result.returncode == 0, result.stdout + result.stderr


def test_pyhanko_accepts_certification_signature_and_time_stamp(
    sealed: SealedDocument, running: RunningAuthority
) -> None:
    reader = PdfFileReader(BytesIO(sealed.pdf))
    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(
        signature,
        ValidationContext(trust_roots=[to_asn1(running.root)], allow_fetching=False),
        ValidationContext(trust_roots=[to_asn1(running.tsa_root)], allow_fetching=False),
    )
    assert status.bottom_line
    assert status.timestamp_validity.trusted
    assert reader.root["/Perms"]["/DocMDP"] == signature.sig_object
    assert signature.docmdp_level.value == 2


def test_sealing_leaves_the_standards_kept(sealed: SealedDocument) -> None:
    """ISO 19005-3 section 6.1.9: an object begins on a line of its own; the seal is an appended revision."""
    assert b"%%EOF\n" in sealed.pdf
    appended = sealed.pdf[sealed.pdf.index(b"%%EOF") + 5 :]
    assert appended.startswith(b"\n")
    assert appended[1:2].isdigit()
    with pikepdf.open(BytesIO(sealed.pdf)) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert json.loads(document.attachments["data.json"].get_file().read_bytes())["fields"] == PERSON
        (field,) = document.Root.AcroForm.Fields
        assert [int(edge) for edge in field.Rect] == [0, 0, 0, 0]


def test_a_locked_document_opens_with_its_password_alone(locked: SealedDocument, tmp_path: Path) -> None:
    for password in ("", "wrong", PASSWORD[:-1]):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(BytesIO(locked.pdf), password=password)
    with pikepdf.open(BytesIO(locked.pdf), password=PASSWORD) as document:
        assert (document.encryption.R, document.encryption.bits) == (6, 256)
        assert document.user_password_matched
        assert not document.owner_password_matched
        assert document.allow.accessibility
        assert json.loads(document.attachments["data.json"].get_file().read_bytes())["fields"] == PERSON
    assert "น้ำทิพย์".encode() not in locked.pdf
    assert "Signature is Valid" in pdfsig(locked.pdf, tmp_path, "-upw", PASSWORD)


@pytest.mark.parametrize("password", ["", "ก" * 43])
def test_an_unfit_password_makes_no_document(seal: Seal, password: str) -> None:
    with pytest.raises(DocumentError, match="password"):
        seal(document_request("person", PERSON), password=password)


def test_a_seal_key_of_another_certificate_is_refused(identity: SealIdentity) -> None:
    with pytest.raises(DocumentError, match="belong together"):
        software_key(ec.generate_private_key(ec.SECP256R1()), identity.chain)
    with pytest.raises(DocumentError, match="no certificate"):
        software_key(identity.key, [])


def test_the_seal_key_is_made_once_and_only_its_owner_reads_it(running: RunningAuthority, tmp_path: Path) -> None:
    folder = tmp_path / "seal"
    first = ensure_seal_key(folder, f"{running.url}/ca", "ตราประทับ")
    assert ensure_seal_key(folder, "http://127.0.0.1:9", "another name").chain == first.chain
    assert stat.S_IMODE((folder / "seal.key").stat().st_mode) == 0o600
    assert first.key.public_key() == first.chain[0].public_key()


def test_a_seal_key_that_nobody_certifies_is_not_kept(running: RunningAuthority, tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:9", f"{running.url}/absent"):
        with pytest.raises(DocumentError, match="certification authority"):
            ensure_seal_key(tmp_path / "seal", url, "ตราประทับ")
    with pytest.raises(DocumentError, match="common name"):
        ensure_seal_key(tmp_path / "seal", f"{running.url}/ca", "ก" * 22)
    assert list(tmp_path.iterdir()) == []


def test_an_authority_that_is_down_means_no_document(seal: Seal, running: RunningAuthority) -> None:
    running.authority.tsa_mode = "down"
    try:
        with pytest.raises(TimestampUnavailable, match="503"):
            seal(document_request("person", PERSON))
    finally:
        running.authority.tsa_mode = "up"
    with pytest.raises(TimestampUnavailable, match="no answer"):
        seal(document_request("person", PERSON), tsa_url="http://127.0.0.1:9/tsa")


def test_a_time_stamp_from_an_untrusted_authority_means_no_document(seal: Seal, running: RunningAuthority) -> None:
    with pytest.raises(TimestampUnavailable, match="not trusted"):
        seal(document_request("person", PERSON), tsa_roots=[running.root])


def _query_changed_by(fault: str, query: tsp.TimeStampReq) -> bytes:
    """The query that a faulty authority answers instead of the one it was asked."""
    match fault:
        case "another digest":
            query["message_imprint"]["hashed_message"] = bytes(32)
        case "another nonce":
            query["nonce"] = 5
        case "no nonce":
            query = tsp.TimeStampReq({"version": "v1", "message_imprint": query["message_imprint"], "cert_req": True})
        case "refusal":
            query["req_policy"] = "1.2.3"
        case "no certificate":
            query["cert_req"] = False
    return bytes(query.dump(force=True))


def _reply_changed_by(fault: str, reply: bytes) -> bytes:
    """What becomes of a good answer on its way."""
    changes = {
        "changed signature": reply[:-1] + bytes([reply[-1] ^ 1]),
        "cut off": reply[:-40],
        "trailing bytes": reply + b"\x00",
        "not DER": b"<html></html>",
        "endless": reply + bytes(100_000),
        "empty": b"",
    }
    return changes.get(fault, reply)


FAULTS = (
    "another digest", "another nonce", "no nonce", "refusal", "no certificate",
    "changed signature", "cut off", "trailing bytes", "not DER", "endless", "empty",
)  # fmt: skip


@pytest.fixture(scope="module")
def faulty_url(running: RunningAuthority) -> Iterator[str]:
    async def answer(request: Request) -> Response:
        fault = request.path_params["fault"]
        reply = running.authority.stamp(_query_changed_by(fault, tsp.TimeStampReq.load(await request.body())))
        return Response(_reply_changed_by(fault, reply), media_type=REPLY_TYPE)

    async def wrong_type(request: Request) -> Response:
        return Response(running.authority.stamp(await request.body()), media_type="text/html")

    async def elsewhere(_: Request) -> Response:
        return RedirectResponse(f"{running.url}/tsa", status_code=307)

    routes = [
        Route("/wrong type", wrong_type, methods=["POST"]),
        Route("/elsewhere", elsewhere, methods=["POST"]),
        Route("/{fault}", answer, methods=["POST"]),
    ]
    with served(routes) as url:
        yield url


@pytest.mark.parametrize("fault", [*FAULTS, "wrong type", "elsewhere"])
def test_a_faulty_time_stamp_means_no_document(seal: Seal, faulty_url: str, fault: str) -> None:
    with pytest.raises(TimestampUnavailable) as refusal:
        seal(document_request("person", PERSON), tsa_url=f"{faulty_url}/{fault}")
    assert str(refusal.value).isascii()


def test_the_authority_is_called_where_the_map_says(seal: Seal, running: RunningAuthority) -> None:
    port = running.url.rsplit(":", 1)[1]
    changes: dict[str, Any] = {"tsa_url": f"http://tsa.invalid:{port}/tsa", "connect_to": {"tsa.invalid": "127.0.0.1"}}
    assert seal(document_request("person", PERSON), **changes).pages == 1


def test_nothing_personal_is_logged(seal: Seal, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        seal(document_request("person", PERSON))
    assert not [record for record in caplog.messages if "น้ำทิพย์" in record or PERSON["citizen_id"] in record]
