"""The release decision. A field leaves only when right, request and basis all name it (design, sections 2, 3 and 5)."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies import rules as agency_rules
from idp.agencies.model import Service
from idp.catalogue.gdx import (
    CardSessionSubject,
    CitizenRefSubject,
    GdxDetail,
    JuristicSubject,
    MandateSubject,
    SelfSubject,
    Subject,
)
from idp.catalogue.model import Basis, Channel
from idp.consent.model import ConsentRecord
from idp.exchange.decision.model import (
    Link,
    NotReady,
    Reason,
    Refuse,
    Release,
    ReleaseDecision,
    ReleaseFacts,
    Wait,
)
from idp.representation.model import ActedFor, Organisation

_ENDED: Final[Mapping[Link, Reason]] = MappingProxyType(
    {
        Link.CLIENT: Reason.CLIENT_ENDED,
        Link.AGREEMENT: Reason.AGREEMENT_ENDED,
        Link.SUBSCRIBER: Reason.SUBSCRIBER_ENDED,
        Link.MANDATE: Reason.MANDATE_ENDED,
        Link.CONSENT: Reason.CONSENT_ENDED,
        Link.GRANT: Reason.GRANT_ENDED,
    }
)
"""Which end is named first when several links are broken: the cause before what follows from it."""


def channel_of(subject: Subject) -> Channel:
    """Whoever names a person by card or by number is at a counter; everybody else is online."""
    at_counter = isinstance(subject, CardSessionSubject | CitizenRefSubject)
    return Channel.COUNTER if at_counter else Channel.ONLINE


def decide_release(facts: ReleaseFacts, *, now: datetime) -> ReleaseDecision:
    """Judge one pull. Anything not expressly allowed is refused."""
    decision = decide_repeat(facts, now=now)
    return _within_limits(facts, now=now) or decision if isinstance(decision, Release) else decision


def decide_repeat(facts: ReleaseFacts, *, now: datetime) -> Release | Refuse:
    """Judge whether what was released before may be told again: the whole decision but uses, quota and hours.

    They limit disclosures, and a repeat is none.
    """
    # 1. every link that the release hangs on holds now
    ended = _ended(facts)
    if ended is not None:
        return Refuse(ended)
    # 2. what an officer opened is this request's, and can be used now
    unusable = _unusable_counter(facts)
    if unusable is not None:
        return Refuse(unusable)
    # 3. the agency's right is the ceiling
    agreement, service = facts.agreement, facts.service
    if agreement is None or service is None or service.agency_id != facts.agency_id:
        return Refuse(Reason.AGREEMENT_ENDED)
    if isinstance(_ceiling(facts, now=now), agency_rules.BeyondRight):
        return Refuse(Reason.BEYOND_RIGHT)
    # 4. the request itself
    if not _format_is_granted(facts.request, wants_document=facts.wants_document):
        return Refuse(Reason.FORMAT)
    # 5. the basis holds for this subject, and names the fields
    allowed = _fields_by_basis(facts, service=service, now=now)
    if isinstance(allowed, Reason):
        return Refuse(allowed)
    # 6. right, request and basis all name it
    fields = tuple(name for name in facts.request.fields if name in agreement.fields and name in allowed)
    if not fields:
        return Refuse(Reason.NO_FIELD)
    return Release(fields)


def _ended(facts: ReleaseFacts) -> Reason | None:
    first = next((reason for link, reason in _ENDED.items() if link in facts.broken), None)
    return first or facts.standing


def _unusable_counter(facts: ReleaseFacts) -> Reason | None:
    """Why the card session or handle cannot carry this request; None when it can, or none is named."""
    request, counter = facts.request, facts.counter
    if channel_of(request.subject) is Channel.ONLINE:
        return None
    # attack row 44: what is another's, or was opened for something else, is as if it had never been
    opened_for = (facts.agency_id, facts.client_id, request.purpose, facts.case)
    if counter is None or opened_for != (counter.agency_id, counter.client_id, counter.service_id, counter.case):
        return Reason.COUNTER_UNKNOWN
    if not counter.is_officers:
        return Reason.OFFICER_NOT_ENTITLED
    if isinstance(counter.state, NotReady):
        return counter.state.reason
    return Reason.COUNTER_OVER if Link.COUNTER in facts.broken else None


def _ceiling(
    facts: ReleaseFacts, *, now: datetime
) -> agency_rules.WithinRight | agency_rules.BeyondRight | agency_rules.OutOfHours:
    return agency_rules.ceiling(
        facts.agreement,
        facts.request,
        service=facts.service,
        channel=channel_of(facts.request.subject),
        officer_is_granted=facts.officer_is_granted,
        by_own_path=facts.by_own_path,
        now=now,
    )


def _format_is_granted(request: GdxDetail, *, wants_document: bool) -> bool:
    return ("pdf" if wants_document else "json") in request.formats


def _fields_by_basis(facts: ReleaseFacts, *, service: Service, now: datetime) -> frozenset[str] | Reason:
    """The fields that the basis names, or why it does not hold."""
    match facts.request.basis:
        case Basis.CONSENT:
            return _fields_by_consent(facts, service=service, now=now)
        case Basis.DUTY | Basis.SIGNED_FORM | Basis.CARD_HANDED_OVER:
            return _fields_without_consent(facts, now=now)
        case Basis.OWNER:
            return Reason.BASIS_NOT_PROVEN  # the owner's own page; never in an access token
        case never:
            assert_never(never)


def _fields_by_consent(facts: ReleaseFacts, *, service: Service, now: datetime) -> frozenset[str] | Reason:
    request, consent = facts.request, facts.consent
    if facts.subscriber_id is None or not _is_of_whom_consented(request.subject, facts.acted_for):
        return Reason.BASIS_NOT_PROVEN
    in_person = facts.acted_for is None
    if facts.acr is None or not agency_rules.lets_in(service, facts.acr, in_person=in_person):
        return Reason.ASSURANCE
    if consent is None or not _is_between(consent, facts) or not _is_decided_alike(consent, facts.acted_for):
        return Reason.NO_CONSENT
    if not consent.is_live(now):
        return Reason.CONSENT_ENDED
    agreed = consent.detail_of(request.dataset)
    if agreed is None or agreed.subject != request.subject or agreed.purpose != request.purpose:
        return Reason.NO_CONSENT
    return frozenset(agreed.fields)


def _is_of_whom_consented(subject: Subject, acted: ActedFor | None) -> bool:
    """A person consents for themselves, a proxy for the principal, and whoever acts for a company for that company.

    "A company's consent never opens a person's record", and a proxy's none of the proxy's own.
    """
    match subject:
        case SelfSubject():
            return acted is None
        case MandateSubject(mandate):
            return acted is not None and acted.organisation is None and acted.mandate_id == mandate
        case JuristicSubject(juristic_id):
            return acted is not None and acted.organisation is not None and _names(acted.organisation, juristic_id)
        case CardSessionSubject() | CitizenRefSubject():
            return False  # named by an officer, never by whoever consents
        case never:
            assert_never(never)


def _names(organisation: Organisation, juristic_id: str) -> bool:
    return organisation.juristic_id == juristic_id and _is_number(juristic_id)


def _is_decided_alike(consent: ConsentRecord, acted: ActedFor | None) -> bool:
    """The consent was decided in the role in which it is relied on."""
    if acted is None or consent.on_behalf is None:
        return acted is None and consent.on_behalf is None
    return (consent.on_behalf.mandate_id, consent.on_behalf.juristic_id) == (acted.mandate_id, acted.juristic_id)


def _is_between(consent: ConsentRecord, facts: ReleaseFacts) -> bool:
    return (consent.subscriber_id, consent.agency_id, consent.client_id) == (
        facts.subscriber_id,
        facts.agency_id,
        facts.client_id,
    )


def _fields_without_consent(facts: ReleaseFacts, *, now: datetime) -> frozenset[str] | Reason:
    """The agency answers for the ground: put on record by an officer, or stated with a request about a company."""
    request = facts.request
    match request.subject:
        case SelfSubject() | MandateSubject():
            return Reason.BASIS_NOT_PROVEN  # who is there is asked for consent
        case CardSessionSubject() | CitizenRefSubject():
            proven = facts.counter is not None and facts.counter.basis is request.basis
            return _fields_of_request(facts, now=now) if proven else Reason.BASIS_NOT_PROVEN
        case JuristicSubject(juristic_id):
            return _fields_of_company(facts, juristic_id, now=now)
        case never:
            assert_never(never)


def _fields_of_company(facts: ReleaseFacts, juristic_id: str, *, now: datetime) -> frozenset[str] | Reason:
    basis = facts.request.basis
    if basis is not Basis.DUTY and facts.stated is not basis:
        return Reason.BASIS_NOT_PROVEN
    return _fields_of_request(facts, now=now) if _is_number(juristic_id) else Reason.NO_RECORD


def _fields_of_request(facts: ReleaseFacts, *, now: datetime) -> frozenset[str] | Reason:
    request = facts.request
    if facts.subscriber_id is not None or facts.consent is not None:
        return Reason.BASIS_NOT_PROVEN  # a person's token carries that person's consent and nothing else
    if not facts.case:
        return Reason.CASE_MISSING
    if request.valid_until is not None and request.valid_until < now.astimezone(BANGKOK).date():
        return Reason.GRANT_ENDED
    return frozenset(request.fields)


def _is_number(juristic_id: str) -> bool:
    try:
        JuristicId.parse(juristic_id)
    except InvalidIdentifier:
        return False
    return True


def _within_limits(facts: ReleaseFacts, *, now: datetime) -> Wait | Refuse | None:
    """Why the right is used up, for now or for good; None when it is not. Only for facts that may be released."""
    if _uses_left(facts) < 1:
        return Refuse(Reason.USES_UP)
    if isinstance(_ceiling(facts, now=now), agency_rules.OutOfHours):
        return Wait(Reason.OUT_OF_HOURS)
    if facts.agreement is not None and facts.released_today >= facts.agreement.daily_quota:
        return Wait(Reason.QUOTA)
    return None


def _uses_left(facts: ReleaseFacts) -> int:
    request = facts.request
    if request.basis is Basis.CONSENT:
        return facts.consent.uses_left.get(request.dataset, 0) if facts.consent is not None else 0
    return request.uses - facts.released_before
