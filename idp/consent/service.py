"""Use cases of the consent room: give, find, use, withdraw. Every change is audited in the caller's unit of work."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Basis
from idp.consent import rules, store
from idp.consent.model import SIGN_IN_CONSENT_DAYS, ConsentProblem, ConsentRecord, OnBehalf
from idp.consent.sealed import ConsentSeals
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId, ConsentId, ServiceId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork

CONSENT_GIVEN: Final = "consent_given"
CONSENT_WITHDRAWN: Final = "consent_withdrawn"


class Consents:
    """Consent records. Every method joins the caller's unit of work."""

    def __init__(self, *, seals: ConsentSeals, audit: AuditLog, randomness: Randomness) -> None:
        self._seals = seals
        self._audit = audit
        self._randomness = randomness

    async def give(
        self,
        uow: UnitOfWork,
        *,
        subscriber_id: SubscriberId,
        agency_id: AgencyId,
        client_id: ClientId,
        shown_hash: str,
        details: Sequence[GdxDetail] = (),
        claims: Sequence[str] = (),
        consent_days: int = SIGN_IN_CONSENT_DAYS,
        service_id: ServiceId | None = None,
        on_behalf: OnBehalf | None = None,
    ) -> ConsentRecord:
        """Record what the subscriber allowed, for at most `consent_days` (of the service, where there is one).

        `service_id` is who asked also where nothing of its details was agreed to, but claims: else their purpose is.

        `shown_hash` is the lower-case hex SHA-256 of what the page showed, kept before by `keep_shown`.
        With `on_behalf` somebody decided for the subscriber, or the subscriber for a juristic person.

        All details have the basis consent and one purpose; `claims` are names as `idp.protocol.scopes.consent_names`
        spells them. Raises Refused(NOTHING_TO_CONSENT_TO) otherwise, or for neither.
        """
        services = {detail.purpose for detail in details}
        if len(services) > 1 or any(detail.basis is not Basis.CONSENT for detail in details):
            raise Refused(ConsentProblem.NOTHING_TO_CONSENT_TO, "details without one purpose by consent")
        if not details and not claims:
            raise Refused(ConsentProblem.NOTHING_TO_CONSENT_TO, "neither details nor claims")
        record = ConsentRecord(
            id=ConsentId(new_id("con", now=uow.now, randomness=self._randomness)),
            subscriber_id=subscriber_id,
            agency_id=agency_id,
            service_id=services.pop() if services else service_id,
            client_id=client_id,
            details=tuple(details),
            shown_hash=shown_hash,
            given_at=uow.now,
            valid_until=rules.ends_at(details, now=uow.now, longest=timedelta(days=consent_days)),
            withdrawn_at=None,
            uses_left={detail.dataset: detail.uses for detail in details},
            claims=tuple(claims),
            on_behalf=on_behalf,
        )
        await store.insert_consent(uow, self._seals, record)
        decided_by = record.subscriber_id if on_behalf is None else on_behalf.decided_by
        await self._record(uow, "consent.given", record, by=Actor(ActorKind.SUBSCRIBER, decided_by))
        await enqueue(uow, topic=CONSENT_GIVEN, payload={"consent_id": record.id, "client_id": record.client_id})
        return record

    async def keep_shown(self, uow: UnitOfWork, text: str) -> str:
        """Keep what a consent page says, and give its hash.

        It is tied to nobody and never deleted, so that it may hold nothing of a person: the page leaves out values,
        names, whom and which case the request is about. Those are in the record of the consent.
        """
        shown_hash = hashlib.sha256(text.encode()).hexdigest()
        await store.keep_shown(uow, shown_hash=shown_hash, text=text)
        return shown_hash

    async def shown(self, uow: UnitOfWork, record: ConsentRecord) -> str | None:
        """What the page said on which this was decided; None where there was no page, or it is not what was hashed."""
        text = await store.find_shown(uow, record.shown_hash)
        if text is None or hashlib.sha256(text.encode()).hexdigest() != record.shown_hash:
            return None
        return text

    async def get(self, uow: UnitOfWork, consent_id: ConsentId) -> ConsentRecord | None:
        """The consent, in force or not."""
        return await store.find_consent(uow, self._seals, consent_id)

    async def own(self, uow: UnitOfWork, consent_id: ConsentId, *, subscriber_id: SubscriberId) -> ConsentRecord:
        """The subscriber's own consent. Raises NotFound, with the same answer for somebody else's as for none."""
        record = await store.find_consent(uow, self._seals, consent_id)
        if record is None or record.subscriber_id != subscriber_id:
            raise NotFound(ConsentProblem.UNKNOWN)
        return record

    async def list_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[ConsentRecord, ...]:
        """Everything the subscriber ever agreed to, newest first."""
        return await store.find_consents_of(uow, self._seals, subscriber_id)

    async def live_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[ConsentRecord, ...]:
        """What the subscriber agreed to that is in force, newest first."""
        return await store.find_live_consents(uow, self._seals, subscriber_id=subscriber_id, now=uow.now)

    async def ended_of(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, before: ConsentId | None, limit: int
    ) -> tuple[ConsentRecord, ...]:
        """What is in force no longer, newest first; `before` is the last one of the page before."""
        return await store.find_ended_consents(uow, self._seals, subscriber_id, before=before, limit=limit)

    async def count_in_force(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
        """How much the subscriber has agreed to that is in force."""
        return await store.count_live_consents(uow, subscriber_id)

    async def in_force(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, client_id: ClientId
    ) -> tuple[ConsentRecord, ...]:
        """What the subscriber has agreed to with this client at present, newest first."""
        return await store.find_live_consents(
            uow, self._seals, subscriber_id=subscriber_id, client_id=client_id, now=uow.now
        )

    async def covering(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        client_id: ClientId,
        details: Sequence[GdxDetail],
        claims: Sequence[str],
        *,
        optional: AbstractSet[str] = rules.NOTHING,
        on_behalf: OnBehalf | None = None,
    ) -> ConsentRecord | None:
        """The newest consent in force that alone covers all details and claims, so that nobody need be asked again.

        `optional` fields, as `dataset/field`, need not be in it.
        """
        live = await self.in_force(uow, subscriber_id, client_id)
        return rules.first_covering(live, details, claims, now=uow.now, optional=optional, on_behalf=on_behalf)

    async def last(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        client_id: ClientId,
        *,
        service_id: ServiceId | None,
        on_behalf: OnBehalf | None,
    ) -> ConsentRecord | None:
        """The newest consent to this client in this role for this service (None: a sign-in without one).

        It may have ended: it is what a new request is compared with.
        """
        return await store.find_last_consent(
            uow,
            self._seals,
            subscriber_id=subscriber_id,
            client_id=client_id,
            service_id=service_id,
            on_behalf=on_behalf,
        )

    async def use(self, uow: UnitOfWork, consent_id: ConsentId, dataset: str) -> bool:
        """Use the consent once for a data set, in the transaction that discloses; False when nothing may be
        disclosed.
        """
        return await store.take_use(uow, consent_id, dataset)

    async def withdraw(self, uow: UnitOfWork, consent_id: ConsentId, *, subscriber_id: SubscriberId) -> None:
        """Withdraw: nothing more is released under it from this instant.

        Earlier consents by which this client would be told one of the same claims end with it: nobody withdraws a
        thing and is signed in with it again unasked.

        Raises NotFound (not the subscriber's), Conflict (withdrawn before).
        """
        record = await self.own(uow, consent_id, subscriber_id=subscriber_id)
        if not await self._end(uow, record):
            raise Conflict(ConsentProblem.ALREADY_WITHDRAWN)
        for earlier in await self.in_force(uow, subscriber_id, record.client_id):
            if set(record.claims) & set(earlier.claims):
                await self._end(uow, earlier)

    async def end_of_mandate(self, uow: UnitOfWork, mandate_id: str) -> None:
        """A mandate ended: what was decided under it ends too."""
        for record in await store.find_consents_under(uow, self._seals, mandate_id):
            await self._end(uow, record, by=SYSTEM)

    async def end_of_person(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """An identity was closed: everything its owner agreed to ends."""
        for record in await self.list_of(uow, subscriber_id):
            await self._end(uow, record, by=SYSTEM)

    async def _end(self, uow: UnitOfWork, record: ConsentRecord, *, by: Actor | None = None) -> bool:
        if not await store.mark_withdrawn(uow, record.id, subscriber_id=record.subscriber_id):
            return False
        await self._record(uow, "consent.withdrawn", record, by=by or _own(record))
        await enqueue(uow, topic=CONSENT_WITHDRAWN, payload={"consent_id": record.id, "client_id": record.client_id})
        return True

    async def _record(self, uow: UnitOfWork, event: str, record: ConsentRecord, *, by: Actor) -> None:
        entry = AuditEvent(
            event=event,
            actor=by,
            subject=record.subscriber_id,
            agency_id=record.agency_id,
            client_id=record.client_id,
            outcome="ok",
            details={
                "consent": record.id,
                "service": record.service_id,
                "datasets": [detail.dataset for detail in record.details],
                "fields": [f"{detail.dataset}/{name}" for detail in record.details for name in detail.fields],
                "claims": list(record.claims),
                "shown_hash": record.shown_hash,
                **_on_behalf(record.on_behalf),
            },
        )
        await self._audit.append(uow, entry)


def _own(record: ConsentRecord) -> Actor:
    return Actor(ActorKind.SUBSCRIBER, record.subscriber_id)


def _on_behalf(on_behalf: OnBehalf | None) -> dict[str, str]:
    if on_behalf is None:
        return {}
    said = {"mandate": on_behalf.mandate_id, "juristic_id": on_behalf.juristic_id}
    return {name: value for name, value in said.items() if value is not None}
