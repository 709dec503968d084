"""Who hears of it: supervisors of an alarm within five minutes, an officer of a question; nobody twice of the same."""

import pytest

from idp.agencies.model import Role
from idp.app.outbox import outbox_handlers
from idp.kernel.ids import SubscriberId
from idp.notices.model import NoticeTopic
from idp.worker.jobs import OutboxJob
from tests.portal.auditing.house import PortalHouse
from tests.portal.supervision.test_review_pages import judged
from tests.portal.supervision.watch import set_watch

pytestmark = pytest.mark.anyio


async def told(portal: PortalHouse, person: SubscriberId) -> list[NoticeTopic]:
    """What somebody reads in their account once the worker went round."""
    rooms = portal.rooms
    await OutboxJob(storage=rooms.ground.storage, handlers=outbox_handlers(rooms)).deliver()
    async with rooms.ground.storage.reading() as uow:
        notices = await rooms.notices.of(uow, person, before=None, limit=50)
    topics = (NoticeTopic.LOOK_UP_ALARM, NoticeTopic.LOOK_UP_QUESTION)
    return [one.topic for one in notices if one.topic in topics]


async def test_an_alarm_and_a_question(portal: PortalHouse) -> None:
    watch = await set_watch(portal)
    deputy, stranger = await portal.hire("employment-2", Role.SUPERVISOR), await portal.hire("x", Role.SUPERVISOR)
    await watch.look_up()
    portal.house.clock.advance(240)
    await watch.noticed()
    for supervisor in (watch.supervisor, deputy):
        assert await told(portal, supervisor.subscriber_id) == [NoticeTopic.LOOK_UP_ALARM]
    for nobody in (stranger, watch.officer):
        assert await told(portal, nobody.subscriber_id) == []
    # the next ones of the same five minutes are on the same page
    await watch.look_up(3000)
    await watch.noticed()
    assert await told(portal, watch.supervisor.subscriber_id) == [NoticeTopic.LOOK_UP_ALARM]
    portal.house.clock.advance(600)
    await watch.look_up(5000)
    await watch.noticed()
    assert await told(portal, watch.supervisor.subscriber_id) == [NoticeTopic.LOOK_UP_ALARM] * 2
    desk = await watch.sit_down()
    row = next(iter((await desk.get("/supervision")).rows("data-sample")))
    await judged(desk, f"/supervision/look-ups/{row['data-sample']}", "question", "เรื่องใด")
    assert await told(portal, watch.officer.subscriber_id) == [NoticeTopic.LOOK_UP_QUESTION]
