"""The end of an identity: its data key is destroyed, and with it everything that was sealed for the person.

What stays is a row without attributes, which other rows name, and the log, whose entries hold a pseudonym and no value:
it still verifies. Rooms above hear of it by the outbox and let go of what they hold (facts/security-and-reliability,
section 4, crypto-shredding).
"""

from collections.abc import Sequence
from typing import Final

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers import life_store, rules, store
from idp.subscribers.model import Closing, ClosingReason, Subscriber, SubscriberProblem, SubscriberStatus

SUBSCRIBER_CLOSED: Final = "subscriber_closed"
"""Topic of the outbox: every room lets go of what it holds of a person. The payload has `subscriber_id`."""

CLOSING_ASKED: Final = "closing_asked"
"""Topic of the outbox: the owner is told, and how to take it back. The payload has `subscriber_id`."""

BATCH: Final = 100


class Closings:
    """Identities that end. Each method joins the caller's unit of work but `close_due`, which is the worker's."""

    def __init__(self, *, personal: PersonalData, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._personal = personal
        self._audit = audit
        self._randomness = randomness

    async def ask(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Closing:
        """The owner asks for the end; that it is the owner, freshly signed in, is for the caller.

        Asking twice changes nothing. Raises NotFound (UNKNOWN), Conflict (NOT_ACTIVE).
        """
        present = await self._held(uow, subscriber_id)
        if not present.is_live:
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        due_at = uow.now + rules.COOLING
        if await life_store.insert_closing(uow, subscriber_id, due_at=due_at):
            await self._note(uow, "subscriber.closing_asked", subscriber_id, _owner(subscriber_id))
            await self._enqueue(uow, CLOSING_ASKED, subscriber_id)
        return await life_store.find_closing(uow, subscriber_id) or Closing(uow.now, due_at)

    async def take_back(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """The owner thought again. Raises Conflict (NOT_CLOSING)."""
        if not await life_store.delete_closing(uow, subscriber_id):
            raise Conflict(SubscriberProblem.NOT_CLOSING)
        await self._note(uow, "subscriber.closing_taken_back", subscriber_id, _owner(subscriber_id))

    async def drop(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor) -> None:
        """No closing is asked for any more: all ways in are taken away, and whoever had one may have asked.

        Asked for or not, it is no error.
        """
        if await life_store.delete_closing(uow, subscriber_id):
            await self._note(uow, "subscriber.closing_dropped", subscriber_id, by)

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Closing | None:
        """The closing that the owner asked for, None when there is none."""
        return await life_store.find_closing(uow, subscriber_id)

    async def close_due(self, storage: Storage) -> int:
        """Close whose time to take it back is over; gives how many. Any node may, any number of times."""
        async with storage.reading() as uow:
            due: Sequence[SubscriberId] = await life_store.due_closings(uow, limit=BATCH)
        closed = 0
        for subscriber_id in due:
            async with storage.unit_of_work() as uow:
                present = await store.hold(uow, subscriber_id)
                is_due = await life_store.delete_closing(uow, subscriber_id, due_by=uow.now)
                # closed meanwhile by another node, or stopped by whomever: nothing is destroyed that somebody looks
                # into, and nobody behind in the list waits for it
                if is_due and present is not None and present.is_live:
                    await self._end(uow, subscriber_id, why=ClosingReason.OWNER, by=SYSTEM)
                    closed += 1
        return closed

    async def close(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, why: ClosingReason, by: Actor) -> None:
        """End a suspended identity; that two persons want it is for the caller.

        Raises NotFound (UNKNOWN), Conflict (CLOSED, NOT_STOPPED).
        """
        rules.validate_closing(subscriber=await self._held(uow, subscriber_id))
        await self._end(uow, subscriber_id, why=why, by=by)

    async def _end(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, why: ClosingReason, by: Actor) -> None:
        await life_store.wipe(uow, subscriber_id)
        await self._personal.destroy(uow, subscriber_id)
        await self._note(uow, "subscriber.closed", subscriber_id, by, why=why.value)
        await self._enqueue(uow, "subscriber_changed", subscriber_id)
        await self._enqueue(uow, SUBSCRIBER_CLOSED, subscriber_id)

    async def _held(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber:
        present = await store.hold(uow, subscriber_id)
        if present is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        if present.status is SubscriberStatus.CLOSED:
            raise Conflict(SubscriberProblem.CLOSED)
        return present

    async def _note(self, uow: UnitOfWork, event: str, subscriber_id: SubscriberId, by: Actor, **details: str) -> None:
        await self._audit.append(uow, AuditEvent(event=event, actor=by, subject=subscriber_id, details=details))

    async def _enqueue(self, uow: UnitOfWork, topic: str, subscriber_id: SubscriberId) -> None:
        await enqueue(uow, topic=topic, payload={"subscriber_id": subscriber_id}, randomness=self._randomness)


def _owner(subscriber_id: SubscriberId) -> Actor:
    return Actor(ActorKind.SUBSCRIBER, subscriber_id)
