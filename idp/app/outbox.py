"""Who above a room hears of what happened in it. A handler may see a message twice."""

from collections.abc import Mapping, Sequence

import structlog

from idp.app.rooms import Rooms
from idp.kernel.ids import ConsentId, SubscriberId
from idp.storage.outbox import OutboxMessage
from idp.worker.jobs import OutboxHandler

logger = structlog.get_logger("alarm")


def outbox_handlers(rooms: Rooms) -> Mapping[str, Sequence[OutboxHandler]]:
    """Topic to handlers, in order."""
    storage = rooms.ground.storage

    async def end_grants(message: OutboxMessage) -> None:
        async with storage.unit_of_work() as uow:
            await rooms.grants.end_of_consent(uow, ConsentId(message.payload["consent_id"]))

    async def end_sessions(message: OutboxMessage) -> None:
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with storage.unit_of_work() as uow:
            if not (await rooms.subscribers.get(uow, subscriber_id)).is_live:
                await rooms.sessions.end_all_of(uow, subscriber_id)

    async def alarm_wrong_person(message: OutboxMessage) -> None:
        logger.error("exchange.wrong_person", **message.payload)

    return {
        "consent_withdrawn": [end_grants],
        "subscriber_changed": [end_sessions],
        "wrong_person": [alarm_wrong_person],
    }
