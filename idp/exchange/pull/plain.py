"""Plain pulls, which most are: decided by one read, put on record by one statement, released by one statement.

The decision is `decide_release`, of the same facts as everywhere. What is not plain, and whatever does not end in a
release here, goes the way of the other pulls, which decides again and says why: nothing is refused on this one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry_desk import Asker
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreement_store import agreement_of
from idp.agencies.store import service_of
from idp.audit.hot_store import entry_values
from idp.audit.log import AuditLog
from idp.catalogue.gdx import JuristicSubject, SelfSubject, join_details
from idp.consent.model import ConsentRecord
from idp.consent.store import claims_of
from idp.exchange.changes import KEPT_FOR as DIGESTS_KEPT_FOR
from idp.exchange.changes import Changes, Digests
from idp.exchange.decision.model import Link, Release, ReleaseFacts
from idp.exchange.decision.rules import channel_of, decide_release
from idp.exchange.mapping.model import RegistrySubject
from idp.exchange.model import Released
from idp.exchange.papers import month_of, papers_for
from idp.exchange.pull import hot_store
from idp.exchange.pull.cases import case_sealed_with
from idp.exchange.pull.counting import KEPT_FOR, day_of, token_counter
from idp.exchange.pull.model import Chain
from idp.exchange.pull.records import Asked, answer_bytes, audit_event, disclosure_of, key_owner
from idp.exchange.pull.store import ANSWER_KEPT_FOR, columns_of
from idp.kernel.ids import AgencyId, DisclosureId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData, WrappedKey
from idp.keys.sealing import SealBroken
from idp.storage.model import Contradicted
from idp.storage.storage import Storage
from idp.subscribers.hot_store import SealedPerson
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True, repr=False)
class PlainDecision:
    """A decision to release, on record, with what its execution needs. `key` is that of whose data it is."""

    judged: ReleaseFacts
    chain: Chain
    fields: tuple[str, ...]
    disclosure_id: DisclosureId
    subject: RegistrySubject | None
    asker: Asker
    key: WrappedKey


def is_plain(asked: Asked) -> bool:
    """A program asks online, for a JSON of what one person consented to or of one company by duty, and nobody acts for
    anybody.
    """
    pull, token = asked.pull, asked.pull.access_token
    if (
        pull.format.needs_document
        or pull.form is not None
        or pull.waiting_id is not None
        or token.acted_for is not None
    ):
        return False
    of_person = (token.subscriber_id, token.grant_id, token.consent_id)
    match asked.detail.subject:
        case SelfSubject():
            return None not in of_person
        case JuristicSubject():
            return of_person == (None, None, None)
        case _:
            return False


class PlainPulls:
    """Decides and discloses plain pulls."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        accounts: CompanyAccounts,
        personal: PersonalData,
        changes: Changes,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._accounts = accounts
        self._personal = personal
        self._changes = changes
        self._audit = audit
        self._randomness = randomness

    async def decide(self, asked: Asked) -> PlainDecision | None:
        """A decision to release, committed to the log; None when it is anything else, or no plain matter."""
        now = self._storage.clock.now()
        # 1. everything that is judged, in one read; a key that was used before is answered elsewhere
        row = await self.read(asked, now=now)
        if row is None or row.agreement_id is None or row.disclosed_before is not None or row.wrapped is None:
            return None
        judged = facts_of(asked, row)
        decision = None if judged is None else decide_release(judged, now=now)
        if judged is None or not isinstance(decision, Release):
            return None
        # 2. what is asked of whom; a person whose key was destroyed is no plain matter
        try:
            key, subject, asker = self._opened(asked, row)
        except SealBroken:
            return None
        # 3. the decision is on record before the registry is asked, if all it rests on still holds
        chain = _chain(asked, judged)
        event = audit_event("exchange.decided", asked, chain, refused=None, fields=list(decision.fields))
        if not await self._storage.hot.write(
            hot_store.DECIDED,
            **_chain_values(asked, now),
            agreement_id=chain.agreement_id,
            agreement_version=chain.agreement_version,
            **entry_values(self._audit.entry(event, now=now)),
        ):
            return None
        disclosure_id = DisclosureId(new_id("dis", now=now, randomness=self._randomness))
        return PlainDecision(judged, chain, decision.fields, disclosure_id, subject, asker, key)

    async def disclose(
        self, asked: Asked, decision: PlainDecision, payload: dict[str, Any], digests: Digests
    ) -> Released | None:
        """Every live predicate again, in the statement that counts the release and writes it down with its entry.

        None when nothing was written: a link broke, a limit was reached, the key was used.
        """
        now = self._storage.clock.now()
        released = Released(decision.disclosure_id, payload, None)
        values = {**self._record_values(asked, decision, released, now), **_counting_values(asked, decision, now)}
        try:
            if asked.juristic_id is None:
                values |= {"digests": self._changes.kept(asked, digests), "digests_until": now + DIGESTS_KEPT_FOR}
                passed = await self._storage.hot.write(hot_store.DISCLOSE_PERSON, **values) == 2
            else:
                values |= {"token_counter": token_counter(asked.token_scope), "uses": asked.detail.uses}
                passed = await self._storage.hot.write(hot_store.DISCLOSE_COMPANY, **values) == 1
        except Contradicted:
            return None
        return released if passed else None

    async def read(self, asked: Asked, *, now: datetime) -> Any | None:
        """The row of everything that decides, for `facts_of`."""
        return await self._storage.hot.first(
            hot_store.FACTS,
            **_chain_values(asked, now),
            channel=channel_of(asked.detail.subject).value,
            idempotency_digest=asked.idempotency_digest,
            day=day_of(now),
            token_counter=token_counter(asked.token_scope),
            key_owner=key_owner(asked),
        )

    def _opened(self, asked: Asked, row: Any) -> tuple[WrappedKey, RegistrySubject | None, Asker]:
        key = WrappedKey(key_owner(asked), row.root_version, row.wrapped)
        if asked.juristic_id is not None:
            return key, JuristicId.parse(asked.juristic_id), self._asker(row, key)
        person = SealedPerson(SubscriberId(key.owner), key, row.sealed_identity, None)
        number = self._subscribers.opened(person)[0].citizen_id
        return key, None if number is None else CitizenId.parse(number), Asker()

    def _asker(self, row: Any, key: WrappedKey) -> Asker:
        """About a company with the account that its registry issued to the agency, where it keeps one."""
        if row.sealed_account is None:
            return Asker()
        return Asker(company_account=self._accounts.opened(AgencyId(key.owner), row.sealed_account, key))

    def _record_values(
        self, asked: Asked, decision: PlainDecision, released: Released, now: datetime
    ) -> dict[str, Any]:
        event = audit_event(
            "exchange.released", asked, decision.chain, refused=None,
            disclosure=decision.disclosure_id, fields=list(decision.fields),
        )  # fmt: skip
        entry = self._audit.entry(event, now=now)
        record = disclosure_of(
            asked, decision.chain, disclosure_id=decision.disclosure_id, fields=decision.fields,
            reason=None, at=now, audit_entry_id=entry.id,
        )  # fmt: skip
        sealed_answer = self._personal.seal_with(
            decision.key, table="disclosure", column="sealed_answer", row=record.id, value=answer_bytes(released)
        )
        return {
            **columns_of(record, case_sealed_with(self._personal, decision.key, record)),
            "idempotency_digest": asked.idempotency_digest,
            "request_digest": asked.request_digest,
            "sealed_answer": sealed_answer,
            "answer_until": now + ANSWER_KEPT_FOR,
            **entry_values(entry),
        }


def facts_of(asked: Asked, row: Any) -> ReleaseFacts | None:
    """The facts that `FactsReader` would gather; None where a part of the consent is sealed."""
    token = asked.pull.access_token
    if row.consent_id is not None and row.consent_sealed_about is not None:
        return None
    service = None if row.service_id is None else service_of(hot_store.SERVICE.of(row))
    return ReleaseFacts(
        request=asked.detail,
        agency_id=token.agency_id,
        client_id=token.client_id,
        subscriber_id=token.subscriber_id,
        wants_document=asked.pull.format.needs_document,
        case=asked.case,
        acr=token.acr,
        service=service,
        agreement=agreement_of(hot_store.AGREEMENT.of(row)),
        consent=None if row.consent_id is None else _consent(asked, row),
        broken=_broken(asked, row),
        released_today=row.released_today or 0,
        released_before=row.released_before or 0,
    )


def _consent(asked: Asked, row: Any) -> ConsentRecord:
    """The consent, with the uses left of the data set that is asked for."""
    given = hot_store.CONSENT.of(row)
    uses = {} if row.uses_left is None else {asked.detail.dataset: row.uses_left}
    return replace(claims_of(given), details=join_details(given.details, None), uses_left=uses)


def _broken(asked: Asked, row: Any) -> frozenset[Link]:
    """The links of this token's chain that do not hold; of the right it is said by finding it."""
    token = asked.pull.access_token
    named = {
        Link.CLIENT: token.client_id,
        Link.SUBSCRIBER: token.subscriber_id,
        Link.GRANT: token.grant_id,
        Link.CONSENT: token.consent_id,
    }
    return frozenset(
        link for link, row_id in named.items() if row_id is not None and not getattr(row, hot_store.STANDS[link])
    )


def _chain(asked: Asked, judged: ReleaseFacts) -> Chain:
    token, agreement = asked.pull.access_token, judged.agreement
    return Chain(
        client_id=token.client_id,
        grant_id=token.grant_id,
        subscriber_id=token.subscriber_id,
        consent_id=token.consent_id,
        agreement_id=None if agreement is None else agreement.id,
        agreement_version=None if agreement is None else agreement.version,
    )


def _chain_values(asked: Asked, now: datetime) -> dict[str, Any]:
    token = asked.pull.access_token
    return {
        "client_id": token.client_id,
        "agency_id": token.agency_id,
        "service_id": asked.detail.purpose,
        "dataset": asked.detail.dataset,
        "subscriber_id": token.subscriber_id,
        "grant_id": token.grant_id,
        "consent_id": token.consent_id,
        "now": now,
    }


def _counting_values(asked: Asked, decision: PlainDecision, now: datetime) -> dict[str, Any]:
    """The limits are those that were judged: the statement holds the agreement to that version."""
    agreement, service = decision.judged.agreement, decision.judged.service
    return {
        "now": now,
        "day": day_of(now),
        "counted_until": now + KEPT_FOR,
        "daily_quota": 0 if agreement is None else agreement.daily_quota,
        "month": month_of(now),
        "papers": 0 if service is None else papers_for(service, asked.detail.dataset),
    }
