"""The supervisor's rows on either engine: made once after midnight in Bangkok, judged by another than who looked."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connectors.contracts.identifiers import CitizenId, check_digit
from connectors.fictitious.hard_cases import CROWDED_HOUSE
from idp.agencies.model import AgreementKind, Role
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.catalogue.gdx import CitizenRefSubject
from idp.catalogue.model import Basis, Channel
from idp.exchange.counter.model import CounterSession, CounterSessionId, OpenedFor, Supervision
from idp.exchange.counter.person_store import insert_person
from idp.exchange.counter.store import citizen_ref, insert_session
from idp.exchange.counter.supervision import supervision_of
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.oversight.followup.model import Flag, OversightProblem, Result, Sample, SampleId, Verdict, Why
from idp.oversight.followup.reading import LookUps
from idp.oversight.followup.service import ASKED_AT_ONCE, FollowUp
from idp.oversight.followup.store import insert_sample, oversight_sample
from idp.subscribers.model import Identity
from idp.subscribers.store import CITIZEN_ID
from tests.exchange.test_at_a_counter import CDS, COUNTER, LAW, STATION, named, read_card, token_for
from tests.exchange.world import ACR, JOBS, SOMCHAI, World, person_detail, pull

pytestmark = pytest.mark.anyio

DAY = 86_400


def look_ups_of(world: World) -> LookUps:
    return LookUps(personal=world.personal, root_keys=world.root_keys, randomness=system_randomness)


def follow_up(world: World) -> FollowUp:
    return FollowUp(
        storage=world.storage,
        personal=world.personal,
        look_ups=look_ups_of(world),
        audit=world.audit,
        randomness=system_randomness,
    )


def supervisor(world: World, person: str = "sub_supervisor") -> Decider:
    return Decider(
        MemberId("mem_supervisor"), SubscriberId(person), world.agency.id, frozenset({Role.SUPERVISOR.value})
    )


def number(serial: int) -> CitizenId:
    digits = f"11{serial:010d}"
    return CitizenId.parse(digits + check_digit(digits))


async def name(world: World, citizen_id: CitizenId, *, case: str = "1") -> str:
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    token = replace(world.own_token(), subscriber_id=officer.subscriber_id, scope=("openid", "look_up"), acr=ACR)
    ref = await world.counters.name_by_number(token, citizen_id=citizen_id, service_id=COUNTER, case=case, ground=LAW)
    return ref.id


async def rows(world: World, by: Decider | None = None) -> tuple[Sample, ...]:
    async with world.storage.reading() as uow:
        return await follow_up(world).page(uow, by or supervisor(world))


async def test_a_day_is_drawn_from_once_over_all_nodes(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    handle = await named(world)
    token = token_for(world, handle, "dopa.person", Basis.DUTY)
    await world.exchange().pull(pull(token))
    for serial in (1000, 5000, 9000, 13000):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    assert await follow_up(world).draw() == 0  # the day is not over
    world.clock.advance(DAY)
    made = await asyncio.gather(*(follow_up(world).draw() for _ in range(3)))
    assert sorted(made) == [0, 0, 3]
    assert await follow_up(world).draw() == 0
    found = await rows(world)
    assert len(found) == 3
    assert {one.why for one in found} == {Why.DRAWN}
    assert all(one.person and one.person not in SOMCHAI.citizen_id.digits for one in found)
    results = {one.anchor: one.result for one in found}
    assert results.get(handle.citizen_ref, Result.RELEASED) is Result.RELEASED
    assert {result for anchor, result in results.items() if anchor != handle.citizen_ref} == {Result.UNUSED}
    (drawn,) = await world.entries("oversight.drawn")
    assert '"look_ups":5' in drawn.replace(" ", "")


async def test_look_ups_by_card_are_drawn_too_and_a_session_without_a_card_is_none(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    subject = await read_card(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    async with world.storage.unit_of_work() as uow:
        await insert_person(uow, CDS, BlindIndex(world.root_keys).digests(CITIZEN_ID, SOMCHAI.citizen_id.digits))
        opened_for = OpenedFor(world.agency.id, JOBS, officer.id, COUNTER, "2")
        empty = CounterSession(
            CounterSessionId("cds_" + "1" * 26), opened_for, STATION, False, None, None, uow.now, uow.now, None
        )
        await insert_session(uow, world.personal, empty)
    token = token_for(world, subject, "card.identity", Basis.CARD_HANDED_OVER)
    await world.exchange().pull(pull(token, "card.identity"))
    world.clock.advance(DAY)
    assert await follow_up(world).draw() == 1
    (found,) = await rows(world)
    assert (found.anchor, found.why, found.result, found.with_card) == (CDS, Why.DRAWN, Result.RELEASED, True)
    assert found.person
    async with world.storage.reading() as uow:
        assert (await follow_up(world).look(uow, found.id, by=supervisor(world))).case == "1"
        assert await supervision_of(uow, world.agency.id) is Supervision.LIVE
    # drawn and left: within three working days look-ups stop, as by number
    world.clock.advance(7 * DAY)
    async with world.storage.reading() as uow:
        assert await supervision_of(uow, world.agency.id) is Supervision.OVERDUE


async def test_what_is_flagged_is_always_there(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    for serial in (700, 1000, 1003, 4000, 7000, 9990):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    world.clock.advance(DAY)
    assert await follow_up(world).draw() == 4
    flagged = [one for one in await rows(world) if one.why is Why.FLAGGED]
    assert [one.flags for one in flagged] == [frozenset({Flag.SEQUENCE})]


async def test_an_officer_who_lives_with_the_person_is_noticed(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    one, other = CROWDED_HOUSE.members[3], CROWDED_HOUSE.members[0]
    lives_there = Identity(other.citizen_id, other.name_th, other.name_en, other.birth_date, "1")
    async with world.storage.unit_of_work() as uow:
        # of another family, by name
        lives_there = replace(lives_there, name_th=replace(lives_there.name_th, last="คนละสกุล"))
        world.officer = await world.agencies.add_member(  # type: ignore[attr-defined]  # a world of these tests
            uow,
            agency_id=world.agency.id,
            subscriber_id=await world.subscribers.create(uow, identity=lives_there, ial=Ial.IAL2_2, by=SYSTEM),
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        await world.agencies.grant_agreement(
            uow,
            agency_id=world.agency.id,
            service_id=COUNTER,
            dataset="dopa.house",
            fields=["others"],
            bases=[Basis.DUTY],
            channel=Channel.COUNTER,
            kind=AgreementKind.DOPA_PERMISSION,
            reference_no="2",
            granted_by="owner",
            valid_from=uow.now - timedelta(days=1),
            valid_until=uow.now + timedelta(days=10),
            daily_quota=10,
            by_number=True,
            by=SYSTEM,
        )
    anchor = await name(world, one.citizen_id)
    subject = CitizenRefSubject(anchor)
    detail = replace(
        person_detail(), dataset="dopa.house", subject=subject, purpose=COUNTER, basis=Basis.DUTY, case="1",
        fields=("others",),
    )  # fmt: skip
    await world.exchange().pull(pull(world.own_token(detail), "dopa.house"))
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (flagged,) = [sample for sample in await rows(world) if sample.why is Why.FLAGGED]
    assert (flagged.anchor, flagged.flags) == (anchor, frozenset({Flag.HOUSE_MATE}))


async def test_the_own_family_name_is_noticed(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    async with world.storage.unit_of_work() as uow:
        own = await world.subscribers.identity(uow, officer.subscriber_id)
        cousin = replace(own, citizen_id=number(77), name_th=replace(own.name_th, first="ลูกพี่"))
        await world.subscribers.create(uow, identity=cousin, ial=Ial.IAL2_2, by=SYSTEM)
    world.clock.advance(1)
    anchor = await name(world, number(77))
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (flagged,) = [one for one in await rows(world) if one.anchor == anchor]
    assert flagged.flags == {Flag.OWN_NAME}


async def test_a_worker_that_was_away_draws_from_the_days_it_missed(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await name(world, number(5000))
    world.clock.advance(3 * DAY)
    assert await follow_up(world).draw() == 2
    assert len({one.day for one in await rows(world)}) == 2


async def test_the_number_is_gone_and_the_row_is_there(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(1000)
    async with world.storage.unit_of_work() as uow:
        assert await world.counters.forget_expired(uow) == 1
        assert await world.counters.forget_expired(uow) == 0
        row = await uow.first(select(citizen_ref.c.sealed_number, citizen_ref.c.sealed_case))
    assert row is not None
    assert row.sealed_number is None
    world.clock.advance(DAY)
    assert await follow_up(world).draw() == 1
    (sample,) = await rows(world)
    async with world.storage.reading() as uow:
        view = await follow_up(world).look(uow, sample.id, by=supervisor(world))
    assert view.case == "1"


async def test_what_was_found_is_put_on_record_once(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (sample,) = await rows(world)
    review = follow_up(world).review
    await review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="ขอเอกสารของเรื่องนี้")
    assert len(await rows(world)) == 1
    both = (
        review(sample.id, by=supervisor(world), verdict=found, reason="ดูแล้ว")
        for found in Verdict
        if found != "question"
    )
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "NoneType"]
    assert await rows(world) == ()
    with pytest.raises(Conflict):
        await review(sample.id, by=supervisor(world), verdict=Verdict.FINE, reason="อีกครั้ง")
    async with world.storage.reading() as uow:
        view = await follow_up(world).look(uow, sample.id, by=supervisor(world))
        row = await uow.first(select(oversight_sample.c.sealed_reason))
    assert view.reason == "ดูแล้ว"
    assert row is not None
    assert "ดูแล้ว".encode() not in bytes(row.sealed_reason)
    assert len(await world.entries("oversight.reviewed")) == 2


async def test_nobody_judges_the_own_look_ups_nor_another_agencys(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (sample,) = await rows(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    own = supervisor(world, officer.subscriber_id)
    # who looks people up there supervises nothing there, whatever roles they come with
    with pytest.raises(Refused) as both:
        await rows(world, own)
    assert both.value.code is OversightProblem.LOOKS_UP_TOO
    with pytest.raises(Refused) as neither:
        await follow_up(world).review(sample.id, by=own, verdict=Verdict.FINE, reason="r")
    assert neither.value.code is OversightProblem.LOOKS_UP_TOO
    async with world.storage.unit_of_work() as uow:
        await world.agencies.end_member(uow, officer.id, by=SYSTEM)
    # nor, once they supervise, the own look-ups of before
    assert await rows(world, own) == ()
    with pytest.raises(Refused) as refused:
        await follow_up(world).review(sample.id, by=own, verdict=Verdict.FINE, reason="r")
    assert refused.value.code is OversightProblem.OWN_LOOK_UP
    # nor reads what a colleague wrote meanwhile
    await follow_up(world).review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="ขอเอกสาร")
    with pytest.raises(Refused) as unread:
        async with world.storage.reading() as uow:
            await follow_up(world).look(uow, sample.id, by=own)
    assert unread.value.code is OversightProblem.OWN_LOOK_UP
    for stranger in (
        replace(supervisor(world), agency_id=AgencyId("agc_other")),
        replace(supervisor(world), roles=frozenset({Role.AUDITOR.value})),
    ):
        with pytest.raises(NotFound):
            await follow_up(world).review(sample.id, by=stranger, verdict=Verdict.FINE, reason="r")
    with pytest.raises(NotFound):
        await follow_up(world).review(SampleId("x"), by=supervisor(world), verdict=Verdict.FINE, reason="r")
    with pytest.raises(Refused):
        await rows(world, replace(supervisor(world), roles=frozenset({Role.AUDITOR.value})))


async def test_the_officer_who_is_asked_answers_once(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (sample,) = await rows(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    by = Decider(officer.id, officer.subscriber_id, world.agency.id, frozenset({Role.LOOKUP_OFFICER.value}))
    answer = follow_up(world).answer
    # nobody asked yet
    with pytest.raises(NotFound) as not_asked:
        await answer(sample.id, by=by, text="ไม่มีใครถาม")
    assert not_asked.value.code is OversightProblem.NOT_ASKED
    await follow_up(world).review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="เรื่องนี้คือเรื่องใด")
    async with world.storage.reading() as uow:
        (asked,) = await follow_up(world).questions(uow, by)
        stranger = replace(by, person=SubscriberId("sub_other"))
        assert await follow_up(world).questions(uow, stranger) == ()
    assert (asked.question, asked.case, asked.sample.id) == ("เรื่องนี้คือเรื่องใด", "1", sample.id)
    for other in (stranger, replace(by, agency_id=AgencyId("agc_other"))):
        with pytest.raises(NotFound):
            await answer(sample.id, by=other, text="ตอบแทน")
    with pytest.raises(Refused) as empty:
        await answer(sample.id, by=by, text=" ")
    assert empty.value.code is OversightProblem.REASON
    await answer(sample.id, by=by, text="คำขอเลขที่ 1")
    with pytest.raises(NotFound):
        await answer(sample.id, by=by, text="อีกครั้ง")
    async with world.storage.reading() as uow:
        assert await follow_up(world).questions(uow, by) == ()
        view = await follow_up(world).look(uow, sample.id, by=supervisor(world))
    assert (view.question, view.answer, view.reason) == ("เรื่องนี้คือเรื่องใด", "คำขอเลขที่ 1", None)
    # asked again, the answer of before is gone and another one is wanted
    await follow_up(world).review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="แล้วเรื่องใด")
    async with world.storage.reading() as uow:
        (again,) = await follow_up(world).questions(uow, by)
    assert (again.question, again.answer) == ("แล้วเรื่องใด", None)


async def test_an_officer_is_asked_a_page_at_once(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await follow_up(world).draw()
    (sample,) = await rows(world)
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    by = Decider(officer.id, officer.subscriber_id, world.agency.id, frozenset({Role.LOOKUP_OFFICER.value}))
    async with world.storage.unit_of_work() as uow:
        for one in range(ASKED_AT_ONCE):
            await insert_sample(uow, replace(sample, id=SampleId(f"ovs_{one:026}"), anchor=f"ctr_{one:026}"))
        await uow.execute(update(oversight_sample).values(verdict=Verdict.QUESTION.value))
    async with world.storage.reading() as uow:
        asked = await follow_up(world).questions(uow, by)
    assert [view.sample.id for view in asked] == [f"ovs_{one:026}" for one in range(ASKED_AT_ONCE)]


async def test_what_nobody_reviewed_is_not_forgotten(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    world.clock.advance(DAY)
    await follow_up(world).draw()
    world.clock.advance(30 * DAY)
    (sample,) = await rows(world)
    await follow_up(world).forget(timedelta(days=1))
    assert len(await rows(world)) == 1
    await follow_up(world).review(sample.id, by=supervisor(world), verdict=Verdict.MISUSE, reason="ไม่มีเรื่องนี้")
    async with world.storage.reading() as uow:
        (settled,) = await follow_up(world).page(uow, supervisor(world), is_open=False)
        stands = await follow_up(world).standing(uow, world.agency.id)
    assert (settled.verdict, settled.due_at) == (Verdict.MISUSE, None)
    assert (stands.waiting, stands.overdue, stands.next_due) == (0, 0, None)
    await follow_up(world).forget(timedelta(days=1))
    async with world.storage.reading() as uow:
        assert await follow_up(world).page(uow, supervisor(world), is_open=False) == ()
