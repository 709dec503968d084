"""Messages of an identity's life: every room lets go of a closed one, people hear of changes. Safe to see twice."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.enrolment.completion import ENROLMENT_FLAGGED
from idp.enrolment.forgetting import forget_person
from idp.enrolment.model import Enrolment
from idp.enrolment.reviews.model import CaseKind, Involved
from idp.enrolment.reviews.service import CASE_ASKED, CASE_DECIDED, CASE_OPENED, GIVEN_UP
from idp.enrolment.waiting import waiting_since
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.notices.model import NoticeTopic
from idp.storage.outbox import OutboxMessage
from idp.subscribers.attributes import ATTRIBUTES_CHANGED
from idp.subscribers.closing import CLOSING_ASKED, SUBSCRIBER_CLOSED
from idp.worker.jobs import OutboxHandler

TOO_LONG: Final = timedelta(days=1)
"""How long an enrolment may wait for the registry before somebody looks."""

NOTICE_OF: Final[Mapping[str, NoticeTopic]] = {
    ATTRIBUTES_CHANGED: NoticeTopic.DATA_CHANGED,
    CLOSING_ASKED: NoticeTopic.CLOSING_ASKED,
}
"""What people are told by which topic of the outbox."""

NOTICE_OF_CASE: Final[Mapping[tuple[str, str], NoticeTopic]] = {
    (CASE_OPENED, CaseKind.CORRECTION): NoticeTopic.CORRECTION_RECEIVED,
    (CASE_ASKED, CaseKind.CORRECTION): NoticeTopic.CORRECTION_QUESTION,
    (CASE_DECIDED, CaseKind.CORRECTION): NoticeTopic.CORRECTION_ANSWERED,
    (CASE_OPENED, CaseKind.DOUBT): NoticeTopic.DOUBT_RECEIVED,
    (CASE_ASKED, CaseKind.DOUBT): NoticeTopic.DOUBT_QUESTION,
    (CASE_DECIDED, CaseKind.DOUBT): NoticeTopic.DOUBT_ANSWERED,
}
"""What people are told of cases that they asked for, by topic and kind; of other cases nothing."""


class LifeHandlers:
    """Each message is the cause of what it leads to."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._storage = rooms.ground.storage

    def table(self) -> Mapping[str, Sequence[OutboxHandler]]:
        """Topic to handlers."""
        return {
            SUBSCRIBER_CLOSED: [self.let_go],
            ENROLMENT_FLAGGED: [self.open_flags],
            GIVEN_UP: [self.give_up],
            **{topic: [self.tell] for topic in NOTICE_OF},
            **{topic: [self.tell_of_case] for topic in (CASE_OPENED, CASE_ASKED, CASE_DECIDED)},
        }

    async def let_go(self, message: OutboxMessage) -> None:
        """`subscriber_closed`: what is sealed cannot be read any more; here the rest ends and goes."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        rooms = self._rooms
        async with self._storage.unit_of_work() as uow:
            await rooms.revoking.revoke_all(uow, subscriber_id, by=SYSTEM)
            await rooms.consents.end_of_person(uow, subscriber_id)
            await rooms.grants.end_of_person(uow, subscriber_id)
            await rooms.representation.mandates.end_of_person(uow, subscriber_id)
            await rooms.exchange.forget_person(uow, subscriber_id)
            await forget_person(uow, subscriber_id)

    async def tell(self, message: OutboxMessage) -> None:
        """The person hears of it, once."""
        await self._tell(message, NOTICE_OF[message.topic])

    async def tell_of_case(self, message: OutboxMessage) -> None:
        """Who asked for something hears what becomes of it, once."""
        topic = NOTICE_OF_CASE.get((message.topic, message.payload["kind"]))
        if topic is not None:
            await self._tell(message, topic)

    async def _tell(self, message: OutboxMessage, topic: NoticeTopic) -> None:
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            await self._rooms.notices.tell(uow, subscriber_id, topic, cause=message.id)

    async def open_flags(self, message: OutboxMessage) -> None:
        """`enrolment_flagged`: one case for each thing that was noticed."""
        async with self._storage.unit_of_work() as uow:
            enrolment = await self._rooms.enrolments.find(uow, EnrolmentId(message.payload["enrolment_id"]))
            if enrolment is None:
                return
            for flag in enrolment.flags:
                await self._rooms.life.reviews.open_case(uow, CaseKind.FLAG, flag.value, involved_in(enrolment))

    async def give_up(self, message: OutboxMessage) -> None:
        """`enrolment_given_up`: a reviewer ended what waited too long."""
        await self._rooms.enrolments.give_up(EnrolmentId(message.payload["enrolment_id"]))


async def open_overdue(rooms: Rooms) -> None:
    """What waits for the registry since yesterday is a case; for the worker, safe to run twice."""
    async with rooms.ground.storage.unit_of_work() as uow:
        for involved in await waiting_since(uow, uow.now - TOO_LONG, limit=100):
            await rooms.life.reviews.open_case(uow, CaseKind.PENDING, "registry", involved)


def involved_in(enrolment: Enrolment) -> Involved:
    """Whom a case about this enrolment is about."""
    return Involved(
        subscriber_id=enrolment.subscriber_id,
        enrolment_id=enrolment.id,
        agency_id=enrolment.agency_id,
        site=enrolment.station_id,
        officer=enrolment.officer,
        officer_person=enrolment.officer_person,
    )
