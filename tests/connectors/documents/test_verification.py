"""The judge: what is valid, and every class of tampering."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper, cms_embedder
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.timestamps import TimeStamper

from connectors.contracts.documents import Delivery, SealedDocument
from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import DocumentReport, Reason, Verdict
from connectors.documents import der
from connectors.documents.appending import AppendingWriter
from connectors.documents.seal import (
    CMS_VERSION_1,
    DIGEST_ALGORITHM,
    ID_DATA,
    ID_SIGNED_DATA,
    complete_seal,
    prepare_seal,
    software_key,
    with_cms,
)
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.documents.trust_folder import verify_file
from connectors.documents.verification import verify_pdf
from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import served, wall_clock
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority, Seal
from tests.connectors.documents.examples import PERSON, document_request


def judge(pdf: bytes, running: RunningAuthority, **changes: object) -> DocumentReport:
    settings = {"trust_roots": [running.root], "tsa_roots": [running.tsa_root], "now": wall_clock()}
    report = verify_pdf(pdf, **{**settings, **changes})
    assert report.reason.said_en.isascii()
    return report


def signature_room(pdf: bytes) -> tuple[int, int]:
    start = pdf.index(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def test_a_sealed_document_is_valid_and_named(sealed: SealedDocument, running: RunningAuthority) -> None:
    report = judge(sealed.pdf, running)
    assert report.verdict is Verdict.VALID
    assert report.document_id == "TUA-2569-8F3K2M7Q"
    assert report.level == "B-T"
    assert report.signer is not None
    assert "ตราประทับ (สาธิต)" in report.signer
    assert report.signed_at is not None
    assert abs(wall_clock() - report.signed_at) < timedelta(minutes=5)


def test_a_locked_document_is_judged_with_its_password(locked: SealedDocument, running: RunningAuthority) -> None:
    assert judge(locked.pdf, running, password=PASSWORD).verdict is Verdict.VALID
    assert judge(locked.pdf, running, password=PASSWORD).document_id == "TUA-2569-8F3K2M7Q"
    assert judge(locked.pdf, running).verdict is Verdict.UNKNOWN
    assert judge(locked.pdf, running, password="wrong").verdict is Verdict.UNKNOWN


# A seal's length differs by a byte or two from run to run: places are drawn as shares of it.
PLACES = st.floats(0, 1, exclude_max=True)
BITS = st.integers(0, 7)


def flipped(pdf: bytes, place: int, bit: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ 1 << bit]) + pdf[place + 1 :]


@settings(max_examples=30, deadline=None)
@given(PLACES, BITS)
def test_one_flipped_bit_is_never_valid(
    sealed: SealedDocument, running: RunningAuthority, share: float, bit: int
) -> None:
    assert judge(flipped(sealed.pdf, int(share * len(sealed.pdf)), bit), running).verdict is not Verdict.VALID


@settings(max_examples=50, deadline=None)
@given(PLACES, BITS)
def test_a_flip_within_the_room_of_the_signature_is_never_valid(
    sealed: SealedDocument, running: RunningAuthority, share: float, bit: int
) -> None:
    """In the signature, in the frame around it that nothing covers, or in the padding behind."""
    start, end = signature_room(sealed.pdf)
    place = start + int(share * (end - start))
    assert judge(flipped(sealed.pdf, place, bit), running).verdict is not Verdict.VALID


def test_a_changed_letter_is_named_a_change(sealed: SealedDocument, running: RunningAuthority) -> None:
    place = sealed.pdf.index(b"stream\n") + 20
    changed = sealed.pdf[:place] + bytes([sealed.pdf[place] ^ 1]) + sealed.pdf[place + 1 :]
    report = judge(changed, running)
    assert report.reason is Reason.CONTENT_CHANGED


def test_something_hidden_in_the_padding_is_found(sealed: SealedDocument, running: RunningAuthority) -> None:
    _, end = signature_room(sealed.pdf)
    changed = sealed.pdf[: end - 9] + b"DEADBEEF" + sealed.pdf[end - 1 :]
    assert judge(changed, running).verdict is Verdict.CHANGED


def test_an_appended_update_is_a_change(sealed: SealedDocument, running: RunningAuthority) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(sealed.pdf))
    writer.root["/PageLayout"] = generic.NameObject("/TwoColumnLeft")
    writer.update_root()
    appended = BytesIO()
    writer.write(appended)
    assert appended.getvalue().startswith(sealed.pdf)
    report = judge(appended.getvalue(), running)
    assert report.reason is Reason.SOMETHING_ADDED


@pytest.mark.parametrize("tail", [b"\n", b"% a comment\n", b"\x00"])
def test_bytes_after_the_end_are_a_change(sealed: SealedDocument, running: RunningAuthority, tail: bytes) -> None:
    assert judge(sealed.pdf + tail, running).verdict is Verdict.CHANGED


class Stamps(TimeStamper):
    """pyHanko's own way to an authority, without the network between."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._authority.stamp(req.dump()))


def _archived(sealed: SealedDocument, authority: Authority) -> bytes:
    """The file with an archive time-stamp over it (PAdES B-LTA)."""
    writer = AppendingWriter(BytesIO(sealed.pdf))
    archived = PdfTimeStamper(Stamps(authority)).timestamp_pdf(writer, "sha256")
    return bytes(archived.getvalue())


def test_an_archive_time_stamp_keeps_a_document_valid(sealed: SealedDocument, running: RunningAuthority) -> None:
    archived = _archived(sealed, running.authority)
    report = judge(archived, running)
    assert (report.verdict, report.level) == (Verdict.VALID, "B-LTA")
    assert judge(archived + b"% more\n", running).verdict is Verdict.CHANGED


def test_an_archive_time_stamp_of_a_stranger_is_a_change(
    sealed: SealedDocument, running: RunningAuthority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", clock=wall_clock)
    assert judge(_archived(sealed, stranger), running).verdict is Verdict.CHANGED


def test_a_second_signature_is_a_change(sealed: SealedDocument, running: RunningAuthority, seal: Seal) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(sealed.pdf))
    embedding = cms_embedder.PdfCMSEmbedder().write_cms(field_name="Second", writer=writer)
    next(embedding)
    embedding.send(cms_embedder.SigObjSetup(sig_placeholder=SignatureObject(timestamp=wall_clock(), bytes_reserved=64)))
    _, file = embedding.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    assert judge(file.getvalue(), running).verdict is Verdict.CHANGED


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8, 0.999])
def test_a_truncated_file_is_refused(sealed: SealedDocument, running: RunningAuthority, share: float) -> None:
    report = judge(sealed.pdf[: int(len(sealed.pdf) * share)], running)
    assert report.verdict in (Verdict.CHANGED, Verdict.UNKNOWN)
    assert report.signer is None


def test_the_file_without_its_seal_is_unknown(sealed: SealedDocument, running: RunningAuthority) -> None:
    unsealed = sealed.pdf[: sealed.pdf.index(b"%%EOF") + 6]
    report = judge(unsealed, running)
    assert report.reason is Reason.NO_SEAL


def test_a_foreign_signer_is_unknown(seal: Seal, running: RunningAuthority, tmp_path: Path) -> None:
    foreign = Authority(tmp_path / "foreign", clock=wall_clock)
    identity = _identity_from(foreign, tmp_path / "key")
    document = seal(document_request("person", PERSON), seal_key=identity.key, seal_chain=identity.chain)
    assert judge(document.pdf, running).verdict is Verdict.UNKNOWN
    foreign_root = x509.load_pem_x509_certificate(foreign.root_pem)
    assert judge(document.pdf, running, trust_roots=[foreign_root]).verdict is Verdict.VALID


def test_a_foreign_time_stamp_is_unknown(sealed: SealedDocument, running: RunningAuthority) -> None:
    assert judge(sealed.pdf, running, tsa_roots=[running.root]).verdict is Verdict.UNKNOWN
    assert judge(sealed.pdf, running, tsa_roots=[]).verdict is Verdict.UNKNOWN


def test_an_expired_seal_certificate_does_not_spoil_an_old_seal(
    sealed: SealedDocument, running: RunningAuthority
) -> None:
    """The time-stamp proves that the certificate was in force when the seal was made."""
    assert judge(sealed.pdf, running, now=wall_clock() + timedelta(days=500)).verdict is Verdict.VALID


def test_when_the_time_stamp_certificate_expires_the_proof_ends(
    sealed: SealedDocument, running: RunningAuthority
) -> None:
    assert judge(sealed.pdf, running, now=wall_clock() + timedelta(days=2000)).verdict is Verdict.EXPIRED


def test_sealing_with_an_expired_certificate_is_expired(seal: Seal, running: RunningAuthority, tmp_path: Path) -> None:
    past = Authority(tmp_path / "past", clock=lambda: wall_clock() - timedelta(days=400))
    identity = _identity_from(past, tmp_path / "key")
    document = seal(document_request("person", PERSON), seal_key=identity.key, seal_chain=identity.chain)
    root = x509.load_pem_x509_certificate(past.root_pem)
    assert judge(document.pdf, running, trust_roots=[root]).verdict is Verdict.EXPIRED


def test_a_seal_made_after_revocation_is_revoked(seal: Seal, running: RunningAuthority, tmp_path: Path) -> None:
    identity = ensure_seal_key(tmp_path / "key", f"{running.url}/ca", "revoked")
    running.authority.revoke(identity.chain[0].serial_number)
    document = seal(document_request("person", PERSON), seal_key=identity.key, seal_chain=identity.chain)
    assert judge(document.pdf, running, crls=[running.authority.revocation_list()]).verdict is Verdict.REVOKED


def without_time_stamp(sealed: SealedDocument, identity: SealIdentity) -> bytes:
    """A genuine signature of ours at level B-B: nothing tells when it was made."""
    unsealed = sealed.pdf[: sealed.pdf.index(b"%%EOF") + 6]
    key = software_key(identity.key, identity.chain)
    pending = prepare_seal(
        unsealed, key=key, claimed_time=wall_clock(), password=None, delivery=Delivery.SEALED, pages=1
    )
    signed_data = der.sequence(
        CMS_VERSION_1, der.set_of(DIGEST_ALGORITHM), der.sequence(der.oid(ID_DATA)), pending.certificates,
        der.set_of(der.sequence(pending.signer_info)),
    )  # fmt: skip
    content_info = der.sequence(der.oid(ID_SIGNED_DATA), der.value(0xA0, signed_data))
    return with_cms(pending.file, pending.room_start, pending.room_end, content_info)


def test_without_a_time_stamp_nothing_is_valid_and_an_expired_certificate_is_told(
    sealed: SealedDocument, identity: SealIdentity, running: RunningAuthority
) -> None:
    pdf = without_time_stamp(sealed, identity)
    assert judge(pdf, running).reason is Reason.NO_TIME_STAMP
    assert judge(pdf, running, now=wall_clock() + timedelta(days=500)).reason is Reason.EXPIRED_UNSTAMPED


def test_each_fault_of_a_certificate_has_a_reason_of_its_own(
    sealed: SealedDocument, running: RunningAuthority, tmp_path: Path
) -> None:
    later, much_later = wall_clock() + timedelta(days=500), wall_clock() + timedelta(days=2000)
    stranger = x509.load_pem_x509_certificate(Authority(tmp_path / "stranger", clock=wall_clock).root_pem)
    assert judge(sealed.pdf, running, now=later).reason is Reason.WHOLE
    assert judge(sealed.pdf, running, now=much_later).reason is Reason.AUTHORITY_EXPIRED
    assert judge(_archived(sealed, running.authority), running, now=much_later).reason is Reason.ARCHIVE_EXPIRED
    assert judge(sealed.pdf, running, trust_roots=[stranger]).reason is Reason.FOREIGN_SIGNER
    assert judge(sealed.pdf, running, tsa_roots=[stranger]).reason is Reason.FOREIGN_AUTHORITY


def test_every_reason_is_said_in_both_languages_and_no_two_alike() -> None:
    assert all(reason.said_en.isascii() for reason in Reason)
    assert all(any("\u0e00" <= letter <= "\u0e7f" for letter in reason.said_th) for reason in Reason)
    assert len({reason.said_en for reason in Reason}) == len({reason.said_th for reason in Reason}) == len(Reason)


def test_a_token_of_another_signature_is_no_time_stamp(
    sealed: SealedDocument, identity: SealIdentity, running: RunningAuthority
) -> None:
    unsealed = sealed.pdf[: sealed.pdf.index(b"%%EOF") + 6]
    key = software_key(identity.key, identity.chain)
    first, second = (
        prepare_seal(unsealed, key=key, claimed_time=at, password=None, delivery=Delivery.SEALED, pages=1)
        for at in (wall_clock(), wall_clock() - timedelta(seconds=9))
    )
    own = token_for(second.signature_digest, running)
    assert judge(complete_seal(first, time_stamp_token=own), running).verdict is Verdict.CHANGED
    assert judge(complete_seal(second, time_stamp_token=own), running).verdict is Verdict.VALID


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_file_breaks_the_judge(running: RunningAuthority, content: bytes) -> None:
    assert judge(content, running).verdict in (Verdict.UNKNOWN, Verdict.CHANGED)
    assert judge(b"%PDF-1.7\n" + content + b"/ByteRange", running).verdict is Verdict.CHANGED


def test_a_file_is_judged_with_a_trust_folder(
    sealed: SealedDocument, running: RunningAuthority, tmp_path: Path
) -> None:
    trust = tmp_path / "trust"
    trust.mkdir()
    (tmp_path / "sealed.pdf").write_bytes(sealed.pdf)
    with pytest.raises(DocumentError, match=r"root\.pem"):
        verify_file(tmp_path / "sealed.pdf", trust, wall_clock())
    (trust / "root.pem").write_bytes(running.root.public_bytes(Encoding.PEM))
    (trust / "tsa-root.pem").write_bytes(running.tsa_root.public_bytes(Encoding.PEM))
    assert verify_file(tmp_path / "sealed.pdf", trust, wall_clock()).verdict is Verdict.VALID
    (trust / "root.crl").write_bytes(running.authority.revocation_list())
    assert verify_file(tmp_path / "sealed.pdf", trust, wall_clock()).verdict is Verdict.VALID
    (trust / "broken.crl").write_bytes(b"0\x00")
    with pytest.raises(DocumentError, match="revocation list"):
        verify_file(tmp_path / "sealed.pdf", trust, wall_clock())
    with pytest.raises(DocumentError, match="cannot be read"):
        verify_file(tmp_path / "absent.pdf", trust, wall_clock())


def _identity_from(authority: Authority, folder: Path) -> SealIdentity:
    with served(authority_routes(authority)) as url:
        return ensure_seal_key(folder, f"{url}/ca", "foreign")


def token_for(digest: bytes, running: RunningAuthority) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump()
    reply = tsp.TimeStampResp.load(running.authority.stamp(query))
    return bytes(reply["time_stamp_token"].dump())
