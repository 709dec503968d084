"""Messages of the rooms that become notices to people. A handler may see a message twice; the person is told once."""

from idp.app.rooms import Rooms
from idp.kernel.ids import SubscriberId
from idp.notices.model import NoticeId, NoticeTopic
from idp.notices.rules import OF_AUTHENTICATOR_CHANGE
from idp.storage.outbox import OutboxMessage


class NoticeHandlers:
    """Each message is the cause of its notice."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._storage = rooms.ground.storage

    async def tell_of_standing(self, message: OutboxMessage) -> None:
        """`subscriber_changed`: an identity that may not be used any more."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            if not (await self._rooms.subscribers.get(uow, subscriber_id)).is_live:
                await self._rooms.notices.tell(uow, subscriber_id, NoticeTopic.IDENTITY_STOPPED, cause=message.id)

    async def tell_of_authenticator(self, message: OutboxMessage) -> None:
        """`authenticator_changed`: a way to sign in came, went or was used anew."""
        topic = OF_AUTHENTICATOR_CHANGE.get(message.payload["change"])
        if topic is None:
            return
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            await self._rooms.notices.tell(uow, subscriber_id, topic, cause=message.id)

    async def send_letter(self, message: OutboxMessage) -> None:
        """`notice_due`: the letter of a notice."""
        attempt = int(message.payload["attempt"])
        await self._rooms.notices.send_letter(NoticeId(message.payload["notice_id"]), attempt=attempt)
