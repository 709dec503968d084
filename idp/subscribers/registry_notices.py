"""The register's word that an identity may not be used any more: death, a cancelled number.

A notice stops an identity and destroys nothing: registers err, and two persons end it (`two_persons`). Each notice
counts once, by its own number.
"""

from enum import StrEnum

from connectors.contracts.registry_notices import RegistryNotice
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.storage.storage import Storage
from idp.subscribers import life_store
from idp.subscribers.service import Subscribers


class NoticeOutcome(StrEnum):
    """What a notice did."""

    SUSPENDED = "suspended"
    STOPPED_BEFORE = "stopped_before"
    NOT_A_SUBSCRIBER = "not_a_subscriber"


class NoticeIntake:
    """Takes notices, in one unit of work each."""

    def __init__(self, *, storage: Storage, subscribers: Subscribers, audit: AuditLog) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._audit = audit

    async def take(self, notice: RegistryNotice) -> NoticeOutcome | None:
        """What it did; None when it was taken before."""
        kind = notice.event.value
        async with self._storage.unit_of_work() as uow:
            if not await life_store.insert_notice(uow, number=notice.number, kind=kind):
                return None
            found = await self._subscribers.find_by_citizen_id(uow, notice.citizen_id)
            outcome = NoticeOutcome.NOT_A_SUBSCRIBER
            if found is not None:
                reason = f"{kind}, registry notice {notice.number}"
                stopped = await self._subscribers.suspend_by_registry(uow, found.id, reason=reason)
                outcome = NoticeOutcome.SUSPENDED if stopped else NoticeOutcome.STOPPED_BEFORE
            details = {"notice": notice.number, "kind": kind, "result": outcome.value}
            subject = None if found is None else found.id
            event = AuditEvent(event="subscriber.registry_notice", actor=SYSTEM, subject=subject, details=details)
            await self._audit.append(uow, event)
        return outcome
