"""Messages of an identity's life: every room lets go of a closed one, people hear of changes. Safe to see twice."""

from collections.abc import Mapping, Sequence
from typing import Final

from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.enrolment.forgetting import forget_person
from idp.enrolment.reviews.service import CASE_ASKED, CASE_DECIDED, CASE_OPENED
from idp.kernel.ids import SubscriberId
from idp.notices.model import NoticeTopic
from idp.storage.outbox import OutboxMessage
from idp.subscribers.closing import CLOSING_ASKED, SUBSCRIBER_CLOSED
from idp.subscribers.service import ATTRIBUTES_CHANGED
from idp.worker.jobs import OutboxHandler

NOTICE_OF: Final[Mapping[str, NoticeTopic]] = {
    ATTRIBUTES_CHANGED: NoticeTopic.DATA_CHANGED,
    CLOSING_ASKED: NoticeTopic.CLOSING_ASKED,
    CASE_OPENED: NoticeTopic.CORRECTION_RECEIVED,
    CASE_ASKED: NoticeTopic.CORRECTION_QUESTION,
    CASE_DECIDED: NoticeTopic.CORRECTION_ANSWERED,
}
"""What people are told by which topic of the outbox; cases that nobody asked for are not told of."""


class LifeHandlers:
    """Each message is the cause of what it leads to."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._storage = rooms.ground.storage

    def table(self) -> Mapping[str, Sequence[OutboxHandler]]:
        """Topic to handlers."""
        return {SUBSCRIBER_CLOSED: [self.let_go], **{topic: [self.tell] for topic in NOTICE_OF}}

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
        if message.payload.get("kind", "correction") != "correction":
            return
        topic, subscriber_id = NOTICE_OF[message.topic], SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            await self._rooms.notices.tell(uow, subscriber_id, topic, cause=message.id)
