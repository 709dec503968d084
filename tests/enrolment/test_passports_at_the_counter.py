"""A foreigner at the counter: the chip is read by the agent's own code, judged here, and never believed by itself."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text

from connectors.card.agent.messages import ReadRequest, encrypt_passport
from connectors.card.epassport.authority import Passports, TrustFolder
from connectors.card.epassport.trust import TrustStore
from connectors.card.virtual.issuing_state import authority, revocation_list
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.passports import mrz_lines
from connectors.card.virtual.personas import persona_card
from connectors.contracts.card import ChipCheck, PassportRead, ProofReason
from connectors.contracts.errors import CardFault
from connectors.contracts.identifiers import PassportNumber
from connectors.fictitious.personas import PASSPORT_PERSONAS
from idp.enrolment.model import (
    Enrolment,
    EnrolmentFlag,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
)
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound, Refused
from tests.clock import FrozenClock
from tests.enrolment.world import World, card_read_of

pytestmark = pytest.mark.anyio

PASSPORT = PASSPORT_PERSONAS["foreigner"].data
SECOND_LINE = mrz_lines(PASSPORT)[44:]
Bend = Callable[[PassportRead], PassportRead]


def as_it_is(read: PassportRead) -> PassportRead:
    return read


def read_with(request: ReadRequest) -> PassportRead:
    """What the agent's reader brings, with the key of the request alone."""
    assert request.passport_key is not None
    reader = MemoryReader("Virtual PCD 00 00")
    reader.insert(persona_card("foreigner"))
    return reader.read_passport(key=request.passport_key, today=FrozenClock().now().date(), deadline_seconds=10)


async def lay_down(world: World, bend: Bend = as_it_is) -> httpx2.Response:
    request = await world.agent.next_request()
    read = bend(read_with(request))
    return await world.agent.answer(
        request, None, outcome="read", card=encrypt_passport(read, photo_key=request.photo_key), photo=None
    )


async def start(world: World, line: str = SECOND_LINE, journey: JourneyKey = JourneyKey.FOREIGNER_COUNTER) -> Enrolment:
    return await world.start(journey=journey, line=line)


async def come(world: World, bend: Bend = as_it_is, journey: JourneyKey = JourneyKey.FOREIGNER_COUNTER) -> Enrolment:
    started = await start(world, journey=journey)
    response = await lay_down(world, bend)
    assert response.status_code == 204, response.text
    return await world.enrolments.advance(started.id)


async def test_a_foreigner_enrols_by_passport_at_ial_2_2(world: World) -> None:
    checked = await come(world)
    assert (checked.state, checked.flags) == (EnrolmentState.COMPARE_FACE, ())
    officer = world.members["officer"]
    presented = await world.enrolments.presented(checked.id, officer=officer)
    assert presented.identity.name(thai=True).full() == "Elena Testa Samplerova"
    assert (await world.enrolments.photo_of(checked.id, officer=officer)).startswith(b"\xff\xd8\xff")
    completed = await world.confirm(checked)
    assert (completed.state, completed.ial) == (EnrolmentState.COMPLETED, Ial.IAL2_2)
    assert completed.subscriber_id is not None
    async with world.storage.reading() as uow:
        number = PassportNumber(PASSPORT.issuing_state, PASSPORT.document_no)
        found = await world.subscribers.find_by_passport(uow, number)
        evidence = await world.enrolments.evidence_of(uow, completed.subscriber_id)
    assert found is not None
    assert found.id == completed.subscriber_id
    assert {(piece.kind, piece.result) for piece in evidence} == {
        (EvidenceKind.CARD_HANDED_OVER, EvidenceResult.GIVEN),
        (EvidenceKind.PASSPORT_READ, EvidenceResult.READ),
        (EvidenceKind.PASSPORT_DATA, EvidenceResult.GENUINE),
        (EvidenceKind.PASSPORT_CHIP, EvidenceResult.PROVEN),
        (EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES),
        (EvidenceKind.NO_RELATION, EvidenceResult.DECLARED),
    }
    again = await world.confirm(await come(world))
    assert again.subscriber_id == completed.subscriber_id
    assert "enrolment.card_status_asked" not in [entry["event"] for entry in await world.entries()]


async def test_nothing_of_a_passport_lies_readable_in_the_store(world: World) -> None:
    await come(world)
    async with world.storage.reading() as uow:
        rows = await uow.all(text("SELECT card_jwe, photo_jwe, passport_key_jwe FROM card_session"))
        others = await uow.all(text("SELECT * FROM enrolment"))
    written = " ".join(str(value) for row in [*rows, *others] for value in row)
    for secret in (PASSPORT.document_no, PASSPORT.surname, "900321"):
        assert secret not in written


async def test_another_process_can_neither_show_nor_complete_it(world: World) -> None:
    checked = await come(world)
    world.photos.forget(checked.card_session_id)  # as in a process that did not ask for it
    officer = world.members["officer"]
    for ask in (world.enrolments.presented, world.enrolments.photo_of):
        with pytest.raises(NotFound):
            await ask(checked.id, officer=officer)
    with pytest.raises(NotFound):
        await world.confirm(checked)
    # its officer reads the passport again
    assert (await world.enrolments.go_back(checked.id, officer=officer)).state is EnrolmentState.WAITING_FOR_CARD


async def test_another_process_leaves_an_unjudged_passport_alone(world: World) -> None:
    started = await start(world)
    await lay_down(world)
    world.photos.forget(started.card_session_id)
    assert (await world.enrolments.advance(started.id)).state is EnrolmentState.WAITING_FOR_CARD
    assert await world.enrolments.advance_open() == 1


def with_another_face(read: PassportRead) -> PassportRead:
    return replace(read, files=replace(read.files, portrait=read.files.portrait[:-40] + bytes(40)))


def without_chip_keys(read: PassportRead) -> PassportRead:
    return replace(read, files=replace(read.files, chip_keys=None, chip=ChipCheck.NOT_OFFERED))


def copied(read: PassportRead) -> PassportRead:
    return replace(read, files=replace(read.files, chip=ChipCheck.FAILED))


def without_signature(read: PassportRead) -> PassportRead:
    return replace(read, files=replace(read.files, security_object=b"\x77\x00"))


@pytest.mark.parametrize(
    ("bend", "problem", "reason"),
    [
        (with_another_face, EnrolmentProblem.PASSPORT_NOT_PROVEN, ProofReason.FILE_CHANGED),
        (without_signature, EnrolmentProblem.PASSPORT_NOT_PROVEN, ProofReason.SIGNATURE_WRONG),
        (copied, EnrolmentProblem.CHIP_IS_A_COPY, ProofReason.CHIP_IS_A_COPY),
    ],
)
async def test_what_the_state_did_not_sign_is_refused(
    world: World, bend: Bend, problem: EnrolmentProblem, reason: ProofReason
) -> None:
    refused = await come(world, bend)
    assert (refused.state, refused.problem) == (EnrolmentState.REFUSED, problem)
    assert reason in refused.reasons
    with pytest.raises(Conflict):
        await world.confirm(refused)


async def test_a_state_that_nobody_here_trusts_is_refused(world: World) -> None:
    world.trusted = TrustStore()
    refused = await come(world)
    assert refused.reasons[0] is ProofReason.ISSUER_UNKNOWN


async def test_a_chip_that_proves_nothing_is_on_record(world: World) -> None:
    checked = await come(world, without_chip_keys)
    assert (checked.state, checked.flags) == (EnrolmentState.COMPARE_FACE, (EnrolmentFlag.CHIP_UNPROVEN,))
    completed = await world.confirm(checked)
    assert completed.ial is Ial.IAL2_2
    assert completed.subscriber_id is not None
    async with world.storage.reading() as uow:
        evidence = await world.enrolments.evidence_of(uow, completed.subscriber_id)
    assert (EvidenceKind.PASSPORT_CHIP, EvidenceResult.UNPROVEN) in {(one.kind, one.result) for one in evidence}


@pytest.mark.parametrize("line", ["", "P<UTO", SECOND_LINE[:-1] + "9", SECOND_LINE.replace("X", "Y", 1), "๑" * 44])
async def test_printed_lines_that_cannot_be_are_refused_before_anything_is_asked(world: World, line: str) -> None:
    with pytest.raises(Refused) as refused:
        await start(world, line)
    assert refused.value.code is EnrolmentProblem.PASSPORT_LINES_WRONG


async def test_a_card_instead_of_a_passport_is_none(world: World) -> None:
    started = await start(world)
    await world.agent.answer(await world.agent.next_request(), card_read_of("somchai"))
    assert (await world.enrolments.advance(started.id)).state is not EnrolmentState.COMPARE_FACE


async def test_garbage_of_a_station_is_no_passport(world: World) -> None:
    started = await start(world)
    request = await world.agent.next_request()
    stranger = ECKey.generate_key("P-256")
    for_stranger = encrypt_passport(read_with(request), photo_key=stranger)
    await world.agent.answer(request, None, outcome="read", card=for_stranger, photo=None)
    assert (await world.enrolments.advance(started.id)).problem in (
        EnrolmentProblem.CARD_REMOVED,
        EnrolmentProblem.CARD_DATA_UNUSABLE,
    )


async def test_a_step_back_reads_the_same_passport_again(world: World) -> None:
    checked = await come(world)
    again = await world.enrolments.go_back(checked.id, officer=world.members["officer"])
    assert again.state is EnrolmentState.WAITING_FOR_CARD
    await lay_down(world)
    assert (await world.enrolments.advance(checked.id)).state is EnrolmentState.COMPARE_FACE


def test_trust_comes_from_a_folder_and_follows_it(tmp_path: Path, clock: FrozenClock) -> None:
    folder = tmp_path / "states"
    trusted = TrustFolder(folder)
    assert trusted(clock.now()) == TrustStore()
    folder.mkdir()
    csca = authority()
    (folder / "utopia.der").write_bytes(csca.der)
    (folder / "utopia.crl").write_bytes(revocation_list(csca))
    store = trusted(clock.now())
    assert (len(store.authorities), len(store.revocations)) == (1, 1)
    assert trusted(clock.now()) is store
    (folder / "broken.cer").write_bytes(secrets.token_bytes(40))
    assert trusted(clock.now()) == TrustStore()
    assert Passports(trust=trusted).key_of(SECOND_LINE).document_no == PASSPORT.document_no


async def test_what_opens_a_chip_is_forgotten_with_its_session(world: World) -> None:
    failed = await start(world)
    await world.agent.answer(
        await world.agent.next_request(), None, outcome="fault", fault=CardFault.ACCESS_DENIED_BY_CHIP.value
    )
    ended = await world.enrolments.advance(failed.id)
    assert (ended.problem, ended.fault) == (EnrolmentProblem.CARD_NOT_READ, CardFault.ACCESS_DENIED_BY_CHIP)
    stopped = await start(world)
    await world.enrolments.stop(stopped.id, officer=world.members["officer"])
    async with world.storage.reading() as uow:
        rows = await uow.all(text("SELECT passport_key_jwe FROM card_session"))
    assert [row.passport_key_jwe for row in rows] == [None, None]


async def test_whoever_lost_the_phone_recovers_by_the_same_passport(world: World) -> None:
    officer = world.members["officer"]
    stranger = await come(world, journey=JourneyKey.FOREIGNER_RECOVERY)
    assert stranger.problem is EnrolmentProblem.NOT_ENROLLED_YET
    first = await come(world)
    enrolled = await world.enrolments.decide_face(first.id, officer=officer, matches=True, is_unrelated=True)
    world.clock.advance(60)
    again = await come(world, journey=JourneyKey.FOREIGNER_RECOVERY)
    recovered = await world.enrolments.decide_face(again.id, officer=officer, matches=True, is_unrelated=True)
    assert (recovered.state, recovered.subscriber_id) == (EnrolmentState.COMPLETED, enrolled.subscriber_id)
    assert await world.enrolments.passkey_link_of(again.id, officer=officer) is not None
    entries = [entry["event"] for entry in await world.entries()]
    assert "authenticators.revoked" in entries
