"""What an owner sees of their own data before consenting: fetched for them, shown once, kept nowhere."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from connectors.contracts.errors import RegistryError, WrongPerson
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.catalogue.model import Basis, Channel
from idp.exchange.mapping.people import OF_THE_RECORD, map_person
from idp.exchange.sources import Registries
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, ServiceId, SubscriberId
from idp.kernel.randomness import Randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

PREVIEW_DEADLINE_SECONDS: Final = 2.0
MINIMUM: Final = Acr(Ial.IAL2_1, Aal.AAL2_1)
"""Below this only labels are shown (design, section 2)."""

Preview = dict[str, dict[str, Any] | None]
"""Data set to field values, dates as PartialDate; None where only labels can be shown."""


class Previews:
    """Releases to the owner under the issuer's own agreement (`issuer_id`, `service_id`), basis `owner`."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        subscribers: Subscribers,
        registries: Registries,
        audit: AuditLog,
        randomness: Randomness,
        issuer_id: AgencyId,
        service_id: ServiceId,
        deadline_seconds: float = PREVIEW_DEADLINE_SECONDS,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._subscribers = subscribers
        self._registries = registries
        self._audit = audit
        self._randomness = randomness
        self._issuer_id = issuer_id
        self._service_id = service_id
        self._deadline = deadline_seconds

    async def preview(self, subscriber_id: SubscriberId, details: Sequence[GdxDetail], *, acr: Acr) -> Preview:
        """The owner's own values for the fields asked for; None for a data set of which only labels can be shown.

        Never raises for a registry that does not answer: consent does not depend on it.
        """
        nothing: Preview = {detail.dataset: None for detail in details}
        wanted = [detail for detail in details if isinstance(detail.subject, SelfSubject)]
        if not acr.meets(MINIMUM) or not wanted:
            return nothing
        # 1. the issuer's right, the owner's number, and the audit entry, committed before the registry is asked
        async with self._storage.unit_of_work() as uow:
            subscriber = await self._subscribers.get(uow, subscriber_id)
            allowed = {detail.dataset: await self._allowed(uow, detail) for detail in wanted}
            fields = [f"{dataset}/{name}" for dataset, names in allowed.items() for name in names]
            if not subscriber.is_live or not fields:
                return nothing
            citizen_id = (await self._subscribers.identity(uow, subscriber_id)).citizen_id
            if citizen_id is None:
                return nothing
            await self._audit.append(uow, self._event("exchange.previewed", subscriber_id, fields=fields))
        # 2. one question to the registry for all data sets
        try:
            answer = await self._registries.person(citizen_id, deadline_seconds=self._deadline)
        except WrongPerson:
            await self._alarm(subscriber_id)
            return nothing
        except RegistryError:
            return nothing
        # 3. the allowed fields, for this page only
        return nothing | {
            dataset: {name: fetched.dates.get(name) or fetched.fields[name] for name in names}
            for dataset, names in allowed.items()
            if names
            for fetched in (map_person(dataset, answer),)
        }

    async def _allowed(self, uow: UnitOfWork, detail: GdxDetail) -> tuple[str, ...]:
        """The fields of a detail that the issuer's own agreement lets it show to their owner."""
        agreement = await self._agencies.agreement_for(
            uow, self._issuer_id, self._service_id, detail.dataset, uow.now, channel=Channel.ONLINE
        )
        if agreement is None or Basis.OWNER not in agreement.bases or detail.dataset not in OF_THE_RECORD:
            return ()
        return tuple(name for name in detail.fields if name in agreement.fields)

    async def _alarm(self, subscriber_id: SubscriberId) -> None:
        async with self._storage.unit_of_work() as uow:
            entry_id = await self._audit.append(
                uow, self._event("exchange.alarm", subscriber_id, outcome="refused", reason="wrong_person")
            )
            await enqueue(uow, topic="wrong_person", payload={"audit_entry_id": entry_id}, randomness=self._randomness)

    def _event(
        self, event: str, subscriber_id: SubscriberId, *, outcome: Literal["ok", "refused"] = "ok", **details: Any
    ) -> AuditEvent:
        return AuditEvent(
            event=event,
            actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
            outcome=outcome,
            subject=subscriber_id,
            agency_id=self._issuer_id,
            details={"basis": Basis.OWNER.value, "service": self._service_id} | details,
        )
