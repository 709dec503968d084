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
from idp.exchange.decision.model import Link, Reason, Refuse, Release, ReleaseDecision, ReleaseFacts, Wait
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


def decide_release(facts: ReleaseFacts, *, now: datetime) -> ReleaseDecision:
    """Judge one pull. Anything not expressly allowed is refused."""
    decision = decide_repeat(facts, now=now)
    return _within_limits(facts) or decision if isinstance(decision, Release) else decision


def decide_repeat(facts: ReleaseFacts, *, now: datetime) -> Release | Refuse:
    """Judge whether what was released before may be told again: the whole decision but uses and quota.

    They count disclosures, and a repeat is none.
    """
    # 1. every link that the release hangs on holds now
    for link, reason in _ENDED.items():
        if link in facts.broken:
            return Refuse(reason)
    if facts.standing is not None:
        return Refuse(facts.standing)
    # 2. the agency's right is the ceiling
    agreement, service = facts.agreement, facts.service
    if agreement is None or service is None or service.agency_id != facts.agency_id:
        return Refuse(Reason.AGREEMENT_ENDED)
    if agreement.channel is not Channel.ONLINE:
        return Refuse(Reason.CHANNEL)
    judged = agency_rules.ceiling(
        agreement, facts.request, service=service, channel=Channel.ONLINE, officer_is_granted=False, now=now
    )
    if isinstance(judged, agency_rules.OutOfHours):
        return Refuse(Reason.REGISTRY_CLOSED)
    if isinstance(judged, agency_rules.BeyondRight):
        return Refuse(Reason.BEYOND_RIGHT)
    # 3. the request itself
    if not _format_is_granted(facts.request, wants_document=facts.wants_document):
        return Refuse(Reason.FORMAT)
    # 4. the basis holds for this subject, and names the fields
    allowed = _fields_by_basis(facts, service=service, now=now)
    if isinstance(allowed, Reason):
        return Refuse(allowed)
    # 5. right, request and basis all name it
    fields = tuple(name for name in facts.request.fields if name in agreement.fields and name in allowed)
    if not fields:
        return Refuse(Reason.NO_FIELD)
    return Release(fields)


def _format_is_granted(request: GdxDetail, *, wants_document: bool) -> bool:
    return ("pdf" if wants_document else "json") in request.formats


def _fields_by_basis(facts: ReleaseFacts, *, service: Service, now: datetime) -> frozenset[str] | Reason:
    """The fields that the basis names, or why it does not hold."""
    match facts.request.basis:
        case Basis.CONSENT:
            return _fields_by_consent(facts, service=service, now=now)
        case Basis.DUTY:
            return _fields_by_duty(facts, now=now)
        case Basis.CARD_HANDED_OVER | Basis.SIGNED_FORM | Basis.OWNER:
            # shown by a card session, a form, or the owner's own page; none of them is in an access token
            return Reason.BASIS_NOT_PROVEN
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
    company = None if acted.organisation is None else acted.organisation.juristic_id
    return (consent.on_behalf.mandate_id, consent.on_behalf.juristic_id) == (acted.mandate_id, company)


def _is_between(consent: ConsentRecord, facts: ReleaseFacts) -> bool:
    return (consent.subscriber_id, consent.agency_id, consent.client_id) == (
        facts.subscriber_id,
        facts.agency_id,
        facts.client_id,
    )


def _fields_by_duty(facts: ReleaseFacts, *, now: datetime) -> frozenset[str] | Reason:
    request = facts.request
    if not isinstance(request.subject, JuristicSubject):
        # a duty to look a person up is an officer's, with purpose and case, at a counter; not a client's own token
        return Reason.BASIS_NOT_PROVEN
    if not _is_number(request.subject.juristic_id):
        return Reason.NO_RECORD
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


def _within_limits(facts: ReleaseFacts) -> Wait | Refuse | None:
    """Why the right is used up, for now or for good; None when it is not. Only for facts that may be released."""
    if _uses_left(facts) < 1:
        return Refuse(Reason.USES_UP)
    if facts.agreement is not None and facts.released_today >= facts.agreement.daily_quota:
        return Wait(Reason.QUOTA)
    return None


def _uses_left(facts: ReleaseFacts) -> int:
    request = facts.request
    if request.basis is Basis.CONSENT:
        return facts.consent.uses_left.get(request.dataset, 0) if facts.consent is not None else 0
    return request.uses - facts.released_under_token
