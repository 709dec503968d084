"""Records and codes of the enrolment room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from connectors.contracts.card import ThaiCardData
from connectors.contracts.errors import CardFault
from idp.kernel.assurance import Ial
from idp.kernel.ids import AgencyId, CardSessionId, EnrolmentId, EvidenceId, MemberId, StationId, SubscriberId
from idp.subscribers.model import Subscriber


class EnrolmentProblem(StrEnum):
    """Why an enrolment does not go on; the value is the code that people see."""

    UNKNOWN = "ENR-01"
    WRONG_STATE = "ENR-02"
    OWN_ENROLMENT = "ENR-03"
    CARD_EXPIRED = "ENR-04"
    CARD_CANCELLED = "ENR-05"
    CARD_MISMATCH = "ENR-06"
    CARD_INCOMPLETE = "ENR-07"
    REGISTRY_UNAVAILABLE = "ENR-08"
    CHIP_OF_ANOTHER_PERSON = "ENR-09"
    IDENTITY_NOT_ACTIVE = "ENR-10"
    FACE_DIFFERS = "ENR-11"
    CARD_REMOVED = "ENR-12"
    CARD_NOT_READ = "ENR-13"
    DECLINED = "ENR-14"
    CARD_DATA_UNUSABLE = "ENR-15"
    NO_CARD_IN_TIME = "ENR-16"
    EVIDENCE_TOO_WEAK = "ENR-17"


class EnrolmentState(StrEnum):
    """Where the journey stands; `completed` and `refused` are its ends."""

    WAITING_FOR_CARD = "waiting_for_card"
    CHECKING_CARD = "checking_card"
    COMPARE_FACE = "compare_face"
    PENDING_REGISTRY = "pending_registry"
    COMPLETED = "completed"
    REFUSED = "refused"


ENDS = frozenset({EnrolmentState.COMPLETED, EnrolmentState.REFUSED})


class EvidenceKind(StrEnum):
    """What speaks for a person's identity."""

    CARD_HANDED_OVER = "card_handed_over"
    CARD_READ = "card_read"
    CARD_STATUS_CHIP = "card_status_chip"
    CARD_STATUS_LASER = "card_status_laser"
    FACE_BY_OFFICER = "face_by_officer"


class EvidenceResult(StrEnum):
    """What an evidence says."""

    GIVEN = "given"
    READ = "read"
    NORMAL = "normal"
    CANCELLED = "cancelled"
    MISMATCH = "mismatch"
    INCOMPLETE = "incomplete"
    UNAVAILABLE = "unavailable"
    MATCHES = "matches"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One visit to the counter.

    `problem` is the code shown (ENR-nn); `fault` says more when the card could not be read. `checked_at` is when the
    registry last called the card normal.
    """

    id: EnrolmentId
    agency_id: AgencyId
    station_id: StationId
    officer: MemberId
    officer_person: SubscriberId
    card_session_id: CardSessionId
    state: EnrolmentState
    problem: EnrolmentProblem | None
    fault: CardFault | None
    subscriber_id: SubscriberId | None
    ial: Ial | None
    started_at: datetime
    checked_at: datetime | None
    claimed_until: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence: what was found, who or what said so, when.

    Values of the card are sealed beside it, never in it.
    """

    id: EvidenceId
    enrolment_id: EnrolmentId
    kind: EvidenceKind
    result: EvidenceResult
    source: str
    wire_code: str
    checked_at: datetime
    by: MemberId


@dataclass(frozen=True, slots=True, repr=False)
class CardFacts:
    """What the card alone can be judged by, before any registry is asked.

    `holder` is the subscriber with the card's number, `chip_holder` the one whose enrolment used this chip; None where
    there is none.
    """

    card: ThaiCardData
    holder: Subscriber | None
    chip_holder: SubscriberId | None
    officer_person: SubscriberId
    today: date


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing to do now."""


@dataclass(frozen=True, slots=True)
class CheckCard:
    """The card was read: judge it and ask the registry."""


@dataclass(frozen=True, slots=True)
class End:
    """The journey ends without an identity."""

    problem: EnrolmentProblem


Step = Stay | CheckCard | End


@dataclass(frozen=True, slots=True)
class CardPassed:
    """Every check that the card allows says normal."""


@dataclass(frozen=True, slots=True)
class CardRefused:
    """The registry, or the card itself, says no."""

    problem: EnrolmentProblem


@dataclass(frozen=True, slots=True)
class CardPending:
    """Nothing is known yet: the registry did not answer."""


CardDecision = CardPassed | CardRefused | CardPending
