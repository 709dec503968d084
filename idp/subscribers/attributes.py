"""A person's attributes: found by their numbers, replaced by newer ones, and those before kept as a history.

Joins the caller's unit of work. Whether newer attributes are the same person's is for the caller.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from connectors.contracts.identifiers import CitizenId, PassportNumber
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.errors import Conflict
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex, IndexDigest
from idp.keys.envelope import PersonalData
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers import life_store, rules, store
from idp.subscribers.model import AttributeSource, ChangeReason, Identity, PastIdentity, SubscriberProblem

_HISTORY = "attribute_change"
_BEFORE = "sealed_before"

ATTRIBUTES_CHANGED: Final = "attributes_changed"
"""Topic of the outbox; the payload has `subscriber_id` and `change`, the id of the change."""


class Attributes:
    """Keeps what the evidence said of people, and said before."""

    def __init__(
        self, *, personal: PersonalData, blind_index: BlindIndex, audit: AuditLog, randomness: Randomness
    ) -> None:
        self._personal = personal
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def replace(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        before: Identity,
        identity: Identity,
        *,
        source: AttributeSource,
        why: ChangeReason,
        by: Actor,
    ) -> tuple[str, ...]:
        """Keep what was before, hold what is now, and tell; gives the names that changed."""
        changed = rules.changed_names(before, identity)
        if not changed:
            return ()
        change_id = new_id("chg", now=uow.now, randomness=self._randomness)
        await life_store.insert_change(
            uow,
            change_id=change_id,
            subscriber_id=subscriber_id,
            source=source,
            why=why,
            changed=changed,
            sealed_before=await self._personal.seal(
                uow, subscriber_id, table=_HISTORY, column=_BEFORE, row=change_id, value=store.identity_to_bytes(before)
            ),
        )
        sealed = await self._personal.seal(
            uow,
            subscriber_id,
            table="subscriber",
            column="sealed_identity",
            row=subscriber_id,
            value=store.identity_to_bytes(identity),
        )
        await store.save_identity(uow, subscriber_id=subscriber_id, sealed=sealed)
        await self.index(uow, subscriber_id, identity)
        details = {"changed": list(changed), "source": source.value, "why": why.value, "change": change_id}
        await self._audit.append(
            uow, AuditEvent("subscriber.attributes_changed", actor=by, subject=subscriber_id, details=details)
        )
        await enqueue(
            uow,
            topic=ATTRIBUTES_CHANGED,
            payload={"subscriber_id": subscriber_id, "change": change_id, "changed": " ".join(changed)},
            randomness=self._randomness,
        )
        return changed

    async def history(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, since: datetime
    ) -> tuple[PastIdentity, ...]:
        """What was held before, oldest first; the first of it `since` then. Raises SealBroken."""
        held_from, past = since, []
        for row in await life_store.changes_of(uow, subscriber_id):
            opened = await self._personal.open(
                uow, subscriber_id, table=_HISTORY, column=_BEFORE, row=row.id, sealed=bytes(row.sealed_before)
            )
            source, why = AttributeSource(row.source), ChangeReason(row.why)
            identity = store.identity_from_bytes(opened)
            past.append(PastIdentity(identity, held_from, row.at, tuple(row.changed), source, why))
            held_from = row.at
        return tuple(past)

    async def index(self, uow: UnitOfWork, subscriber_id: SubscriberId, identity: Identity) -> None:
        """Let the numbers find this subscriber. Raises Conflict (ALREADY_ENROLLED)."""
        for number in (identity.citizen_id, identity.passport):
            if number is not None and not await store.insert_index(uow, subscriber_id, *self.digests(number)):
                raise Conflict(SubscriberProblem.ALREADY_ENROLLED)

    def digests(self, number: CitizenId | PassportNumber) -> tuple[str, Sequence[IndexDigest]]:
        """Under which purpose and digests a number is searched."""
        if isinstance(number, CitizenId):
            return store.CITIZEN_ID, self._blind_index.digests(store.CITIZEN_ID, number.digits)
        return store.PASSPORT, self._blind_index.digests(store.PASSPORT, number.text)
