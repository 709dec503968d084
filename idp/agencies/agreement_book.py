"""How an agreement is written down, whoever decided it: its terms, the entry of the log, and the word to its agency.

One way for all: a right that begins, changes or stops without its agency's programs hearing of it cannot be written.
"""

from dataclasses import replace
from typing import Final

from idp.agencies import agreement_store
from idp.agencies.agreements.model import terms_to_json
from idp.agencies.model import AgencyProblem, Agreement
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.errors import Conflict
from idp.kernel.randomness import Randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

AGREEMENT_CHANGED: Final = "agreement_changed"
"""Topic of the outbox; the payload has `agreement_id`, `agency_id` and `status`."""


class AgreementBook:
    """Writes what was decided and judged before. Each method joins the caller's unit of work."""

    def __init__(self, *, audit: AuditLog, randomness: Randomness) -> None:
        self._audit = audit
        self._randomness = randomness

    async def begin(self, uow: UnitOfWork, agreement: Agreement, *, by: Actor) -> None:
        """Put a new one in force."""
        await agreement_store.insert_agreement(uow, agreement)
        await self._tell(uow, "agency.agreement_granted", agreement, by)

    async def change(
        self, uow: UnitOfWork, agreement: Agreement, *, of: Agreement, by: Actor, reason: str = ""
    ) -> Agreement:
        """Replace the terms of one, and give them with their version; the log keeps the reason where there is one.

        Raises Conflict (CHANGED_MEANWHILE).
        """
        following = replace(agreement, version=of.version + 1)
        if not await agreement_store.replace_terms(uow, following, of=of.version):
            raise Conflict(AgencyProblem.CHANGED_MEANWHILE)
        await self._tell(uow, "agency.agreement_changed", following, by, reason)
        return following

    async def _tell(self, uow: UnitOfWork, event: str, agreement: Agreement, by: Actor, reason: str = "") -> None:
        details = terms_to_json(agreement) | {"agreement": agreement.id} | ({"reason": reason} if reason else {})
        await self._audit.append(uow, AuditEvent(event=event, actor=by, agency_id=agreement.agency_id, details=details))
        payload = {
            "agreement_id": agreement.id,
            "agency_id": agreement.agency_id,
            "status": agreement.status.value,
        }
        await enqueue(uow, topic=AGREEMENT_CHANGED, payload=payload, randomness=self._randomness)
