"""Records and codes of the enrolment room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from connectors.contracts.card import ProofReason
from connectors.contracts.errors import CardFault
from connectors.contracts.thai_dates import PartialDate
from idp.enrolment.case_numbers import CaseNumber
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
    APPLICATION_OPEN = "ENR-18"
    ENDED_BY_OFFICER = "ENR-20"
    NOT_ENROLLED_YET = "ENR-21"
    NOT_PROVISIONAL = "ENR-22"
    OTHER_KIND_OF_CARD = "ENR-23"
    NO_WAY_BACK = "ENR-24"
    DECLARATION_MISSING = "ENR-25"
    RELATED_TO_APPLICANT = "ENR-26"
    PASSPORT_NOT_PROVEN = "ENR-27"
    CHIP_IS_A_COPY = "ENR-28"
    CARD_NOT_FOUND = "ENR-29"
    TYPED_DATA_UNUSABLE = "ENR-30"
    PASSPORT_LINES_WRONG = "ENR-31"
    PASSPORTS_NOT_TAKEN = "ENR-33"
    FACE_NOT_CONFIRMED = "ENR-34"
    FACE_UNCLEAR = "ENR-35"
    PASSPORT_REPLACED = "ENR-36"
    PASSPORT_KNOWN = "ENR-37"
    NO_SUCH_HOLDER = "ENR-38"
    NAME_WITHOUT_OLD_PASSPORT = "ENR-39"
    SECOND_OFFICER_REFUSED = "ENR-40"
    NO_SECOND_OFFICER = "ENR-41"
    OLD_NUMBER_UNUSABLE = "ENR-42"
    NOT_READ_OFF = "ENR-43"
    NOT_ALL_SEEN = "ENR-44"


class JourneyKey(StrEnum):
    """By which way somebody comes; the table of each is in `journeys`."""

    COUNTER = "counter"
    NON_THAI_CARD = "non_thai_card"
    FOREIGNER_COUNTER = "foreigner_counter"
    FOREIGNER_RECOVERY = "foreigner_recovery"
    NEW_PASSPORT = "new_passport"
    RENEWAL = "renewal"
    RECOVERY = "recovery"
    PROVISIONAL_COMPLETION = "provisional_completion"
    KIOSK = "kiosk"
    HOME_READER = "home_reader"
    THAID = "thaid"


class EnrolmentState(StrEnum):
    """A step of a journey: where it stands; `completed` and `refused` are the ends of each.

    `card` is whatever lies in the reader: the passport on a passport's journey.
    """

    AGREE = "agree"
    WAITING_FOR_CARD = "waiting_for_card"
    TYPING_CARD = "typing_card"
    AT_THAID = "at_thaid"
    CHECKING_CARD = "checking_card"
    LIVE_PHOTO = "live_photo"
    COMPARE_FACE = "compare_face"
    PENDING_REGISTRY = "pending_registry"
    AWAITING_REGISTRY = "awaiting_registry"
    SECOND_OFFICER = "second_officer"
    COMPLETED = "completed"
    REFUSED = "refused"


ENDS = frozenset({EnrolmentState.COMPLETED, EnrolmentState.REFUSED})


class EvidenceKind(StrEnum):
    """What speaks for a person's identity.

    How a card was read is part of the kind: `card_read` at an enrolled station with an officer, `card_read_at_kiosk` at
    an enrolled station without one, `card_read_unattended` anywhere else. `card_handed_over` and `agreed_on_screen` are
    the owner's consent to the check; `no_relation` is what the officer declares. `old_passport`: where the booklet
    is by which a person with a new one is known; `holder_name`: whether both have one name.
    """

    CARD_HANDED_OVER = "card_handed_over"
    AGREED_ON_SCREEN = "agreed_on_screen"
    CARD_READ = "card_read"
    CARD_READ_AT_KIOSK = "card_read_at_kiosk"
    CARD_READ_UNATTENDED = "card_read_unattended"
    CARD_TYPED = "card_typed"
    CARD_STATUS_CHIP = "card_status_chip"
    CARD_STATUS_LASER = "card_status_laser"
    PASSPORT_READ = "passport_read"
    PASSPORT_DATA = "passport_data"
    PASSPORT_CHIP = "passport_chip"
    OLD_PASSPORT = "old_passport"
    HOLDER_NAME = "holder_name"
    FACE_BY_OFFICER = "face_by_officer"
    FACE_BY_SECOND_OFFICER = "face_by_second_officer"
    FACE_BY_COMPARISON = "face_by_comparison"
    NO_RELATION = "no_relation"
    THAID = "thaid"


class EvidenceResult(StrEnum):
    """What an evidence says."""

    GIVEN = "given"
    READ = "read"
    NORMAL = "normal"
    CANCELLED = "cancelled"
    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    INCOMPLETE = "incomplete"
    UNAVAILABLE = "unavailable"
    MATCHES = "matches"
    DIFFERS = "differs"
    GENUINE = "genuine"
    NOT_PROVEN = "not_proven"
    PROVEN = "proven"
    UNPROVEN = "unproven"
    DECLARED = "declared"
    STATED = "stated"
    SHOWN = "shown"
    LOST = "lost"


class EnrolmentFlag(StrEnum):
    """What a person who reviews should look at; found within data that were read anyway."""

    SAME_SURNAME = "same_surname"
    SAME_HOUSE = "same_house"
    CHIP_UNPROVEN = "chip_unproven"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One visit to the counter.

    `case_no` is what people say and write; `flags` are what a reviewer should look at. `problem` is the code shown
    (ENR-nn); `fault` says more when the card could not be read. `checked_at` is when the registry last called the card
    normal. `is_typed`: what is printed was typed, no card is in the reader; `is_kept`: what was read
    waits, sealed, for a registry that did not answer while the person was there. `other_case_no` is the person's open
    application that this one met; `reasons` say why a passport is not proven.
    """

    id: EnrolmentId
    case_no: CaseNumber
    journey: JourneyKey
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
    is_typed: bool = False
    is_kept: bool = False
    other_case_no: CaseNumber | None = None
    reasons: tuple[ProofReason, ...] = ()
    flags: tuple[EnrolmentFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence: what was found, who or what said so, when; `withdrawn_at` when its step was taken back.

    Values of the card are sealed beside it, never in it. `by` is None where nobody of ours looked.
    """

    id: EvidenceId
    enrolment_id: EnrolmentId
    kind: EvidenceKind
    result: EvidenceResult
    source: str
    wire_code: str
    checked_at: datetime
    by: MemberId | None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CardFacts:
    """What was presented can be judged by alone, before any registry is asked.

    `card_type` is empty where no chip said it. `holder` is the subscriber with the number, `chip_holder` the one whose
    enrolment used this chip; None where there is none. `is_provisional`: an agency is still to meet the holder.
    `allowed`: what two reviewers let this person pass with this card. `face_differed`: a comparison said lately, in
    another journey, that somebody else showed this card. `is_replaced`: the person has a newer passport than this one.
    """

    journey: JourneyKey
    expiry_date: PartialDate | None
    card_type: str
    holder: Subscriber | None
    is_provisional: bool
    chip_holder: SubscriberId | None
    officer_person: SubscriberId
    today: date
    allowed: frozenset[EnrolmentProblem] = frozenset()
    face_differed: bool = False
    is_replaced: bool = False


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
