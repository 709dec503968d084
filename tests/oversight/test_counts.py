"""What is counted of look-ups, for the head of an agency and for the owner of the data; on either engine."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Role
from idp.approvals.model import Decider
from idp.catalogue.model import Basis
from idp.exchange.pull.store import disclosure
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.oversight.followup.model import Flag, Verdict
from idp.oversight.months.service import Months
from idp.oversight.owners.model import OwnerProblem
from idp.oversight.owners.service import OwnerUsage
from idp.oversight.owners.store import add_up_days, disclosure_day
from tests.exchange.test_at_a_counter import named, token_for
from tests.exchange.world import World, pull
from tests.oversight.followup.test_alarms import alarms, name_watched
from tests.oversight.followup.test_follow_up import follow_up, name, number, rows, supervisor

pytestmark = pytest.mark.anyio


def months(world: World) -> Months:
    return Months(storage=world.storage, follow_up=follow_up(world), audit=world.audit, randomness=system_randomness)


async def busy_day(world: World) -> None:
    """One person whose data left, two who were only named, one number beside the other."""
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    await world.exchange().pull(pull(token))
    for serial in (1000, 1001):
        world.clock.advance(1)
        await name(world, number(serial), case=str(serial))
    await alarms(world).watch()


async def test_a_month_counts_what_was_and_what_was_found(world_on_each_engine: World) -> None:
    world, by = world_on_each_engine, supervisor(world_on_each_engine)
    await busy_day(world)
    (sample,) = await rows(world)
    await follow_up(world).review(sample.id, by=by, verdict=Verdict.QUESTION, reason="เรื่องใด")
    await follow_up(world).review(sample.id, by=by, verdict=Verdict.MISUSE, reason="ไม่มีเรื่องนี้")
    first = months(world).offered()[0]
    async with world.storage.reading() as uow:
        month = await months(world).month(uow, first, by=by)
    assert (month.named, month.released, month.refused, month.officers) == (3, 1, 0, 1)
    assert (month.reviewed, month.asked) == (1, 1)
    assert (dict(month.flags), dict(month.findings)) == ({Flag.SEQUENCE: 1}, {Verdict.MISUSE: 1})
    assert len(month.days) == world.clock.now().astimezone(BANGKOK).day
    report = await months(world).take(first, by=by)
    assert report.month == month
    assert len(await world.entries("oversight.month_reported")) == 1
    other = replace(by, agency_id=AgencyId("agc_other"))
    async with world.storage.reading() as uow:
        assert (await months(world).month(uow, first, by=other)).named == 0
        with pytest.raises(Refused):
            await months(world).month(uow, first, by=replace(by, roles=frozenset({Role.AGENCY_ADMIN.value})))
        with pytest.raises(NotFound):
            await months(world).month(uow, first.replace(day=2), by=by)


async def test_midnight_in_bangkok_ends_a_month(world_on_each_engine: World) -> None:
    world, by = world_on_each_engine, supervisor(world_on_each_engine)
    await named(world)
    until = datetime(2026, 11, 30, 17, 0, tzinfo=UTC) - world.clock.now()
    world.clock.advance(until.total_seconds() - 1)
    await name(world, number(5000))
    world.clock.advance(1)
    await name(world, number(9000))
    december, november = months(world).offered()[:2]
    async with world.storage.reading() as uow:
        assert (await months(world).month(uow, december, by=by)).named == 1
        assert (await months(world).month(uow, november, by=by)).named == 2


async def test_who_ends_after_midnight_hides_nothing_of_the_day_that_begins(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    now = world.clock.now().astimezone(BANGKOK)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(0, 0), BANGKOK)
    world.clock.advance((midnight - now).total_seconds() - 1)
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    await world.exchange().pull(pull(token))
    async with world.storage.unit_of_work() as uow:
        # begun before midnight, written down after it
        assert await uow.changed(update(disclosure).values(at=midnight + timedelta(seconds=1))) == 1
    world.clock.advance(2)
    await world.exchange().pull(pull(token))
    for seconds in (2 * 3_600, 86_400):
        world.clock.advance(seconds)
        async with world.storage.unit_of_work() as uow:
            assert await add_up_days(uow) == 1
    async with world.storage.reading() as uow:
        before, after = await uow.all(select(disclosure_day).order_by(disclosure_day.c.day))
    assert (before.released, after.released, after.day - before.day) == (1, 1, 1)


async def test_an_owner_counts_every_agency_and_no_other_data(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await busy_day(world)
    await name_watched(world)  # which makes the owner
    async with world.storage.reading() as uow:
        owner = await world.agencies.owner_of(uow, "dopa.person")
        assert owner is not None
        by = Decider(MemberId("mem_o"), SubscriberId("sub_o"), owner.id, frozenset({Role.DATA_OWNER.value}))
        usage = OwnerUsage(agencies=world.agencies)
        use = await usage.use(uow, days=7, by=by)
        for row in (*use.by_agency, *await usage.each_day(uow, days=7, by=by)):
            assert (row.agency_id, row.dataset, row.released, row.refused) == (world.agency.id, "dopa.person", 1, 0)
            assert row.officers == 1
        assert (len(use.by_agency), len(use.released), sum(use.released.values())) == (1, 7, 1)
        assert use.last - use.first == timedelta(days=6)
        for stranger in (replace(by, agency_id=world.agency.id), replace(by, roles=frozenset())):
            with pytest.raises(Refused) as refused:
                await usage.use(uow, days=7, by=stranger)
            assert refused.value.code is OwnerProblem.NOT_THE_OWNER
