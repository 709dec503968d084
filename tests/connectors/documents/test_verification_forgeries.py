"""Every known class of forgery is refused, on files at both levels, with the verdict that it deserves."""

import os
import random
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError

from connectors.contracts.documents import Delivery, SealedDocument
from connectors.contracts.verdicts import Verdict
from connectors.documents.appending import AppendingWriter
from connectors.documents.seal import complete_seal, prepare_seal, software_key
from connectors.documents.seal_key import SealIdentity
from tests.connectors.authority.serving import wall_clock
from tests.connectors.documents import forgeries, shadow_forgeries
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority
from tests.connectors.documents.forgeries import Forge
from tests.connectors.documents.shadow_forgeries import shadowed
from tests.connectors.documents.test_verification import Stamps, flipped, judge, token_for

CLASSES = {
    "incremental saving": forgeries.ISA,
    "wrapping": forgeries.SWA,
    "evil annotation": forgeries.EAA,
    "sneaky signature": forgeries.SSA,
}
SHADOWS = {
    "hide": shadow_forgeries.SHADOW_HIDE,
    "replace": shadow_forgeries.SHADOW_REPLACE,
    "hide and replace": shadow_forgeries.SHADOW_HIDE_AND_REPLACE,
}


def each(classes: dict[str, dict[str, Forge]]) -> Iterator[object]:
    for title, made in classes.items():
        assert len(made) >= 5
        for name, forge in made.items():
            yield pytest.param(forge, id=f"{title}-{name}")


@pytest.fixture(scope="module")
def archived(sealed: SealedDocument, running: RunningAuthority) -> bytes:
    """The genuine file, made to last."""
    return time_stamped(sealed.pdf, running)


@pytest.fixture(scope="module")
def prepared(sealed: SealedDocument, running: RunningAuthority, identity: SealIdentity) -> bytes:
    """A file with two contents that our own key sealed: the seal is genuine, and what it shows can be switched."""
    unsealed = sealed.pdf[: sealed.pdf.index(b"%%EOF") + 6]
    both = forgeries.appended(shadowed)(unsealed)
    pending = prepare_seal(
        both, key=software_key(identity.key, identity.chain), claimed_time=wall_clock(), password=None,
        delivery=Delivery.SEALED, pages=1,
    )  # fmt: skip
    return complete_seal(pending, time_stamp_token=token_for(pending.signature_digest, running))


def time_stamped(pdf: bytes, running: RunningAuthority) -> bytes:
    """What anybody can add who reaches the time-stamp authority."""
    stamped = PdfTimeStamper(Stamps(running.authority)).timestamp_pdf(AppendingWriter(BytesIO(pdf)), "sha256")
    return bytes(stamped.getvalue())


NOTHING_CAN_BE_APPENDED = (
    "[incremental saving-trailer_alone]",
    "[incremental saving-end_of_file_alone]",
    "[incremental saving-copied_signature]",
    "[hide and replace-catalogue_found_elsewhere]",
    "[hide and replace-pages_found_elsewhere]",
    "[an object first]",
    "[an object in the trailer]",
)
"""Broken so much that no writer takes them: there is nothing that an authority could stamp."""


def assert_stamped_is_changed(forged: bytes, running: RunningAuthority, case: str) -> None:
    """A time-stamp over a forgery helps nobody; cases that can get none are named above, and no others are let off."""
    if case.endswith(NOTHING_CAN_BE_APPENDED):
        with pytest.raises((PdfError, SignatureValidationError)):
            time_stamped(forged, running)
    else:
        assert judge(time_stamped(forged, running), running).verdict is Verdict.CHANGED


@pytest.mark.parametrize("forge", list(each(CLASSES)))
def test_a_forgery_is_a_change(forge: Forge, sealed: SealedDocument, running: RunningAuthority) -> None:
    assert judge(forge(sealed.pdf), running).verdict is Verdict.CHANGED


@pytest.mark.parametrize("forge", list(each({"universal forgery": forgeries.USF})))
def test_a_file_without_what_is_to_be_checked_is_not_valid(
    forge: Forge, sealed: SealedDocument, running: RunningAuthority
) -> None:
    forged = forge(sealed.pdf)
    assert forged != sealed.pdf
    report = judge(forged, running)
    assert report.verdict in (Verdict.CHANGED, Verdict.UNKNOWN)
    assert (report.signer, report.document_id) == (None, None)


@pytest.mark.parametrize("forge", list(each({kind: CLASSES[kind] for kind in CLASSES if kind != "wrapping"})))
def test_a_trusted_time_stamp_over_a_forgery_does_not_help(
    forge: Forge, sealed: SealedDocument, archived: bytes, running: RunningAuthority, request: pytest.FixtureRequest
) -> None:
    """Whoever reaches the authority gets a time-stamp over anything."""
    assert judge(forge(archived), running).verdict is Verdict.CHANGED
    assert_stamped_is_changed(forge(sealed.pdf), running, request.node.name)


@pytest.mark.parametrize("forge", list(each(SHADOWS)))
def test_what_was_hidden_before_the_seal_stays_hidden(
    forge: Forge, prepared: bytes, running: RunningAuthority, request: pytest.FixtureRequest
) -> None:
    assert judge(prepared, running).verdict is Verdict.VALID
    forged = forge(prepared)
    assert forged != prepared
    assert judge(forged, running).verdict is Verdict.CHANGED
    assert_stamped_is_changed(forged, running, request.node.name)


@pytest.mark.parametrize("forge", list(each({"pdfex": forgeries.pdfex(PASSWORD)})))
def test_an_encrypted_file_carries_nothing_off(forge: Forge, locked: SealedDocument, running: RunningAuthority) -> None:
    forged = forge(locked.pdf)
    assert forged != locked.pdf
    assert judge(forged, running, password=PASSWORD).verdict is Verdict.CHANGED
    assert judge(forged, running).verdict is not Verdict.VALID


def test_time_stamps_alone_may_follow_again_and_again(archived: bytes, running: RunningAuthority) -> None:
    again = time_stamped(archived, running)
    assert [judge(pdf, running).verdict for pdf in (archived, again)] == [Verdict.VALID] * 2


PAGE = b"66 0 obj\n<</Type /Page /MediaBox [0 0 90 90]>>\nendobj\n"


@pytest.mark.parametrize(
    ("behind", "added"),
    [
        pytest.param(rb"^", PAGE, id="an object first"),
        (rb"^", b"% a word\n"),
        (rb"endobj\n", PAGE),
        (rb"endobj\n", b"% a word\n"),
        (rb"endobj\n", b"<</Type /Page>>\n"),
        pytest.param(rb"trailer\n<<", b"/Other [" + PAGE.replace(b"\n", b" ") + b"]", id="an object in the trailer"),
        (rb"trailer\n", b"% a word\n"),
        (rb"xref\n", b"1 1\n0000000000 65535 f \n"),
        (rb"xref\n", b"1 1\n0000000009 00000 n \n"),
        (rb"%%EOF\n", PAGE),
    ],
)
def test_nothing_hides_between_the_seal_and_the_time_stamp_over_it(
    sealed: SealedDocument, running: RunningAuthority, behind: bytes, added: bytes, request: pytest.FixtureRequest
) -> None:
    """No table names it, a reader that mends files finds it, and the authority stamps what it is sent."""
    revision = AppendingWriter(BytesIO(sealed.pdf))
    revision.root["/Extensions"] = revision.root.get("/Extensions", forgeries.record())
    revision.update_root()
    output = BytesIO()
    revision.write(output)
    tail = output.getvalue()[len(sealed.pdf) :]
    plain = time_stamped(sealed.pdf + tail, running)
    assert judge(plain, running).verdict is Verdict.VALID
    spot = re.search(behind, tail)
    assert spot is not None
    hiding = tail[: spot.end()] + added + tail[spot.end() :]
    table = len(sealed.pdf) + hiding.rindex(b"xref\n", 0, hiding.rindex(b"startxref"))
    hiding = re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, hiding)
    assert_stamped_is_changed(sealed.pdf + hiding, running, request.node.name)
    assert judge(sealed.pdf + hiding, running).verdict is Verdict.CHANGED


@pytest.mark.skipif(not os.environ.get("LONG"), reason="takes minutes: make test-long")
@pytest.mark.parametrize("kind", ["sealed", "archived"])
def test_a_thousand_flipped_bits_are_all_found(
    kind: str, sealed: SealedDocument, archived: bytes, running: RunningAuthority
) -> None:
    pdf = sealed.pdf if kind == "sealed" else archived
    draw = random.Random(2569)  # noqa: S311 - places in a file, the same every time
    for _ in range(1000):
        place, bit = draw.randrange(len(pdf)), draw.randrange(8)
        assert judge(flipped(pdf, place, bit), running).verdict is not Verdict.VALID, (place, bit)
