"""Who was let in before the meeting hears of it again after two weeks, once; an officer ends it at the counter."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.model import SYSTEM
from idp.enrolment.model import EnrolmentState, JourneyKey
from idp.enrolment.provisional import REMINDED_AFTER, Meeting
from idp.kernel.assurance import Ial
from idp.kernel.ids import ServiceId, SubscriberId
from idp.notices.model import NoticeTopic
from idp.notices.store import notice
from idp.subscribers.store import subscriber
from tests.enrolment.world import World

pytestmark = pytest.mark.anyio

TWO_WEEKS = int(REMINDED_AFTER / timedelta(seconds=1))


async def let_in(world: World) -> SubscriberId:
    """Somchai, whom the office is to meet."""
    completed = await world.confirm(await world.enrol("somchai"))
    assert completed.subscriber_id is not None
    async with world.storage.unit_of_work() as uow:
        await world.provisionals.mark(
            uow, completed.subscriber_id, agency_id=world.agency_id, service_id=ServiceId("jobs"), by=SYSTEM
        )
    return completed.subscriber_id


async def remind(world: World) -> int:
    async with world.storage.unit_of_work() as uow:
        return await world.provisionals.remind_due(uow, world.notices)


async def reminders(world: World) -> int:
    async with world.storage.reading() as uow:
        return len(await uow.all(select(notice).where(notice.c.topic == NoticeTopic.MEETING_AWAITED.value)))


async def test_the_person_is_reminded_once_after_two_weeks(world: World) -> None:
    await let_in(world)
    world.clock.advance(TWO_WEEKS - 1)
    assert await remind(world) == 0
    world.clock.advance(1)
    assert [await remind(world), await remind(world)] == [1, 0]
    world.clock.advance(TWO_WEEKS)
    assert await remind(world) == 0
    assert await reminders(world) == 1


async def test_who_was_met_is_not_reminded(world: World) -> None:
    subscriber_id = await let_in(world)
    met = await world.confirm(await world.enrol("somchai", journey=JourneyKey.PROVISIONAL_COMPLETION))
    assert met.state is EnrolmentState.COMPLETED
    async with world.storage.reading() as uow:
        assert await world.provisionals.of(uow, subscriber_id) == ()
        assert await world.provisionals.meeting(uow, subscriber_id, agency_id=world.agency_id) is Meeting.HELD
    world.clock.advance(TWO_WEEKS)
    assert await remind(world) == 0


async def test_a_stopped_identity_is_not_reminded(world: World) -> None:
    subscriber_id = await let_in(world)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(subscriber.update().where(subscriber.c.id == subscriber_id).values(status="suspended"))
    world.clock.advance(TWO_WEEKS)
    assert await remind(world) == 0


async def test_the_officer_brings_the_level_that_the_service_needs(world: World) -> None:
    subscriber_id = await let_in(world)
    async with world.storage.unit_of_work() as uow:
        low = subscriber.update().where(subscriber.c.id == subscriber_id).values(ial=Ial.IAL1_3.value)
        await uow.execute(low)
    await world.confirm(await world.enrol("somchai", journey=JourneyKey.PROVISIONAL_COMPLETION))
    async with world.storage.reading() as uow:
        assert (await world.subscribers.get(uow, subscriber_id)).ial >= Ial.IAL2_1
