"""Building what a pull writes down and sends: the payload, the request's digest, audit events. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from connectors.contracts.registry import Provenance
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.issuing import acting_details
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, JuristicSubject
from idp.exchange.bases.model import SignedForm
from idp.exchange.counter.model import Opened
from idp.exchange.decision.model import Reason
from idp.exchange.mapping.model import Fetched, machine_dates
from idp.exchange.model import ExchangeProblem, Pull, Released
from idp.exchange.pull.counting import TokenScope
from idp.exchange.pull.model import FAILURES, Chain, Disclosure, Outcome
from idp.kernel.ids import AuditEntryId, DisclosureId, DocumentId

PROBLEMS: Final[Mapping[Reason, ExchangeProblem]] = MappingProxyType(
    {
        Reason.NOT_IN_TOKEN: ExchangeProblem.NOT_IN_TOKEN,
        Reason.BEYOND_RIGHT: ExchangeProblem.BEYOND_RIGHT,
        Reason.CHANNEL: ExchangeProblem.BEYOND_RIGHT,
        Reason.FORMAT: ExchangeProblem.NOT_IN_TOKEN,
        Reason.NO_FIELD: ExchangeProblem.BEYOND_RIGHT,
        Reason.AGREEMENT_ENDED: ExchangeProblem.BEYOND_RIGHT,
        Reason.CLIENT_ENDED: ExchangeProblem.BEYOND_RIGHT,
        Reason.BASIS_NOT_PROVEN: ExchangeProblem.BASIS_NOT_PROVEN,
        # one code for every end of the basis: an agency does not learn from it what became of the person
        Reason.GRANT_ENDED: ExchangeProblem.BASIS_ENDED,
        Reason.SUBSCRIBER_ENDED: ExchangeProblem.BASIS_ENDED,
        Reason.MANDATE_ENDED: ExchangeProblem.BASIS_ENDED,
        Reason.COMPANY_NOT_OPERATING: ExchangeProblem.BASIS_ENDED,
        Reason.NOT_A_SIGNATORY: ExchangeProblem.BASIS_ENDED,
        Reason.CONSENT_ENDED: ExchangeProblem.BASIS_ENDED,
        Reason.NO_CONSENT: ExchangeProblem.BASIS_ENDED,
        Reason.USES_UP: ExchangeProblem.BASIS_ENDED,
        Reason.ASSURANCE: ExchangeProblem.ASSURANCE_TOO_LOW,
        Reason.CASE_MISSING: ExchangeProblem.CASE_MISSING,
        Reason.CHANGED_MEANWHILE: ExchangeProblem.CHANGED_MEANWHILE,
        Reason.MALFORMED: ExchangeProblem.MALFORMED,
        Reason.KEY_MISSING: ExchangeProblem.KEY_MISSING,
        Reason.NO_RECIPIENT_KEY: ExchangeProblem.NO_RECIPIENT_KEY,
        Reason.KEY_REUSED: ExchangeProblem.KEY_REUSED,
        Reason.ANSWER_NOT_KEPT: ExchangeProblem.ANSWER_NOT_KEPT,
        Reason.COUNTER_UNKNOWN: ExchangeProblem.COUNTER_UNKNOWN,
        Reason.COUNTER_OVER: ExchangeProblem.COUNTER_OVER,
        Reason.CARD_NOT_READ: ExchangeProblem.CARD_NOT_READ,
        Reason.CARD_REMOVED: ExchangeProblem.CARD_REMOVED,
        Reason.STATION_AWAY: ExchangeProblem.STATION_AWAY,
        Reason.OFFICER_NOT_SIGNED_IN: ExchangeProblem.OFFICER_NOT_SIGNED_IN,
        Reason.CARD_NOT_VALID: ExchangeProblem.CARD_NOT_VALID,
        Reason.OFFICER_NOT_ENTITLED: ExchangeProblem.OFFICER_NOT_ENTITLED,
        Reason.NO_SUPERVISOR: ExchangeProblem.NO_SUPERVISOR,
        Reason.REVIEWS_OVERDUE: ExchangeProblem.REVIEWS_OVERDUE,
        Reason.OUT_OF_HOURS: ExchangeProblem.OUT_OF_HOURS,
        Reason.CANCELLED: ExchangeProblem.PULL_OVER,
        Reason.TOO_LATE: ExchangeProblem.PULL_OVER,
        Reason.QUOTA: ExchangeProblem.QUOTA_REACHED,
        Reason.REGISTRY_UNAVAILABLE: ExchangeProblem.REGISTRY_UNAVAILABLE,
        Reason.REGISTRY_BUSY: ExchangeProblem.REGISTRY_BUSY,
        Reason.REGISTRY_QUOTA: ExchangeProblem.REGISTRY_QUOTA,
        Reason.REGISTRY_UNREADABLE: ExchangeProblem.REGISTRY_UNREADABLE,
        Reason.REGISTRY_UNEXPLAINED: ExchangeProblem.REGISTRY_UNEXPLAINED,
        Reason.REGISTRY_SESSION_OVER: ExchangeProblem.REGISTRY_SESSION_OVER,
        Reason.REGISTRY_ACCOUNT: ExchangeProblem.REGISTRY_ACCOUNT,
        Reason.REGISTRY_QUESTION: ExchangeProblem.REGISTRY_QUESTION,
        Reason.REGISTRY_MISMATCH: ExchangeProblem.REGISTRY_MISMATCH,
        Reason.REGISTRY_TOO_LARGE: ExchangeProblem.REGISTRY_TOO_LARGE,
        Reason.NO_VALUE: ExchangeProblem.NO_VALUE,
        Reason.REGISTRY_CLOSED: ExchangeProblem.REGISTRY_CLOSED,
        Reason.REGISTRY_REFUSED: ExchangeProblem.REGISTRY_REFUSED,
        Reason.NO_RECORD: ExchangeProblem.NO_RECORD,
        Reason.WRONG_PERSON: ExchangeProblem.WRONG_PERSON,
        Reason.DOCUMENT_NOT_MADE: ExchangeProblem.DOCUMENT_NOT_MADE,
    }
)
"""What a client is told for each reason; a test checks that no reason is missing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A pull with the detail of its token, and the case number that holds for it; `opened` is what an officer opened,
    where the detail names that.
    """

    pull: Pull
    detail: GdxDetail
    case: str | None
    opened: Opened | None = None

    @property
    def own(self) -> Opened | None:
        """What an officer opened for the client that asks; another client's is as if it had never been."""
        token, opened = self.pull.access_token, self.opened
        if opened is None or opened.opened_for.holder != (token.agency_id, token.client_id):
            return None
        return opened

    @property
    def subject_name(self) -> str:
        """Whom the answer is about, by the name under which the client asked."""
        opened = self.own
        return self.juristic_id or (self.pull.access_token.sub if opened is None else opened.anchor)

    @property
    def juristic_id(self) -> str | None:
        """The company asked about, None for a person."""
        subject = self.detail.subject
        return subject.juristic_id if isinstance(subject, JuristicSubject) else None

    @property
    def token_scope(self) -> TokenScope:
        """What the `uses` of a detail count where no consent does: one visit, or one token about a company."""
        holder = self.pull.access_token.token_id if self.own is None else self.own.anchor
        return TokenScope(holder, self.detail.dataset, self.juristic_id)

    @property
    def idempotency_digest(self) -> bytes:
        """What is stored of the key: a digest, so that nothing a client puts into it is kept."""
        return hashlib.sha256(self.pull.idempotency_key.encode()).digest()

    @property
    def request_digest(self) -> bytes:
        """Two requests with one key are the same request exactly when this is equal."""
        pull = self.pull
        said = {
            "detail": self.detail.to_json(),
            "subject": pull.access_token.sub,
            "format": pull.format.value,
            "delivery": pull.delivery.value,
            "case": self.case,
            **({} if pull.since is None else {"since": pull.since}),
            **({} if pull.form is None else {"form": _said_of(pull.form)}),
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _said_of(form: SignedForm) -> list[str]:
    return [form.reference, form.signed_on.isoformat(), form.kept_where]


def payload_of(
    asked: Asked,
    fetched: Fetched,
    fields: tuple[str, ...],
    *,
    disclosure_id: DisclosureId,
    document_id: DocumentId | None,
    now: datetime,
) -> dict[str, Any]:
    """The JSON that leaves: granted fields only, with labels, source and the basis on which they left."""
    dataset = DATASETS[asked.detail.dataset]
    token = asked.pull.access_token
    labels = {field.name: field.labels() for field in dataset.fields}
    payload: dict[str, Any] = {
        "dataset": dataset.id,
        "subject": asked.subject_name,
        "purpose": asked.detail.purpose,
        "basis": asked.detail.basis.value,
        "case": asked.case,
        "fields": {name: fetched.fields[name] for name in fields},
        "labels": {name: labels[name] for name in fields},
        "order": list(fields),
        "dates": machine_dates(fetched.dates, fields),
        "source": {
            "owner_th": dataset.owner_th,
            "owner_en": dataset.owner_en,
            "service": fetched.provenance.service,
            "retrieved_at": fetched.provenance.retrieved_at.isoformat(timespec="seconds"),
            "fields": {name: _told_by(fetched.source_of(name)) for name in fields},
        },
        "disclosure_id": disclosure_id,
        "released_at": now.isoformat(timespec="seconds"),
        "agency_id": token.agency_id,
        **_acting_members(token),
    }
    if document_id is not None:
        payload["document_id"] = document_id
    return payload


def _told_by(source: Provenance) -> dict[str, str]:
    return {"service": source.service, "retrieved_at": source.retrieved_at.isoformat(timespec="seconds")}


def _acting_members(token: VerifiedAccessToken) -> dict[str, Any]:
    """That somebody acts for another stands in what leaves, and so in the document; persons not by name."""
    if token.acted_for is None:
        return {}
    organisation = token.acted_for.organisation
    if organisation is None:
        return {"acting": {"for": "person", "mandate": token.acted_for.mandate_id}}
    named = {"juristic_id": organisation.juristic_id, "name_th": organisation.name_th}
    return {"acting": {"for": "organisation", "mandate": token.acted_for.mandate_id, "organisation": named}}


def payload_bytes(payload: dict[str, Any]) -> bytes:
    """The payload as it is attached to a document and hashed for the log."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def answer_bytes(released: Released) -> bytes:
    """The answer as it is kept: the password of a document is not in it."""
    document = released.document
    issued = (
        {
            "id": document.id,
            "sha256": document.sha256,
            "size": document.size,
            "level": document.level,
            "delivery": document.delivery,
        }
        if document is not None
        else None
    )
    return payload_bytes({"payload": released.payload, "document": issued})


def key_owner(asked: Asked) -> str:
    """Under whose data key an answer is sealed: the person's, or the agency's for a company's data."""
    return asked.pull.access_token.subscriber_id or asked.pull.access_token.agency_id


def disclosure_of(
    asked: Asked,
    chain: Chain,
    *,
    disclosure_id: DisclosureId,
    fields: tuple[str, ...],
    reason: Reason | None,
    at: datetime,
    audit_entry_id: AuditEntryId,
) -> Disclosure:
    """The record of a pull: released without a reason, refused or failed with one."""
    return Disclosure(
        id=disclosure_id,
        chain=chain,
        agency_id=asked.pull.access_token.agency_id,
        service_id=asked.detail.purpose,
        dataset=asked.detail.dataset,
        juristic_id=asked.juristic_id,
        fields=fields,
        basis=asked.detail.basis,
        case=asked.case,
        outcome=_outcome(reason),
        reason=reason,
        at=at,
        audit_entry_id=audit_entry_id,
        access_token_id=asked.pull.access_token.token_id,
    )


def burst_of(record: Disclosure) -> bytes:
    """Like events of one client within one minute have the same: they are one line of what the owner reads."""
    alike = (
        record.chain.client_id,
        record.chain.owner_id or "",
        record.chain.counter_id or "",
        record.juristic_id or "",
        "" if record.chain.acted_for is None else record.chain.acted_for.actor,
        record.service_id,
        record.dataset,
        record.outcome.value,
        record.reason.value if record.reason is not None else "",
        f"{record.at:%Y%m%d%H%M}",
    )
    return hashlib.sha256("\x1f".join(alike).encode()).digest()


def audit_event(event: str, asked: Asked, chain: Chain, *, refused: Reason | None, **details: Any) -> AuditEvent:
    """An entry about a pull: who, about whom, under which right and basis; names of fields, never values.

    Nor the case: what an agency writes there is sealed in the disclosure record.
    """
    token = asked.pull.access_token
    about = {
        "dataset": asked.detail.dataset,
        "service": asked.detail.purpose,
        "basis": asked.detail.basis.value,
        "agreement": chain.agreement_id,
        "agreement_version": chain.agreement_version,
        "consent": chain.consent_id,
        "grant": chain.grant_id,
        "access_token": token.token_id,
        "juristic_id": asked.juristic_id,
        "counter": chain.counter_id,
        "officer": chain.officer,
        **acting_details(chain.acted_for),
        "reason": refused.value if refused is not None else None,
    }
    return AuditEvent(
        event=event,
        actor=Actor(ActorKind.CLIENT, token.acting_client_id),
        subject=chain.owner_id,
        agency_id=token.agency_id,
        client_id=token.client_id,
        outcome="ok" if refused is None else "refused",
        details={name: value for name, value in (about | details).items() if value is not None},
    )


def _outcome(reason: Reason | None) -> Outcome:
    if reason is None:
        return Outcome.RELEASED
    return Outcome.FAILED if reason in FAILURES else Outcome.REFUSED
