"""Documents that wait for their time-stamp, and documents made to last: level B-LTA by an appended revision alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pikepdf
import pytest
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.contracts.documents import Delivery, HeldDocument, SealedDocument, SealLevel
from connectors.contracts.errors import AuthorityUnavailable, DocumentError, TimestampUnavailable
from connectors.contracts.verdicts import Verdict
from connectors.documents.certificates import to_asn1
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from connectors.documents.sealer import PdfSealer
from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import address_of, free_listener, served, wall_clock
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority, Seal
from tests.connectors.documents.examples import PERSON, document_request
from tests.connectors.documents.test_sealing import pdfsig, qpdf_check
from tests.connectors.documents.test_verification import judge

Made = TypeVar("Made")


@pytest.fixture(scope="module")
def at_sealer(fonts_dir: Path, running: RunningAuthority, identity: SealIdentity) -> Callable[..., object]:
    """Does something with a sealer of its own."""

    def do(work: Callable[[PdfSealer], Awaitable[Made]], **changes: object) -> Made:
        settings: dict[str, object] = {
            "fonts_dir": fonts_dir,
            "seal_key": identity.key,
            "seal_chain": identity.chain,
            "seal_roots": [running.root],
            "tsa_url": f"{running.url}/tsa",
            "tsa_roots": [running.tsa_root],
            "now": wall_clock,
        }

        async def run() -> Made:
            sealer = PdfSealer(**{**settings, **changes})
            try:
                return await work(sealer)
            finally:
                await sealer.aclose()

        return asyncio.run(run())

    return do


@pytest.fixture(scope="module")
def lasting(at_sealer: Callable[..., bytes], sealed: SealedDocument) -> bytes:
    return at_sealer(lambda sealer: sealer.archive(sealed.pdf))


def changes_for(authority: Authority, url: str, folder: Path) -> dict[str, object]:
    """A sealer of that authority."""
    identity = ensure_seal_key(folder / "key", f"{url}/ca", "x")
    root, tsa_root = (x509.load_pem_x509_certificate(pem) for pem in (authority.root_pem, authority.tsa_root_pem))
    return {
        "seal_key": identity.key, "seal_chain": identity.chain, "seal_roots": [root], "tsa_roots": [tsa_root],
        "tsa_url": f"{url}/tsa",
    }  # fmt: skip


@contextmanager
def tsa_down(running: RunningAuthority) -> Iterator[None]:
    running.authority.tsa_mode = "down"
    try:
        yield
    finally:
        running.authority.tsa_mode = "up"


def test_nothing_of_the_sealed_file_is_changed(lasting: bytes, sealed: SealedDocument, tmp_path: Path) -> None:
    assert lasting.startswith(sealed.pdf)
    assert qpdf_check(lasting, tmp_path).returncode == 0
    assert "Signature Validation: Signature is Valid." in pdfsig(lasting, tmp_path)
    with pikepdf.open(BytesIO(lasting)) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
        assert len(document.Root.DSS.Certs) == 6  # with who answered for each root
        assert len(document.Root.DSS.OCSPs) == 2
        assert [int(edge) for field in document.Root.AcroForm.Fields for edge in field.Rect] == [0] * 8


def test_the_house_judges_both_files_valid(lasting: bytes, sealed: SealedDocument, running: RunningAuthority) -> None:
    for pdf, level in ((sealed.pdf, SealLevel.B_T), (lasting, SealLevel.B_LTA)):
        report = judge(pdf, running)
        assert (report.verdict, report.level) == (Verdict.VALID, level)
    broken = lasting[: len(sealed.pdf) + 900] + b"\x01" + lasting[len(sealed.pdf) + 901 :]
    assert judge(broken, running).verdict is not Verdict.VALID
    assert judge(lasting + b"\n", running).verdict is Verdict.CHANGED


def test_pyhanko_finds_updates_for_long_term_validation_alone(lasting: bytes, running: RunningAuthority) -> None:
    reader = PdfFileReader(BytesIO(lasting))
    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(
        signature,
        ValidationContext(trust_roots=[to_asn1(running.root)], allow_fetching=False),
        ValidationContext(trust_roots=[to_asn1(running.tsa_root)], allow_fetching=False),
    )
    assert status.bottom_line
    assert status.modification_level is ModificationLevel.LTA_UPDATES
    assert status.docmdp_ok


def test_ades_validation_of_the_standard_passes_without_asking_anybody(
    lasting: bytes, running: RunningAuthority
) -> None:
    (signature,) = PdfFileReader(BytesIO(lasting)).embedded_regular_signatures
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([to_asn1(running.root), to_asn1(running.tsa_root)]),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
    result = asyncio.run(ades_lta_validation(signature, pdf_validation_spec=spec))
    assert result.ades_subindic is AdESPassed.OK


def test_a_revoked_seal_is_not_made_to_last(
    at_sealer: Callable[..., bytes], running: RunningAuthority, seal: Seal, tmp_path: Path
) -> None:
    identity = ensure_seal_key(tmp_path / "key", f"{running.url}/ca", "revoked later")
    document = seal(document_request("person", PERSON), seal_key=identity.key, seal_chain=identity.chain)
    running.authority.revoke(identity.chain[0].serial_number)
    with pytest.raises(DocumentError, match="revoked"):
        at_sealer(lambda sealer: sealer.archive(document.pdf))


def test_who_answers_no_ocsp_is_asked_for_its_list(at_sealer: Callable[..., bytes], tmp_path: Path) -> None:
    """The certificates name two addresses; the second serves when the first gives nothing of use."""
    listener = free_listener()
    authority = Authority(tmp_path / "pki", clock=wall_clock, reached_at=address_of(listener))

    async def try_later(_: Request) -> Response:
        return Response(b"\x30\x03\x0a\x01\x03", media_type="application/ocsp-response")

    refusing = [Route(f"/{part}/ocsp", try_later, methods=["POST"]) for part in ("ca", "tsa")]
    with served([*refusing, *authority_routes(authority)], listener) as url:
        changes = changes_for(authority, url, tmp_path)
        request = document_request("person", PERSON)
        document = at_sealer(lambda one: one.seal(request, delivery=Delivery.SEALED, password=None), **changes)
        lasting = at_sealer(lambda sealer: sealer.archive(document.pdf), **changes)
    with pikepdf.open(BytesIO(lasting)) as opened:
        assert len(opened.Root.DSS.CRLs) == 2
        assert "/OCSPs" not in opened.Root.DSS or len(opened.Root.DSS.OCSPs) == 0


def test_authorities_that_are_away_leave_the_file_as_it_is(at_sealer: Callable[..., bytes], tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki", clock=wall_clock, reached_at="http://127.0.0.1:9")
    with served(authority_routes(authority)) as url:
        changes = changes_for(authority, url, tmp_path)
        request = document_request("person", PERSON)
        document = at_sealer(lambda one: one.seal(request, delivery=Delivery.SEALED, password=None), **changes)
        with pytest.raises(AuthorityUnavailable):
            at_sealer(lambda sealer: sealer.archive(document.pdf), **changes)
        with pytest.raises(DocumentError, match="no trusted root"):
            at_sealer(lambda sealer: sealer.archive(document.pdf), **changes | {"seal_roots": changes["tsa_roots"]})


def test_only_a_sealed_file_that_can_be_read_is_made_to_last(
    at_sealer: Callable[..., bytes], lasting: bytes, locked: SealedDocument
) -> None:
    for pdf in (b"%PDF-1.7", lasting, locked.pdf):
        with pytest.raises(DocumentError):
            at_sealer(lambda sealer, pdf=pdf: sealer.archive(pdf))


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_without_a_time_stamp_a_document_is_held_and_any_process_completes_it(
    at_sealer: Callable[..., object], running: RunningAuthority, tmp_path: Path, password: str | None
) -> None:
    request = document_request("person", PERSON)
    delivery = Delivery.SEALED if password is None else Delivery.PASSWORD
    with tsa_down(running):
        held = at_sealer(lambda sealer: sealer.seal_or_hold(request, delivery=delivery, password=password))
        assert isinstance(held, HeldDocument)
        with pytest.raises(TimestampUnavailable):
            at_sealer(lambda sealer: sealer.stamp(held.held))
    # what is held is no document that could pass for one: its signature has no room filled, no reader finds it valid
    assert b"%PDF" in held.held
    assert "Signature is Valid" not in pdfsig(held.held[held.held.index(b"%PDF") :], tmp_path)
    # another seal key, as after a change of keys: the held document keeps the one it was signed with
    other = ensure_seal_key(tmp_path / "other", f"{running.url}/ca", "another seal")
    changes = {"seal_key": other.key, "seal_chain": other.chain}
    finished = at_sealer(lambda sealer: sealer.stamp(held.held), **changes)
    assert isinstance(finished, SealedDocument)
    assert (finished.level, finished.delivery, finished.pages) == (SealLevel.B_T, delivery, 1)
    report = judge(finished.pdf, running, password=password)
    assert report.verdict is Verdict.VALID
    assert "ตราประทับ" in str(report.signer)


def test_what_is_no_held_document_is_refused(at_sealer: Callable[..., object]) -> None:
    for content in (b"", b"%PDF", b"\x81\xa4file\xc4\x00"):
        with pytest.raises(DocumentError):
            at_sealer(lambda sealer, content=content: sealer.stamp(content))


def test_proofs_are_those_of_after_the_seal(at_sealer: Callable[..., object], sealed: SealedDocument) -> None:
    """A clock behind the time-stamp: what authorities said "before" is not kept for it, they are asked each time."""
    late = at_sealer(lambda sealer: sealer.archive(sealed.pdf), now=lambda: wall_clock() + timedelta(minutes=1))
    assert isinstance(late, bytes)
    with pytest.raises(DocumentError):
        at_sealer(lambda sealer: sealer.archive(sealed.pdf), now=lambda: wall_clock() + timedelta(days=3000))


def test_a_lasting_file_outlives_the_certificate_that_stamped_its_seal(
    at_sealer: Callable[..., object], running: RunningAuthority, tmp_path: Path
) -> None:
    """The first authority's certificate ends in 25 days; the archive time-stamp is of another one."""
    moments = [wall_clock() - timedelta(days=1800)]
    listener = free_listener()
    ageing = Authority(tmp_path / "pki", clock=lambda: moments[0], reached_at=address_of(listener))
    moments[0] = wall_clock()
    tsa_roots = [running.tsa_root, x509.load_pem_x509_certificate(ageing.tsa_root_pem)]
    request = document_request("person", PERSON)
    with served(authority_routes(ageing), listener) as url:
        first = {"tsa_url": f"{url}/tsa", "tsa_roots": tsa_roots}
        issued = at_sealer(lambda one: one.seal(request, delivery=Delivery.SEALED, password=None), **first)
        assert isinstance(issued, SealedDocument)
        lasting = at_sealer(lambda one: one.archive(issued.pdf), tsa_roots=tsa_roots)
    assert isinstance(lasting, bytes)
    later = wall_clock() + timedelta(days=60)
    assert judge(issued.pdf, running, tsa_roots=tsa_roots, now=later).verdict is Verdict.EXPIRED
    assert judge(lasting, running, tsa_roots=tsa_roots, now=later).verdict is Verdict.VALID
    # and when the archive's own certificate is over, that is said; nobody changed the file
    much_later = wall_clock() + timedelta(days=2000)
    assert judge(lasting, running, tsa_roots=tsa_roots, now=much_later).verdict is Verdict.EXPIRED
