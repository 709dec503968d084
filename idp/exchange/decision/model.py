"""Facts of the release decision, and its closed union of answers."""

from dataclasses import dataclass
from enum import StrEnum

from idp.agencies.model import Agreement, Service
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Basis
from idp.consent.model import ConsentRecord
from idp.kernel.assurance import Acr
from idp.kernel.ids import AgencyId, ClientId, ServiceId, SubscriberId
from idp.representation.model import ActedFor


class Link(StrEnum):
    """One thing that a release hangs on and that may end at any moment."""

    CLIENT = "client"
    GRANT = "grant"
    SUBSCRIBER = "subscriber"
    MANDATE = "mandate"
    CONSENT = "consent"
    AGREEMENT = "agreement"
    COUNTER = "counter"


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
    OUT_OF_HOURS = "outside_agreed_hours"
    CHANGED_MEANWHILE = "changed_between_decision_and_disclosure"
    COUNTER_UNKNOWN = "no_such_session_or_handle"
    COUNTER_OVER = "session_or_handle_over"
    OFFICER_NOT_ENTITLED = "officer_not_entitled"
    NO_SUPERVISOR = "nobody_supervises"
    REVIEWS_OVERDUE = "reviews_overdue"
    CARD_NOT_READ = "card_not_read"
    CARD_REMOVED = "card_removed"
    STATION_AWAY = "station_not_there"
    OFFICER_NOT_SIGNED_IN = "officer_not_signed_in_at_the_registry"
    CARD_NOT_VALID = "card_not_valid"
    CANCELLED = "cancelled_by_the_client"
    TOO_LATE = "not_done_or_not_fetched_in_time"
    MALFORMED = "malformed_request"
    KEY_MISSING = "idempotency_key_missing"
    NO_RECIPIENT_KEY = "no_key_to_encrypt_to"
    KEY_REUSED = "idempotency_key_reused"
    ANSWER_NOT_KEPT = "answer_not_kept"
    REGISTRY_UNAVAILABLE = "registry_unavailable"
    REGISTRY_CLOSED = "registry_closed"
    REGISTRY_BUSY = "registry_busy"
    REGISTRY_QUOTA = "registry_quota_used_up"
    REGISTRY_UNREADABLE = "registry_answer_unreadable"
    REGISTRY_UNEXPLAINED = "registry_answer_unexplained"
    REGISTRY_REFUSED = "registry_refused"
    REGISTRY_SESSION_OVER = "registry_session_over"
    REGISTRY_ACCOUNT = "registry_account_refused"
    REGISTRY_QUESTION = "registry_question_refused"
    REGISTRY_MISMATCH = "registry_data_do_not_belong_together"
    REGISTRY_TOO_LARGE = "registry_record_too_large"
    NO_RECORD = "no_record"
    NO_VALUE = "part_of_record_empty"
    WRONG_PERSON = "wrong_person"
    DOCUMENT_NOT_MADE = "document_not_made"


@dataclass(frozen=True, slots=True)
class Ready:
    """The card is in the reader and read, and whoever must be signed in is; or a handle that is in its time."""


@dataclass(frozen=True, slots=True)
class NotReady:
    """What an officer opened cannot be used now, or any more."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class CounterFacts:
    """A card session or a handle that an officer opened, as it stands.

    `basis` is the ground that was put on record when it was opened, None where there is none; `is_officers` while who
    opened it is a look-up officer of that agency.
    """

    agency_id: AgencyId
    client_id: ClientId
    service_id: ServiceId
    case: str
    basis: Basis | None
    is_officers: bool
    state: Ready | NotReady


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything that is judged, read in one transaction.

    `request` is the token's detail; `acted_for` who acts where that is not the subscriber for themselves, `standing`
    why that cannot be any more by the company's registry; `broken` are the links that have ended. `counter` is what
    an officer opened, where the request names that, `officer_is_granted` whether the data's owner gave that officer a
    grant of their own, `stated` the ground that came with the request itself, where it may be accepted.
    `released_today` counts this agreement's releases since midnight in Bangkok, `released_before` those that the
    request's `uses` limit where no consent counts them. `by_own_path`: it came by the one path of a data set that no
    token and no pull names.
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
    released_before: int
    acted_for: ActedFor | None = None
    standing: Reason | None = None
    counter: CounterFacts | None = None
    officer_is_granted: bool = False
    stated: Basis | None = None
    by_own_path: bool = False


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
