"""Changes of a person's ways to sign in: each is an entry, and the owner is told."""

from collections.abc import Mapping
from enum import StrEnum

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

AUTHENTICATOR_CHANGED = "authenticator_changed"
"""Topic of the outbox; the payload has `subscriber_id` and `change`, a value of `AuthenticatorChange`."""


class AuthenticatorChange(StrEnum):
    """What changed; the value is the event in the log."""

    PASSKEY_ADDED = "passkey.added"
    PASSKEY_RENAMED = "passkey.renamed"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_SUSPENDED = "passkey.suspended"
    PIN_CHOSEN = "pin.chosen"
    PIN_REMOVED = "pin.removed"
    RECOVERY_CODES_MADE = "recovery.codes_made"
    RECOVERY_CODE_USED = "recovery.code_used"
    DEVICE_NEW = "device.new"
    OTHER_DEVICE_SIGNED_IN = "sign_in.other_device"
    OTHER_DEVICE_REPORTED = "sign_in.other_device_reported"
    ALL_REVOKED = "authenticators.revoked"


class Changes:
    """Records a change in the unit of work that makes it."""

    def __init__(self, *, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._audit = audit
        self._randomness = randomness

    async def record(
        self,
        uow: UnitOfWork,
        change: AuthenticatorChange,
        subscriber_id: SubscriberId,
        *,
        by: Actor | None = None,
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        """An entry and a notice; without `by` the owner did it."""
        actor = by or Actor(ActorKind.SUBSCRIBER, subscriber_id)
        event = AuditEvent(change.value, actor=actor, subject=subscriber_id, details=dict(details or {}))
        await self._audit.append(uow, event)
        payload = {"subscriber_id": subscriber_id, "change": change.value}
        await enqueue(uow, topic=AUTHENTICATOR_CHANGED, payload=payload, randomness=self._randomness)
