"""The officer's other acts: a step back, a declaration, typed cards, and the journeys of people who are known."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from connectors.contracts.card import PersonName
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.model import SYSTEM
from idp.enrolment.applications import Applications
from idp.enrolment.case_numbers import CaseNumber
from idp.enrolment.model import (
    Enrolment,
    EnrolmentFlag,
    EnrolmentProblem,
    EnrolmentState,
    EvidenceKind,
    EvidenceResult,
    JourneyKey,
)
from idp.enrolment.presented import TypedCard
from idp.kernel.assurance import Aal, Ial
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.notices.model import NoticeTopic
from idp.storage.storage import Storage
from idp.subscribers.model import ChangeReason
from tests.clock import FrozenClock
from tests.enrolment.world import World, card_read_of, simulated_registry
from tests.patience import eventually

pytestmark = pytest.mark.anyio


def typed(persona: str) -> TypedCard:
    data = PERSONAS[persona].card.data
    assert data.laser_code is not None
    return TypedCard(
        data.citizen_id, data.name_th, data.name_en, data.birth_date, data.sex, data.laser_code, data.expiry_date
    )


async def type_card(world: World, persona: str, *, journey: JourneyKey = JourneyKey.COUNTER) -> Enrolment:
    officer = world.members["officer"]
    started = await world.start(journey=journey)
    await world.enrolments.type_card(started.id, officer=officer)
    return await world.enrolments.check_typed(started.id, typed(persona), officer=officer)


async def evidence_of(world: World, enrolment: Enrolment) -> list[tuple[str, str, bool]]:
    async with world.storage.reading() as uow:
        rows = await uow.all(
            text(
                "SELECT kind, result, withdrawn_at FROM enrolment_evidence WHERE enrolment_id = :id ORDER BY id"
            ).bindparams(id=enrolment.id)
        )
    return [(row.kind, row.result, row.withdrawn_at is not None) for row in rows]


async def enrolled(world: World, persona: str = "somchai") -> SubscriberId:
    completed = await world.confirm(await world.enrol(persona))
    assert completed.subscriber_id is not None
    return completed.subscriber_id


async def topics(world: World, subscriber_id: SubscriberId) -> list[NoticeTopic]:
    async with world.storage.reading() as uow:
        return [NoticeTopic(row.topic) for row in await uow.all(text("SELECT topic FROM notice ORDER BY id"))]


# --- going back ------------------------------------------------------------------------------------------------------


async def test_a_step_back_asks_for_the_card_again_and_withdraws_what_it_gave(world: World) -> None:
    checked = await world.enrol("somchai")
    officer = world.members["officer"]
    again = await world.enrolments.go_back(checked.id, officer=officer)
    assert (again.state, again.checked_at) == (EnrolmentState.WAITING_FOR_CARD, None)
    assert again.card_session_id != checked.card_session_id
    assert all(is_withdrawn for _, _, is_withdrawn in await evidence_of(world, checked))
    with pytest.raises(NotFound):
        await world.enrolments.presented(checked.id, officer=officer)
    assert [entry["details"]["step"] for entry in await world.entries() if "taken_back" in entry["event"]] == [
        "compare_face"
    ]
    # another person's card, this time: nothing of the first counts
    await world.insert("one_name")
    completed = await world.confirm(await world.enrolments.advance(checked.id))
    assert completed.ial is Ial.IAL2_2
    assert completed.subscriber_id is not None
    async with world.storage.reading() as uow:
        assert (await world.subscribers.identity(uow, completed.subscriber_id)).name_th.first == "ก้อง"


async def test_what_the_registry_says_of_the_first_card_counts_for_no_other(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.furnish()
        officer, slow = world.members["officer"], Behaviour(Mode.SLOW, delay_ms=3000)
        switchboard.switch(Service.CARD_STATUS, slow)
        started = await world.start()

        async def check() -> asyncio.Task[Enrolment]:
            checking = asyncio.create_task(world.enrolments.advance(started.id))

            async def has_begun() -> bool:
                present = await world.enrolments.get(started.id, officer=officer)
                return present.state is EnrolmentState.CHECKING_CARD

            await eventually(has_begun)
            return checking

        await world.insert("somchai")
        of_the_first = await check()
        await asyncio.sleep(0.2)
        # while the registry thinks about it, the officer takes a step back and another card comes
        await world.enrolments.go_back(started.id, officer=officer)
        await world.insert("lost_card")
        of_the_second = await check()
        assert not of_the_first.done()
        assert (await of_the_first).state is EnrolmentState.CHECKING_CARD
        refused = await of_the_second
    assert (refused.state, refused.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.CARD_CANCELLED)


async def test_there_is_no_way_back_from_the_first_step_nor_from_an_end(world: World) -> None:
    officer = world.members["officer"]
    waiting = await world.start()
    refused = await world.enrol("lost_card")
    completed = await world.confirm(await world.enrol("somchai"))
    for enrolment in (waiting, refused, completed):
        with pytest.raises(Conflict) as stopped:
            await world.enrolments.go_back(enrolment.id, officer=officer)
        assert stopped.value.code is EnrolmentProblem.NO_WAY_BACK


async def test_an_officer_ends_it_and_nothing_is_left(world: World) -> None:
    checked = await world.enrol("somchai")
    stopped = await world.enrolments.stop(checked.id, officer=world.members["officer"])
    assert (stopped.state, stopped.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.ENDED_BY_OFFICER)
    with pytest.raises(NotFound):
        await world.enrolments.stop(checked.id, officer=world.members["admin1"])
    async with world.storage.reading() as uow:
        assert await uow.all(text("SELECT * FROM open_application")) == []


# --- one open application --------------------------------------------------------------------------------------------


async def test_one_person_has_one_open_application(world: World) -> None:
    await world.pair_second()
    first = await world.enrol("somchai")
    second = await world.start(station=world.second_station, officer="colleague")
    await world.second_agent.answer(await world.second_agent.next_request(), card_read_of("somchai"))
    met = await world.enrolments.advance(second.id)
    assert (met.state, met.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.APPLICATION_OPEN)
    assert met.other_case_no == first.case_no
    # the first goes on, and when it is done the person may come again
    assert (await world.confirm(first)).state is EnrolmentState.COMPLETED
    assert (await world.enrol("somchai")).state is EnrolmentState.COMPARE_FACE


async def test_of_two_counters_at_once_one_goes_on(world: World) -> None:
    await world.pair_second()
    first = await world.start()
    second = await world.start(station=world.second_station, officer="colleague")
    await world.insert("somchai")
    await world.second_agent.answer(await world.second_agent.next_request(), card_read_of("somchai"))
    ends = await asyncio.gather(*(world.enrolments.advance(one.id) for one in (first, second)))
    assert sorted(end.state.value for end in ends) == ["compare_face", "refused"]


async def test_an_unattended_application_gives_way_to_an_attended_one(world: World) -> None:
    applications = Applications(blind_index=BlindIndex(world.root_keys))
    number = PERSONAS["somchai"].person.citizen_id.digits
    async with world.storage.unit_of_work() as uow:
        at_home = CaseNumber.draw(now=uow.now, randomness=system_randomness)
        later = uow.now + world.hour
        opened = {"case_no": at_home, "is_attended": False, "expires_at": later}
        assert await applications.open(uow, number, application_id="una_1", **opened) is None
        assert await applications.open(uow, number, application_id="una_1", **opened) is None
        assert await applications.open(uow, number, application_id="una_2", **opened) == at_home
    checked = await world.enrol("somchai")
    assert checked.state is EnrolmentState.COMPARE_FACE
    async with world.storage.unit_of_work() as uow:
        assert not await applications.is_open(uow, "una_1")
        assert await applications.open(uow, number, application_id="una_1", **opened) == checked.case_no
        await applications.close(uow, checked.id)
        assert await applications.open(uow, number, application_id="una_1", **opened) is None
    world.clock.advance(3600)
    async with world.storage.unit_of_work() as uow:
        assert not await applications.is_open(uow, "una_1")
        assert await applications.open(uow, number, application_id="una_3", **opened) is None


# --- the declaration -------------------------------------------------------------------------------------------------


async def test_nobody_is_enrolled_without_the_officers_declaration(world: World) -> None:
    checked = await world.enrol("somchai")
    with pytest.raises(Refused) as missing:
        await world.confirm(checked, is_unrelated=False)
    assert missing.value.code is EnrolmentProblem.DECLARATION_MISSING
    assert (await world.confirm(checked)).state is EnrolmentState.COMPLETED
    kept = await evidence_of(world, checked)
    assert (EvidenceKind.NO_RELATION.value, EvidenceResult.DECLARED.value, False) in kept


async def test_a_related_officer_leaves_it_to_a_colleague(world: World) -> None:
    checked = await world.enrol("somchai")
    left = await world.enrolments.stop(checked.id, officer=world.members["officer"], is_related=True)
    assert left.problem is EnrolmentProblem.RELATED_TO_APPLICANT


async def test_the_same_address_is_flagged_where_both_cards_were_read(world: World) -> None:
    await world.pair_second()
    own = await world.start(station=world.second_station, officer="colleague", journey=JourneyKey.RENEWAL)
    await world.second_agent.answer(await world.second_agent.next_request(), card_read_of("officer"))
    await world.enrolments.advance(own.id)
    await world.enrolments.decide_face(own.id, officer=world.members["colleague"], matches=True, is_unrelated=True)
    read = card_read_of("somchai")
    neighbour = replace(read.data, address=card_read_of("officer").data.address)
    started = await world.start()
    await world.insert("somchai", read=replace(read, data=neighbour))
    assert (await world.enrolments.advance(started.id)).flags == (EnrolmentFlag.SAME_HOUSE,)


async def test_the_same_surname_is_flagged(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        identity = await world.subscribers.identity(uow, world.people["officer"])
        name = replace(identity.name_th, last=PERSONAS["somchai"].person.name_th.last)
        await world.subscribers.raise_ial(
            uow, world.people["officer"], identity=replace(identity, name_th=name), ial=Ial.IAL2_2, by=SYSTEM
        )
    checked = await world.enrol("somchai")
    assert checked.flags == (EnrolmentFlag.SAME_SURNAME,)


# --- typed cards -----------------------------------------------------------------------------------------------------


async def test_a_card_whose_chip_is_broken_is_typed(world: World) -> None:
    checked = await type_card(world, "somchai")
    assert (checked.state, checked.is_typed) == (EnrolmentState.COMPARE_FACE, True)
    with pytest.raises(NotFound):
        await world.enrolments.photo_of(checked.id, officer=world.members["officer"])
    completed = await world.confirm(checked)
    assert (completed.state, completed.ial) == (EnrolmentState.COMPLETED, Ial.IAL2_1)
    async with world.storage.reading() as uow:
        row = await uow.first(text("SELECT typed_jwe FROM enrolment"))
    assert row is not None
    assert row.typed_jwe is None


async def test_what_is_typed_is_judged_as_a_card(world: World) -> None:
    assert (await type_card(world, "lost_card")).problem is EnrolmentProblem.CARD_CANCELLED
    assert (await type_card(world, "expired")).problem is EnrolmentProblem.CARD_EXPIRED
    assert (await type_card(world, "mismatch")).problem is EnrolmentProblem.CARD_NOT_FOUND
    assert (await type_card(world, "officer")).problem is EnrolmentProblem.OWN_ENROLMENT


async def test_a_typed_card_waits_for_the_registry_and_is_forgotten_in_time(world: World) -> None:
    world.registry(Mode.DOWN)
    pending = await type_card(world, "somchai")
    assert pending.state is EnrolmentState.PENDING_REGISTRY
    world.clock.advance(60)
    assert (await world.enrolments.advance(pending.id)).state is EnrolmentState.PENDING_REGISTRY
    world.clock.advance(30 * 60)
    assert (await world.enrolments.advance(pending.id)).problem is EnrolmentProblem.NO_CARD_IN_TIME


async def test_a_typed_card_gives_nobody_a_way_into_a_well_known_identity(world: World) -> None:
    await enrolled(world)
    for journey in (JourneyKey.COUNTER, JourneyKey.RECOVERY):
        checked = await type_card(world, "somchai", journey=journey)
        with pytest.raises(Conflict) as weak:
            await world.confirm(checked)
        assert weak.value.code is EnrolmentProblem.EVIDENCE_TOO_WEAK
        await world.enrolments.stop(checked.id, officer=world.members["officer"])


# --- people who are known --------------------------------------------------------------------------------------------


async def test_renewal_reads_anew_and_leaves_ways_to_sign_in(world: World) -> None:
    subscriber_id = await enrolled(world, "one_name")
    world.clock.advance(1)
    async with world.storage.unit_of_work() as uow:
        older = await world.subscribers.identity(uow, subscriber_id)
        older = replace(older, name_en=PersonName("Mr.", "Gong", "", ""))
        await world.subscribers.raise_ial(uow, subscriber_id, identity=older, ial=Ial.IAL2_2, by=SYSTEM)
    world.clock.advance(1)
    completed = await world.confirm(await world.enrol("one_name", journey=JourneyKey.RENEWAL))
    assert (completed.state, completed.subscriber_id) == (EnrolmentState.COMPLETED, subscriber_id)
    assert await world.enrolments.passkey_link_of(completed.id, officer=world.members["officer"]) is None
    async with world.storage.reading() as uow:
        assert (await world.subscribers.identity(uow, subscriber_id)).name_en.first == "Kong"
        past = await world.subscribers.history(uow, subscriber_id)
    assert [(one.identity.name_en.first, one.why) for one in past] == [
        ("Kong", ChangeReason.RENEWAL),
        ("Gong", ChangeReason.RENEWAL),
    ]
    assert NoticeTopic.IDENTITY_PROOFED_AGAIN in await topics(world, subscriber_id)


async def test_recovery_takes_every_old_way_in_and_gives_a_new_one(world: World) -> None:
    subscriber_id = await enrolled(world)
    async with world.storage.unit_of_work() as uow:
        old = await world.sessions.start(uow, subscriber_id, aal=Aal.AAL2_2, amr=("swk",))
        old_link = await world.passkey_links.make(uow, subscriber_id, by=SYSTEM, valid_for=world.hour)
    completed = await world.confirm(await world.enrol("somchai", journey=JourneyKey.RECOVERY))
    assert completed.subscriber_id == subscriber_id
    token = await world.enrolments.passkey_link_of(completed.id, officer=world.members["officer"])
    assert token is not None
    async with world.storage.reading() as uow:
        assert await world.sessions.find(uow, old.cookie_value) is None
        assert await world.passkey_links.open(uow, token) == subscriber_id
        with pytest.raises(Refused):
            await world.passkey_links.open(uow, old_link)
    events = [entry["event"] for entry in await world.entries()]
    assert "enrolment.completed" in events


@pytest.mark.parametrize("journey", [JourneyKey.RENEWAL, JourneyKey.RECOVERY])
async def test_strangers_neither_renew_nor_recover(world: World, journey: JourneyKey) -> None:
    assert (await world.enrol("somchai", journey=journey)).problem is EnrolmentProblem.NOT_ENROLLED_YET


async def test_a_provisional_person_is_met_once(world: World) -> None:
    subscriber_id = await enrolled(world)
    unmet = await world.enrol("somchai", journey=JourneyKey.PROVISIONAL_COMPLETION)
    assert unmet.problem is EnrolmentProblem.NOT_PROVISIONAL
    async with world.storage.unit_of_work() as uow:
        mark = {"agency_id": world.agency_id, "service_id": ServiceId("jobs"), "by": SYSTEM}
        assert await world.provisionals.mark(uow, subscriber_id, **mark)
        assert not await world.provisionals.mark(uow, subscriber_id, **mark)
        assert [one.service_id for one in await world.provisionals.of(uow, subscriber_id)] == ["jobs"]
    met = await world.confirm(await world.enrol("somchai", journey=JourneyKey.PROVISIONAL_COMPLETION))
    assert met.state is EnrolmentState.COMPLETED
    async with world.storage.reading() as uow:
        assert await world.provisionals.of(uow, subscriber_id) == ()
    again = await world.enrol("somchai", journey=JourneyKey.PROVISIONAL_COMPLETION)
    assert again.problem is EnrolmentProblem.NOT_PROVISIONAL


@pytest.mark.parametrize(
    ("journey", "card_type", "problem"),
    [
        (JourneyKey.NON_THAI_CARD, "01", EnrolmentProblem.OTHER_KIND_OF_CARD),
        (JourneyKey.COUNTER, "03", EnrolmentProblem.OTHER_KIND_OF_CARD),
        (JourneyKey.NON_THAI_CARD, "03", None),
    ],
)
async def test_the_chip_says_whose_card_it_is(
    world: World, journey: JourneyKey, card_type: str, problem: EnrolmentProblem | None
) -> None:
    read = card_read_of("somchai")
    started = await world.start(journey=journey)
    await world.insert("somchai", read=replace(read, data=replace(read.data, card_type=card_type)))
    assert (await world.enrolments.advance(started.id)).problem is problem


async def test_a_case_is_found_by_its_number(world: World) -> None:
    started = await world.start()
    async with world.storage.reading() as uow:
        found = await world.enrolments.find_by_case_no(uow, started.case_no)
    assert found is not None
    assert found.id == started.id


# --- the registry is silent ------------------------------------------------------------------------------------------


async def leave_pending(world: World, persona: str = "somchai") -> Enrolment:
    world.registry(Mode.DOWN)
    pending = await world.enrol(persona)
    assert pending.state is EnrolmentState.PENDING_REGISTRY
    return await world.enrolments.finish_later(pending.id, officer=world.members["officer"], is_unrelated=True)


async def test_what_waited_for_the_registry_ends_by_itself_and_the_person_is_told(world: World) -> None:
    left = await leave_pending(world)
    assert (left.state, left.is_kept) == (EnrolmentState.AWAITING_REGISTRY, True)
    await world.enrolments.advance_open()
    assert (await world.enrolments.advance(left.id)).state is EnrolmentState.AWAITING_REGISTRY
    world.switchboard.reset()
    await world.enrolments.advance_open()  # not asked twice within a minute
    assert (await world.enrolments.advance(left.id)).state is EnrolmentState.AWAITING_REGISTRY
    world.clock.advance(61)
    await world.enrolments.advance_open()
    done = await world.enrolments.advance(left.id)
    assert (done.state, done.ial) == (EnrolmentState.COMPLETED, Ial.IAL2_2)
    assert done.subscriber_id is not None
    assert await world.enrolments.passkey_link_of(done.id, officer=world.members["officer"]) is None
    assert NoticeTopic.ENROLMENT_DONE in await topics(world, done.subscriber_id)
    async with world.storage.reading() as uow:
        row = await uow.first(text("SELECT kept_jwe FROM enrolment"))
    assert row is not None
    assert row.kept_jwe is None
    # the first passkey: the person comes back
    back = await world.confirm(await world.enrol("somchai", journey=JourneyKey.RECOVERY))
    assert back.subscriber_id == done.subscriber_id


async def test_the_registrys_no_comes_late_and_counts(world: World) -> None:
    left = await leave_pending(world, "lost_card")
    world.switchboard.reset()
    world.clock.advance(61)
    await world.enrolments.advance_open()
    refused = await world.enrolments.advance(left.id)
    assert (refused.state, refused.problem) == (EnrolmentState.REFUSED, EnrolmentProblem.CARD_CANCELLED)


async def test_waiting_ends_after_three_days_and_the_person_may_come_again(world: World) -> None:
    left = await leave_pending(world)
    again = await world.enrol("somchai")
    assert again.problem is EnrolmentProblem.APPLICATION_OPEN
    world.clock.advance(72 * 3600)
    ended = await world.enrolments.advance(left.id)
    assert ended.problem is EnrolmentProblem.REGISTRY_UNAVAILABLE
    world.switchboard.reset()
    assert (await world.enrol("somchai")).state is EnrolmentState.COMPARE_FACE


async def test_waiting_needs_the_officers_word_and_no_recovery_waits(world: World) -> None:
    officer = world.members["officer"]
    world.registry(Mode.DOWN)
    pending = await world.enrol("somchai")
    with pytest.raises(Refused) as missing:
        await world.enrolments.finish_later(pending.id, officer=officer, is_unrelated=False)
    assert missing.value.code is EnrolmentProblem.DECLARATION_MISSING
    await world.enrolments.stop(pending.id, officer=officer)
    world.switchboard.reset()
    world.clock.advance(60)
    await enrolled(world)
    world.registry(Mode.DOWN)
    recovery = await world.enrol("somchai", journey=JourneyKey.RECOVERY)
    assert recovery.state is EnrolmentState.PENDING_REGISTRY
    with pytest.raises(Conflict):
        await world.enrolments.finish_later(recovery.id, officer=officer, is_unrelated=True)


async def test_of_two_nodes_that_ask_for_what_waits_one_completes(world: World) -> None:
    left = await leave_pending(world)
    world.switchboard.reset()
    world.clock.advance(61)
    await asyncio.gather(*(world.enrolments.advance_open() for _ in range(3)))
    assert (await world.enrolments.advance(left.id)).state is EnrolmentState.COMPLETED
    assert [entry["event"] for entry in await world.entries()].count("enrolment.completed") == 1
