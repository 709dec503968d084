"""The counter journey over the agent's and the registry's real wires."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy import table as named

from connectors.contracts.errors import CardFault
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Mode
from idp.enrolment.model import EnrolmentProblem, EnrolmentState, EvidenceKind, EvidenceResult
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound
from idp.subscribers.model import ActingMember
from tests.enrolment.world import World, card_read_of

pytestmark = pytest.mark.anyio


async def test_a_person_enrols_at_ial_2_2_and_gets_a_passkey_link(world: World) -> None:
    checked = await world.enrol("somchai")
    assert checked.state is EnrolmentState.COMPARE_FACE
    officer = world.members["officer"]
    presented = await world.enrolments.presented(checked.id, officer=officer)
    assert presented.card == PERSONAS["somchai"].card.data
    assert (await world.enrolments.photo_of(checked.id, officer=officer)).startswith(b"\xff\xd8\xff")

    completed = await world.confirm(checked)

    assert completed.state is EnrolmentState.COMPLETED
    assert completed.ial is Ial.IAL2_2
    assert completed.subscriber_id is not None
    token = await world.enrolments.passkey_link_of(checked.id, officer=officer)
    assert token is not None
    async with world.storage.reading() as uow:
        assert await world.passkey_links.open(uow, token) == completed.subscriber_id
        assert (await world.subscribers.identity(uow, completed.subscriber_id)).name_th.first == "สมชาย"
        evidence = await world.enrolments.evidence_of(uow, completed.subscriber_id)
    assert {(piece.kind, piece.result) for piece in evidence} == {
        (EvidenceKind.CARD_HANDED_OVER, EvidenceResult.GIVEN),
        (EvidenceKind.CARD_READ, EvidenceResult.READ),
        (EvidenceKind.CARD_STATUS_CHIP, EvidenceResult.NORMAL),
        (EvidenceKind.CARD_STATUS_LASER, EvidenceResult.NORMAL),
        (EvidenceKind.FACE_BY_OFFICER, EvidenceResult.MATCHES),
        (EvidenceKind.NO_RELATION, EvidenceResult.DECLARED),
    }
    events = [entry["event"] for entry in await world.entries()]
    for event in ("enrolment.started", "card_session.read", "enrolment.card_status_asked", "enrolment.completed"):
        assert event in events


async def test_the_link_is_gone_after_a_quarter_of_an_hour(world: World) -> None:
    completed = await world.confirm(await world.enrol("somchai"))
    world.clock.advance(15 * 60)
    assert await world.enrolments.passkey_link_of(completed.id, officer=world.members["officer"]) is None


async def test_a_single_name_and_an_unknown_birthday_enrol(world: World) -> None:
    completed = await world.confirm(await world.enrol("one_name"))
    assert completed.state is EnrolmentState.COMPLETED


async def test_a_card_without_laser_code_is_checked_by_its_chip(world: World) -> None:
    enrolment = await world.start()
    read = card_read_of("somchai")
    await world.insert("somchai", read=replace(read, data=replace(read.data, laser_code=None)))
    completed = await world.confirm(await world.enrolments.advance(enrolment.id))
    assert completed.ial is Ial.IAL2_2


async def test_the_same_person_again_keeps_one_identity(world: World) -> None:
    first = await world.confirm(await world.enrol("somchai"))
    second = await world.confirm(await world.enrol("somchai"))
    assert second.subscriber_id == first.subscriber_id


@pytest.mark.parametrize(
    ("persona", "problem"),
    [
        ("lost_card", EnrolmentProblem.CARD_CANCELLED),
        ("mismatch", EnrolmentProblem.CARD_MISMATCH),
        ("expired", EnrolmentProblem.CARD_EXPIRED),
        ("officer", EnrolmentProblem.OWN_ENROLMENT),
    ],
)
async def test_a_card_that_does_not_hold_ends_the_journey(
    world: World, persona: str, problem: EnrolmentProblem
) -> None:
    refused = await world.enrol(persona)
    assert (refused.state, refused.problem) == (EnrolmentState.REFUSED, problem)
    assert await world.refusals("enrolment.refused") == [problem.value]
    with pytest.raises(Conflict):
        await world.confirm(refused)
    with pytest.raises(NotFound):
        await world.enrolments.presented(refused.id, officer=world.members["officer"])


async def test_an_incomplete_card_says_what_to_do(world: World) -> None:
    enrolment = await world.start()
    read = card_read_of("somchai")
    await world.insert("somchai", read=replace(read, data=replace(read.data, request_no="")))
    refused = await world.enrolments.advance(enrolment.id)
    assert refused.problem is EnrolmentProblem.CARD_INCOMPLETE


@pytest.mark.parametrize("registry_seconds", [2.0])
@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.SLOW, Mode.GARBAGE])
async def test_a_silent_registry_never_passes_and_is_asked_again(world: World, mode: Mode) -> None:
    world.registry(mode)
    pending = await world.enrol("somchai")
    assert (pending.state, pending.problem) == (
        EnrolmentState.PENDING_REGISTRY,
        EnrolmentProblem.REGISTRY_UNAVAILABLE,
    )
    officer = world.members["officer"]
    with pytest.raises(Conflict):
        await world.confirm(pending)
    # the face may be compared meanwhile: who is at the counter need not wait for the registry
    assert (await world.enrolments.photo_of(pending.id, officer=officer)).startswith(b"\xff\xd8\xff")

    world.switchboard.reset()
    world.clock.advance(60)
    checked = await world.enrolments.retry(pending.id, officer=officer)

    assert checked.state is EnrolmentState.COMPARE_FACE
    assert (await world.confirm(checked)).state is EnrolmentState.COMPLETED


async def test_the_worker_asks_again_too(world: World) -> None:
    world.registry(Mode.DOWN)
    pending = await world.enrol("somchai")
    world.switchboard.reset()
    world.clock.advance(60)
    assert await world.enrolments.advance_open() == 1
    assert (await world.enrolments.advance(pending.id)).state is EnrolmentState.COMPARE_FACE


async def test_an_old_word_of_the_registry_is_asked_for_anew(world: World) -> None:
    checked = await world.enrol("somchai")
    world.clock.advance(61)
    world.registry(Mode.DOWN)
    assert (await world.confirm(checked)).state is EnrolmentState.PENDING_REGISTRY


async def test_another_face_ends_the_journey(world: World) -> None:
    refused = await world.confirm(await world.enrol("somchai"), matches=False)
    assert refused.problem is EnrolmentProblem.FACE_DIFFERS
    async with world.storage.reading() as uow:
        known = await world.subscribers.find_by_citizen_id(uow, PERSONAS["somchai"].person.citizen_id)
    assert known is None


async def test_a_pulled_card_takes_data_and_photo_with_it(world: World) -> None:
    enrolment = await world.start()
    request = await world.agent.next_request()
    await world.agent.answer(request, card_read_of("somchai"))
    assert (await world.enrolments.advance(enrolment.id)).state is EnrolmentState.COMPARE_FACE
    officer = world.members["officer"]

    assert (await world.agent.pull(request)).status_code == 204

    for gone in (world.enrolments.presented, world.enrolments.photo_of):
        with pytest.raises(NotFound):
            await gone(enrolment.id, officer=officer)
    ended = await world.enrolments.advance(enrolment.id)
    assert ended.problem is EnrolmentProblem.CARD_REMOVED
    async with world.storage.reading() as uow:
        row = await uow.first(text("SELECT card_jwe, photo_jwe FROM card_session"))
    assert row is not None
    assert (row.card_jwe, row.photo_jwe) == (None, None)


async def test_a_fault_a_refusal_and_silence_each_have_their_own_end(world: World) -> None:
    faulty = await world.start()
    await world.agent.answer(
        await world.agent.next_request(), None, outcome="fault", fault=CardFault.NOT_THAI_CARD.value
    )
    ended = await world.enrolments.advance(faulty.id)
    assert (ended.problem, ended.fault) == (EnrolmentProblem.CARD_NOT_READ, CardFault.NOT_THAI_CARD)

    declined = await world.start()
    await world.agent.answer(await world.agent.next_request(), None, outcome="declined")
    assert (await world.enrolments.advance(declined.id)).problem is EnrolmentProblem.DECLINED

    silent = await world.start()
    world.clock.advance(121)
    assert (await world.enrolments.advance(silent.id)).problem is EnrolmentProblem.NO_CARD_IN_TIME


async def test_a_wrong_check_digit_is_never_a_card(world: World) -> None:
    enrolment = await world.start()
    request = await world.agent.next_request()
    read = card_read_of("somchai")
    digits = read.data.citizen_id.digits
    forged = replace(read.data.citizen_id)
    object.__setattr__(forged, "digits", digits[:-1] + str((int(digits[-1]) + 1) % 10))
    await world.agent.answer(request, replace(read, data=replace(read.data, citizen_id=forged)))
    assert (await world.enrolments.advance(enrolment.id)).problem is EnrolmentProblem.CARD_DATA_UNUSABLE


async def test_a_chip_enrols_one_person_only(world: World) -> None:
    await world.confirm(await world.enrol("somchai"))
    enrolment = await world.start()
    read = card_read_of("one_name")
    chip_no = PERSONAS["somchai"].card.data.chip_no
    await world.insert("one_name", read=replace(read, data=replace(read.data, chip_no=chip_no)))
    refused = await world.enrolments.advance(enrolment.id)
    assert refused.problem is EnrolmentProblem.CHIP_OF_ANOTHER_PERSON


async def test_a_suspended_identity_does_not_enrol_its_way_back(world: World) -> None:
    completed = await world.confirm(await world.enrol("somchai"))
    assert completed.subscriber_id is not None
    admin = world.members["admin1"]
    async with world.storage.unit_of_work() as uow:
        by = ActingMember(admin.id, admin.subscriber_id, admin.agency_id)
        await world.subscribers.suspend(uow, completed.subscriber_id, by=by, reason="reported")
    refused = await world.enrol("somchai")
    assert refused.problem is EnrolmentProblem.IDENTITY_NOT_ACTIVE


async def test_a_colleague_sees_nothing_of_it(world: World) -> None:
    checked = await world.enrol("somchai")
    for ask in (world.enrolments.get, world.enrolments.presented, world.enrolments.photo_of):
        with pytest.raises(NotFound):
            await ask(checked.id, officer=world.members["admin1"])


async def test_no_value_of_a_person_lies_in_the_store_or_the_log(world: World) -> None:
    await world.confirm(await world.enrol("somchai"))
    person, card = PERSONAS["somchai"].person, PERSONAS["somchai"].card.data
    assert card.laser_code is not None
    values = (person.citizen_id.digits, person.name_th.last, person.name_en.last, card.chip_no, card.laser_code.text)
    async with world.storage.reading() as uow:
        tables = await uow.all(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in tables:
            for row in await uow.all(select(text("*")).select_from(named(table.name))):
                written = b"\x00".join(
                    value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None
                )
                assert not [value for value in values if value.encode() in written], table.name
    assert "สมชาย" not in json.dumps(await world.entries(), ensure_ascii=False)
