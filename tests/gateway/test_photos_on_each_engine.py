"""What holds about photos holds in the statements: on either engine, for several nodes, at any moment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from connectors.simulators.switchboard import Switchboard
from idp.agencies.model import Role
from idp.agencies.store import agreement
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.catalogue.photo import PHOTO
from idp.exchange.pull.store import disclosure
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import DisclosureId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.oversight.followup.model import OversightProblem, Result, Verdict, Why
from idp.oversight.followup.reading import LookUps
from idp.oversight.followup.service import FollowUp
from idp.storage.outbox import outbox
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import NoSealer, World
from tests.gateway.conftest import Sealing, a_door
from tests.gateway.counter import CASE, SOMCHAI, open_counter
from tests.gateway.photos import PICTURE, PhotoDesk, open_photo_desk
from tests.gateway.test_photos import Interrupted

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(
    storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing
) -> AsyncIterator[PhotoDesk]:
    async with a_door(storage, clock, switchboard, sealing, NoSealer()) as door:
        counter = await open_counter(door)
        yield await open_photo_desk(counter)
        await counter.agent.http.aclose()


async def shown(world: World) -> int:
    async with world.storage.reading() as uow:
        about = (disclosure.c.dataset == PHOTO.id, disclosure.c.outcome == "released")
        return len(await uow.all(select(disclosure.c.id).where(*about)))


async def test_once_for_each_agreement_and_as_often_as_the_day_allows(desk: PhotoDesk) -> None:
    async with desk.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).where(agreement.c.dataset == PHOTO.id).values(daily_quota=2))
    requests = [await desk.agreed() for _ in range(3)]
    first = await asyncio.gather(*(desk.show(requests[0]) for _ in range(3)))
    assert sorted(answer.status_code for answer in first) == [200, 410, 410]
    others = await asyncio.gather(*(desk.show(request_id) for request_id in requests[1:]))
    assert sorted(answer.status_code for answer in others) == [200, 429]
    assert await shown(desk.world) == 2
    assert {answer.content for answer in (*first, *others) if answer.status_code == 200} == {PICTURE}


async def test_by_card_while_the_second_officer_leaves(desk: PhotoDesk) -> None:
    request_id = await desk.agreed(await desk.by_card())

    async def leaves() -> None:
        async with desk.world.storage.unit_of_work() as uow:
            await desk.world.agencies.end_member(uow, desk.second.id, by=SYSTEM)

    desk.world.photos._photos_of = Interrupted(desk, leaves).of
    refused = await desk.show(request_id)
    assert (refused.status_code, refused.json()["code"]) == (403, "PHO-02")
    assert await shown(desk.world) == 0


async def test_who_ends_the_naming_waits_for_nobody_and_nothing_is_shown_after(desk: PhotoDesk) -> None:
    """Both at once: whichever comes first, no photo is shown under a naming that had ended before."""
    request_id = await desk.agreed()
    answer, _ = await asyncio.gather(desk.show(request_id), desk.end_naming())
    assert answer.status_code in (200, 403, 410)
    again = await desk.ask(await desk.by_number())
    assert (again.status_code, again.json()["code"]) == (403, "PHO-02")


async def test_each_is_a_row_for_a_supervisor_who_is_neither_officer(desk: PhotoDesk) -> None:
    world = desk.world
    answer = await desk.show(await desk.agreed())
    follow_up = FollowUp(
        storage=world.storage,
        personal=world.personal,
        look_ups=LookUps(personal=world.personal, root_keys=world.root_keys, randomness=system_randomness),
        audit=world.audit,
        randomness=system_randomness,
    )
    async with world.storage.reading() as uow:
        (message,) = await uow.all(select(outbox.c.payload).where(outbox.c.topic == "photo_shown"))
    told = message.payload
    for _ in range(2):  # a message may be seen twice
        await follow_up.add_photo(DisclosureId(told["disclosure_id"]), told["request_id"])
    await follow_up.add_photo(DisclosureId("dis_other"), told["request_id"])
    supervisor = Decider(MemberId("mem_9"), SubscriberId("sub_9"), world.agency.id, frozenset({Role.SUPERVISOR.value}))
    async with world.storage.reading() as uow:
        (sample,) = await follow_up.page(uow, supervisor)
        view = await follow_up.look(uow, sample.id, by=supervisor)
    assert (sample.why, sample.result, sample.disclosure_id) == (
        Why.ALWAYS,
        Result.RELEASED,
        answer.headers["disclosure-id"],
    )
    assert view.case == CASE
    assert sample.person
    assert SOMCHAI not in str(sample)
    for officer in (desk.counter.officer, desk.second):
        # also once they look nobody up any more
        async with world.storage.unit_of_work() as uow:
            await world.agencies.end_member(uow, officer.id, by=SYSTEM)
        own = replace(supervisor, person=officer.subscriber_id)
        with pytest.raises(Refused) as refused:
            await follow_up.review(sample.id, by=own, verdict=Verdict.FINE, reason="r")
        assert refused.value.code is OversightProblem.OWN_LOOK_UP
    with pytest.raises(NotFound):
        await follow_up.review(
            sample.id, by=replace(supervisor, agency_id=desk.owner.id), verdict=Verdict.FINE, reason="r"
        )
    await follow_up.review(sample.id, by=supervisor, verdict=Verdict.MISUSE, reason="ไม่มีเรื่องนี้")
