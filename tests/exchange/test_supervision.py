"""Nobody is looked up at an agency that nobody supervises, nor while its reviews are overdue; on either engine."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.agencies.member_store import member
from idp.agencies.model import Role
from idp.catalogue.model import Basis
from idp.exchange.counter.model import CounterProblem, Supervision
from idp.exchange.counter.supervision import await_review, is_reviewed, put_off, supervision_of
from idp.exchange.model import ExchangeProblem
from idp.kernel.errors import Refused, TuatonError
from idp.kernel.ids import AgencyId
from tests.exchange.test_at_a_counter import COUNTER, LAW, named, token_for
from tests.exchange.world import ACR, SOMCHAI, World, pull

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
Act = Callable[[World], Awaitable[None]]


async def end(world: World) -> None:
    supervisor = world.supervisor  # type: ignore[attr-defined]  # a world of these tests
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(member).where(member.c.id == supervisor.id).values(status="ended"))


async def look_up_herself(world: World) -> None:
    """The supervisor gets a place at a counter of the same agency, in another membership."""
    supervisor, officer = world.supervisor, world.officer  # type: ignore[attr-defined]  # a world of these tests
    async with world.storage.unit_of_work() as uow:
        who = {"subscriber_id": supervisor.subscriber_id}
        await uow.execute(update(member).where(member.c.id == officer.id).values(who))


async def freeze(world: World) -> None:
    supervisor = world.supervisor  # type: ignore[attr-defined]  # a world of these tests
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.freeze(uow, supervisor.subscriber_id)


async def come_due(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await await_review(uow, "ovs_1", world.agency.id, due_at=uow.now)


async def state(world: World) -> Supervision:
    async with world.storage.reading() as uow:
        return await supervision_of(uow, world.agency.id)


async def refused_opening(world: World) -> CounterProblem:
    officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
    token = replace(world.own_token(), subscriber_id=officer.subscriber_id, scope=("openid", "look_up"), acr=ACR)
    with pytest.raises(Refused) as refused:
        await world.counters.name_by_number(
            token, citizen_id=SOMCHAI.citizen_id, service_id=COUNTER, case="2", ground=LAW
        )
    assert isinstance(refused.value.code, CounterProblem)
    return refused.value.code


@pytest.mark.parametrize(("happens", "becomes", "opening", "release"), [
    (end, Supervision.NOBODY, CounterProblem.NO_SUPERVISOR, ExchangeProblem.NO_SUPERVISOR),
    (freeze, Supervision.NOBODY, CounterProblem.NO_SUPERVISOR, ExchangeProblem.NO_SUPERVISOR),
    (come_due, Supervision.OVERDUE, CounterProblem.REVIEWS_OVERDUE, ExchangeProblem.REVIEWS_OVERDUE),
])  # fmt: skip
async def test_nothing_opens_and_nothing_leaves(
    world_on_each_engine: World, happens: Act, becomes: Supervision, opening: str, release: str
) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    assert await state(world) is Supervision.LIVE
    await happens(world)
    assert await state(world) is becomes
    assert await refused_opening(world) == opening
    with pytest.raises(TuatonError) as refused:
        await world.exchange().pull(pull(token))
    assert refused.value.code == release
    assert not await world.entries("exchange.released")


@pytest.mark.parametrize("happens", [end, freeze, come_due])
async def test_it_ends_between_decision_and_disclosure(world_on_each_engine: World, happens: Act) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)

    async def meanwhile() -> None:
        await happens(world)

    world.registry.meanwhile = meanwhile
    with pytest.raises(TuatonError):
        await world.exchange().pull(pull(token))
    assert not await world.entries("exchange.released")


async def test_who_looks_people_up_supervises_nobody_there(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    await named(world)
    await look_up_herself(world)
    assert await state(world) is Supervision.NOBODY
    async with world.storage.unit_of_work() as uow:
        officer = world.officer  # type: ignore[attr-defined]  # a world of these tests
        # what is over hinders nobody
        await uow.execute(update(member).where(member.c.id == officer.id).values(expires_at=uow.now))
    assert await state(world) is Supervision.LIVE
    async with world.storage.unit_of_work() as uow:
        supervisor = world.supervisor  # type: ignore[attr-defined]  # a world of these tests
        both = [Role.LOOKUP_OFFICER.value, Role.SUPERVISOR.value]
        await uow.execute(update(member).where(member.c.id == supervisor.id).values(roles=both))
    assert await state(world) is Supervision.NOBODY


async def test_look_ups_go_on_once_it_is_reviewed_and_another_agencys_hinder_nobody(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    token = token_for(world, await named(world), "dopa.person", Basis.DUTY)
    async with world.storage.unit_of_work() as uow:
        await await_review(uow, "ovs_other", AgencyId("agc_other"), due_at=uow.now - DAY)
        await await_review(uow, "ovs_1", world.agency.id, due_at=uow.now + timedelta(seconds=60))
        # said again, the first time stands
        await await_review(uow, "ovs_1", world.agency.id, due_at=uow.now + DAY)
    assert await state(world) is Supervision.LIVE
    world.clock.advance(60)
    assert await state(world) is Supervision.OVERDUE
    async with world.storage.unit_of_work() as uow:
        await put_off(uow, "ovs_1", due_at=uow.now + timedelta(seconds=1))
    assert await state(world) is Supervision.LIVE
    world.clock.advance(1)
    async with world.storage.unit_of_work() as uow:
        await is_reviewed(uow, "ovs_1")
    released = await world.exchange().pull(pull(token))
    assert released.payload["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
