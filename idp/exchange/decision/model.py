"""Facts of the release decision, and its closed union of answers."""

from dataclasses import dataclass
from enum import StrEnum

from idp.agencies.model import Agreement, Service
from idp.catalogue.gdx import GdxDetail
from idp.consent.model import ConsentRecord
from idp.kernel.assurance import Acr
from idp.kernel.ids import AgencyId, ClientId, SubscriberId
from idp.representation.model import ActedFor


class Link(StrEnum):
    """One thing that a release hangs on and that may end at any moment."""

    CLIENT = "client"
    GRANT = "grant"
    SUBSCRIBER = "subscriber"
    MANDATE = "mandate"
    CONSENT = "consent"
    AGREEMENT = "agreement"


class Reason(StrEnum):
    """Why nothing is released, as the audit and the disclosure record say it (ASCII, no personal data)."""

    NOT_IN_TOKEN = "not_in_token"
    BEYOND_RIGHT = "beyond_right"
    CHANNEL = "not_agreed_for_this_channel"
    FORMAT = "format_not_granted"
    CLIENT_ENDED = "client_ended"
    GRANT_ENDED = "grant_ended"
    SUBSCRIBER_ENDED = "subscriber_not_active"
    MANDATE_ENDED = "mandate_ended"
    COMPANY_NOT_OPERATING = "company_not_operating"
    NOT_A_SIGNATORY = "no_longer_acting_for_the_company"
    CONSENT_ENDED = "consent_ended"
    AGREEMENT_ENDED = "agreement_ended"
    NO_CONSENT = "no_consent_for_this"
    BASIS_NOT_PROVEN = "basis_not_proven"
    USES_UP = "uses_up"
    CASE_MISSING = "case_missing"
    ASSURANCE = "assurance_too_low"
    NO_FIELD = "no_field_left"
    QUOTA = "daily_quota_reached"
    CHANGED_MEANWHILE = "changed_between_decision_and_disclosure"
    MALFORMED = "malformed_request"
    KEY_MISSING = "idempotency_key_missing"
    KEY_REUSED = "idempotency_key_reused"
    ANSWER_NOT_KEPT = "answer_not_kept"
    REGISTRY_UNAVAILABLE = "registry_unavailable"
    REGISTRY_CLOSED = "registry_closed"
    REGISTRY_BUSY = "registry_busy"
    REGISTRY_REFUSED = "registry_refused"
    NO_RECORD = "no_record"
    WRONG_PERSON = "wrong_person"
    DOCUMENT_NOT_MADE = "document_not_made"


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything that is judged, read in one transaction.

    `request` is the token's detail; `acted_for` who acts where that is not the subscriber for themselves, `standing`
    why that cannot be any more by the company's registry; `broken` are the links that have ended. `released_today`
    counts this agreement's releases since midnight in Bangkok, `released_under_token` those under this access token
    for the data set.
    """

    request: GdxDetail
    agency_id: AgencyId
    client_id: ClientId
    subscriber_id: SubscriberId | None
    wants_document: bool
    case: str | None
    acr: Acr | None
    service: Service | None
    agreement: Agreement | None
    consent: ConsentRecord | None
    broken: frozenset[Link]
    released_today: int
    released_under_token: int
    acted_for: ActedFor | None = None
    standing: Reason | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """These fields may leave, in catalogue order."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may leave now, the same request may succeed later."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing may leave."""

    reason: Reason


ReleaseDecision = Release | Wait | Refuse
