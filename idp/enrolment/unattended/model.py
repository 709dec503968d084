"""Records and codes of enrolment without an officer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.contracts.errors import CardFault
from idp.enrolment.model import EnrolmentState, EvidenceKind, EvidenceResult, JourneyKey
from idp.kernel.assurance import Ial
from idp.kernel.ids import CardSessionId, EnrolmentId, StationId, SubscriberId
from idp.subscribers.model import Subscriber


class UnattendedProblem(StrEnum):
    """Why an enrolment without an officer does not go on; the value is the code that people see."""

    NOT_THIS_BROWSER = "UNA-01"
    CODE_WRONG = "UNA-02"
    NUMBER_WRONG = "UNA-03"
    TOO_MANY_TRIES = "UNA-04"
    VIRTUAL_REFUSED = "UNA-05"
    MESSAGE_REFUSED = "UNA-06"
    ALREADY_ENROLLED = "UNA-07"
    IDENTITY_STOPPED = "UNA-08"
    CARD_EXPIRED = "UNA-09"
    CARD_CANCELLED = "UNA-10"
    CARD_MISMATCH = "UNA-11"
    CARD_INCOMPLETE = "UNA-12"
    REGISTRY_UNAVAILABLE = "UNA-13"
    CHIP_OF_ANOTHER_PERSON = "UNA-14"
    FACE_DIFFERS = "UNA-15"
    FACE_UNCLEAR = "UNA-16"
    CARD_REMOVED = "UNA-17"
    CARD_NOT_READ = "UNA-18"
    DECLINED = "UNA-19"
    TIME_OVER = "UNA-20"
    NOT_A_KIOSK = "UNA-21"
    KIOSK_CODE_WRONG = "UNA-22"
    NOT_OFFERED = "UNA-23"
    STATION_AWAY = "UNA-24"
    LASER_CODE_UNREADABLE = "UNA-25"
    EVIDENCE_TOO_WEAK = "UNA-26"
    WRONG_STEP = "UNA-27"
    STOPPED = "UNA-28"
    FACE_LOCKED = "UNA-29"


@dataclass(frozen=True, slots=True)
class Application:
    """One person's enrolment without an officer. Where it may go is read from the table of its `journey`.

    `taken_at` is when an agent at home took the code, `read_at` when a card was read; `expires_at` the end of waiting.
    `station_id` and `card_session_id` are a kiosk's, `agent_jwk` is the one-time key of an agent at home. `fault` says
    more where a card could not be read. `claimed_until`: until then nobody else checks, and the worker asks no silent
    registry again. `tries` counts wrong numbers, or photos in which no face was found.
    """

    id: EnrolmentId
    journey: JourneyKey
    state: EnrolmentState
    problem: UnattendedProblem | None
    fault: CardFault | None
    nonce: str
    station_id: StationId | None
    card_session_id: CardSessionId | None
    agent_jwk: Mapping[str, Any] | None
    is_virtual: bool
    tries: int
    subscriber_id: SubscriberId | None
    ial: Ial | None
    started_at: datetime
    taken_at: datetime | None
    read_at: datetime | None
    expires_at: datetime
    claimed_until: datetime | None


@dataclass(frozen=True, slots=True)
class FoundEvidence:
    """What a check found, who said so, and in which code of theirs."""

    kind: EvidenceKind
    result: EvidenceResult
    source: str
    wire_code: str = ""


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """Who has the card's number already, and who enrolled with its chip; None where there is nobody."""

    reached: Ial
    holder: Subscriber | None
    holds_authenticator: bool
    chip_holder: SubscriberId | None


@dataclass(frozen=True, slots=True)
class Create:
    """Nobody has this number yet: a new identity."""

    ial: Ial


@dataclass(frozen=True, slots=True)
class Admit:
    """An identity that nobody can sign in to, known no better than this proof: it goes on with it."""

    holder: SubscriberId
    ial: Ial


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Not by this way."""

    problem: UnattendedProblem


Decision = Create | Admit | TurnAway
