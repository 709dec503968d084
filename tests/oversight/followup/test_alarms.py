"""What is noticed reaches the supervisor within minutes, by a clock that is moved; on either engine."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.agencies.model import AgencyKind, Role
from idp.agencies.store import agreement
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.exchange.counter.model import Supervision
from idp.exchange.counter.person_store import insert_person
from idp.exchange.counter.store import citizen_ref
from idp.exchange.counter.supervision import supervision_of
from idp.kernel.ids import MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.oversight.followup.alarms import Alarms
from idp.oversight.followup.model import LOOK_UP_ALARM, Flag, Verdict, Why
from idp.oversight.followup.rules import MANY_IN_AN_HOUR
from idp.oversight.watched.service import WatchedPersons
from idp.storage.outbox import outbox
from idp.subscribers.store import CITIZEN_ID
from tests.exchange.test_at_a_counter import CDS, named, read_card
from tests.exchange.world import SOMCHAI, World
from tests.oversight.followup.test_follow_up import DAY, follow_up, look_ups_of, name, number, rows, supervisor

pytestmark = pytest.mark.anyio

EVERY = 60
"""Seconds between two looks of the worker."""


def alarms(world: World) -> Alarms:
    return Alarms(storage=world.storage, look_ups=look_ups_of(world), audit=world.audit, randomness=system_randomness)


async def told(world: World) -> int:
    async with world.storage.reading() as uow:
        return len(await uow.all(select(outbox.c.id).where(outbox.c.topic == LOOK_UP_ALARM)))


async def seen_within(world: World, minutes: int) -> set[Flag]:
    """The worker looks every minute: what stands in the supervisor's rows after so many."""
    for _ in range(minutes):
        world.clock.advance(EVERY)
        await alarms(world).watch()
    return {flag for one in await rows(world) for flag in one.flags}


async def test_nothing_noticed_makes_no_row(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    assert await seen_within(world, 5) == set()
    assert await rows(world) == ()
    assert await told(world) == 0


async def test_numbers_one_after_the_other_within_five_minutes(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    for serial in (1000, 1001, 1002):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    assert await seen_within(world, 1) == {Flag.SEQUENCE}
    assert await told(world) == 1
    # told once, whoever looks and however often
    assert await alarms(world).watch() == 0
    assert await told(world) == 1
    world.clock.advance(DAY)
    await follow_up(world).draw()
    flagged = [one for one in await rows(world) if one.flags]
    assert len(flagged) == len({one.anchor for one in flagged}) == 2


async def test_many_within_an_hour(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).values(daily_quota=200))
    for serial in range(MANY_IN_AN_HOUR):
        world.clock.advance(20)
        await name(world, number(1000 + 50 * serial), case=str(serial))
    assert await seen_within(world, 5) == {Flag.BULK}
    assert len(await rows(world)) == MANY_IN_AN_HOUR + 1


async def test_a_person_who_is_watched_over(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    await name_watched(world)
    world.clock.advance(1)
    anchor = await name(world, SOMCHAI.citizen_id)
    assert await seen_within(world, 1) == {Flag.WATCHED}
    assert anchor in {one.anchor for one in await rows(world)}
    entries = await world.entries("oversight.person_watched")
    assert SOMCHAI.citizen_id.digits not in "".join(entries)


async def name_watched(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        owner = await world.agencies.register_agency(
            uow, code="population", name_th="เจ้าของข้อมูล", name_en="Owner", kind=AgencyKind.STATE,
            owns=["dopa.person"], by=SYSTEM,
        )  # fmt: skip
        by = Decider(MemberId("mem_1"), SubscriberId("sub_1"), owner.id, frozenset({Role.DATA_OWNER.value}))
        watched = WatchedPersons(
            agencies=world.agencies,
            blind_index=BlindIndex(world.root_keys),
            audit=world.audit,
            randomness=system_randomness,
        )
        until = uow.now + timedelta(days=30)
        await watched.name(uow, SOMCHAI.citizen_id, reference_no="ลับ 1", valid_until=until, by=by)


async def test_a_watched_persons_card_in_the_reader_reaches_the_supervisor_too(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await read_card(world)
    await name_watched(world)
    assert await seen_within(world, 1) == set()
    async with world.storage.unit_of_work() as uow:
        await insert_person(uow, CDS, BlindIndex(world.root_keys).digests(CITIZEN_ID, SOMCHAI.citizen_id.digits))
    assert await seen_within(world, 1) == {Flag.WATCHED}
    (found,) = await rows(world)
    assert (found.anchor, found.why) == (CDS, Why.FLAGGED)
    assert await told(world) == 1
    # the next day's draw makes no second row of it
    world.clock.advance(DAY)
    assert await follow_up(world).draw() == 0


async def test_a_row_that_is_there_says_more_and_its_supervisors_hear_again(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    for serial in (1000, 1001):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    await seen_within(world, 1)
    before = await rows(world)
    async with world.storage.unit_of_work() as uow:
        said = {"flags": ["own_name", "sequence"]}
        await uow.execute(update(citizen_ref).where(citizen_ref.c.id == before[0].anchor).values(said))
    assert await alarms(world).watch() >= 1
    assert await told(world) == 2


async def test_what_is_noticed_about_a_judged_row_is_not_written_again_each_minute(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    await named(world)
    for serial in (1000, 1001):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    await seen_within(world, 1)
    (sample,) = await rows(world)
    await follow_up(world).review(sample.id, by=supervisor(world), verdict=Verdict.FINE, reason="มีเรื่องจริง")
    async with world.storage.unit_of_work() as uow:
        said = {"flags": ["own_name", "sequence"]}
        await uow.execute(update(citizen_ref).where(citizen_ref.c.id == sample.anchor).values(said))
    # for as long as the look-up is watched, nothing is to be written about it
    world.storage.refuse_writes(RuntimeError("a write"))
    assert await alarms(world).watch() == 0
    world.storage.refuse_writes(None)


async def test_what_nobody_reviews_in_three_working_days_stops_the_agency(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    for serial in (1000, 1001):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    await seen_within(world, 1)
    (sample,) = await rows(world)
    assert sample.due_at is not None
    world.clock.advance((sample.due_at - world.clock.now()).total_seconds() - 1)
    assert await standing(world) is Supervision.LIVE
    world.clock.advance(1)
    assert await standing(world) is Supervision.OVERDUE
    # a question asked in time gives three days more, once
    review = follow_up(world).review
    await review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="เรื่องใด")
    assert await standing(world) is Supervision.LIVE
    world.clock.advance(7 * DAY)
    assert await standing(world) is Supervision.OVERDUE
    await review(sample.id, by=supervisor(world), verdict=Verdict.QUESTION, reason="ถามอีกครั้ง")
    assert await standing(world) is Supervision.OVERDUE
    # the look-ups go on with the last word, in the transaction that says it
    await review(sample.id, by=supervisor(world), verdict=Verdict.FINE, reason="มีเรื่องจริง")
    assert await standing(world) is Supervision.LIVE
    assert sample.why is Why.FLAGGED


async def standing(world: World) -> Supervision:
    async with world.storage.reading() as uow:
        return await supervision_of(uow, world.agency.id)
