"""Writing to the log, in the unit of work of the act itself: when the entry cannot be written, the act does not
happen.
"""

from collections.abc import Callable
from datetime import datetime

from idp.audit import store
from idp.audit.model import ActorKind, AuditEvent, Entry, canonical_bytes
from idp.audit.tree import leaf_hash
from idp.kernel.ids import AuditEntryId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import UnitOfWork


class AuditLog:
    """Appends entries. `mac` seals an entry against change before it is sequenced; `pseudonym` hides subscribers."""

    def __init__(
        self,
        *,
        mac: Callable[[bytes], bytes],
        pseudonym: Callable[[SubscriberId], str],
        randomness: Randomness,
    ) -> None:
        self._mac = mac
        self._pseudonym = pseudonym
        self._randomness = randomness

    async def append(self, uow: UnitOfWork, event: AuditEvent) -> AuditEntryId:
        """Write the entry; it counts when `uow` commits."""
        entry = self.entry(event, now=uow.now)
        await store.insert_entry(uow, entry)
        return entry.id

    def entry(self, event: AuditEvent, *, now: datetime) -> Entry:
        """The entry to be written, for a hot write whose last steps are those of `audit.hot_store`."""
        entry_id = AuditEntryId(new_id("aud", now=now, randomness=self._randomness))
        actor_id = event.actor.id
        subject = None if event.subject is None else self._pseudonym(event.subject)
        if event.actor.kind is ActorKind.SUBSCRIBER:
            own = subject if actor_id == event.subject else None
            actor_id = own or self._pseudonym(SubscriberId(actor_id))
        canonical = canonical_bytes(event, entry_id=entry_id, at=now, actor_id=actor_id, subject=subject)
        return Entry(entry_id, canonical, leaf_hash(canonical), self._mac(canonical))
