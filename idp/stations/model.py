"""Records and codes of the stations room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from connectors.contracts.errors import CardFault
from idp.audit.model import Actor
from idp.kernel.ids import AgencyId, CardSessionId, MemberId, StationId

Slot = Literal["citizen", "officer"]

PRESENCE_LIFE: Final = timedelta(seconds=45)
"""An agent polls at least every twenty seconds; one that has missed two is not there."""


class StationProblem(StrEnum):
    """What can be wrong with an agent's message or a card session; the value is the code that people see."""

    UNKNOWN_STATION = "STA-01"
    BAD_MESSAGE = "STA-02"
    REPLAYED = "STA-03"
    NOT_ACTIVE = "STA-04"
    VIRTUAL_REFUSED = "STA-05"
    AGENT_TOO_OLD = "STA-06"
    SESSION_OVER = "STA-07"
    SESSION_EXPIRED = "STA-08"
    STATION_BUSY = "STA-09"
    NOTHING_READ = "STA-10"
    BAD_CARD_DATA = "STA-11"
    PHOTO_GONE = "STA-12"
    PAIRING_CODE_WRONG = "STA-13"
    TOO_MANY_CODES = "STA-14"
    BAD_STATION = "STA-15"
    IS_KIOSK = "STA-16"


class OfficerProblem(StrEnum):
    """Why an officer has no session with the population registry; the value is the code that people see."""

    WRONG_PIN = "STA-20"
    LOCKED = "STA-21"
    WRONG_CARD = "STA-22"
    SESSION_ENDED = "STA-23"
    NO_PERMISSION = "STA-24"
    OUTSIDE_HOURS = "STA-25"
    OTHER_OFFICER = "STA-26"
    UNKNOWN = "STA-27"
    NOT_SIGNED_IN = "STA-28"


class StationStatus(StrEnum):
    """Whether the station's key is believed; `revoked` is for ever."""

    ACTIVE = "active"
    REVOKED = "revoked"


class StationMode(StrEnum):
    """How officer and citizen share the readers.

    `one-slot`: the officer's card first, taken out, then the citizen's; `two-slot`: the officer's card stays in.
    `kiosk`: no officer is there, and none reads cards with it.
    """

    ONE_SLOT = "one-slot"
    TWO_SLOT = "two-slot"
    KIOSK = "kiosk"


class CardPurpose(StrEnum):
    """What a card is asked for; the agent shows the words to whoever holds the card."""

    ENROLMENT = "enrolment"
    KIOSK = "kiosk"
    PASSPORT_ENROLMENT = "passport_enrolment"
    SIGN_IN = "sign_in"
    LOOK_UP = "look_up"


class CardSessionState(StrEnum):
    """Where a card session stands. Data exist in `read` alone; everything after it is an end."""

    WAITING = "waiting"
    TAKEN = "taken"
    READ = "read"
    FAULT = "fault"
    DECLINED = "declined"
    REMOVED = "removed"
    ENDED = "ended"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """What an agent answers."""

    READ = "read"
    FAULT = "fault"
    DECLINED = "declined"
    REMOVED = "removed"


class StationState(StrEnum):
    """The light of a counter, in the registry's own words: red, yellow, green."""

    AGENT_NOT_AVAILABLE = "AgentNotAvailable"
    AGENT_AVAILABLE = "AgentAvailable"
    CITIZEN_AVAILABLE = "CitizenAvailable"


class StationNeed(StrEnum):
    """What a counter waits for."""

    AGENT = "agent"
    NEWER_AGENT = "newer_agent"
    OFFICER_CARD = "officer_card"
    OFFICER_PIN = "officer_pin"
    OFFICER_CARD_OUT = "officer_card_out"
    OFFICER_CARD_BACK = "officer_card_back"
    CITIZEN_CARD = "citizen_card"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class OfficerSession:
    """An officer's session with the population registry, by own card and PIN; the PIN is never ours.

    `first_citizen_at` is when the first citizen's card came after the officer's was taken out.
    """

    opened_at: datetime
    looked_at: datetime
    first_citizen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Presence:
    """What the agent said of itself when it last called. `changed_at`: when a slot was last filled or emptied."""

    seen_at: datetime
    agent_version: str
    card_stack: str
    is_virtual: bool
    slots: Mapping[str, str]
    changed_at: Mapping[str, datetime]

    def is_filled(self, slot: Slot) -> bool:
        """True while a card is in that slot."""
        return self.slots.get(slot) == "present"

    def filled_since(self) -> datetime | None:
        """Since when a card is in any slot; None while all are empty."""
        moments = [self.changed_at.get(slot, self.seen_at) for slot, fill in self.slots.items() if fill == "present"]
        return max(moments, default=None)

    def emptied_at(self) -> datetime:
        """When the last card was taken out."""
        return max(self.changed_at.values(), default=self.seen_at)


@dataclass(frozen=True, slots=True)
class Station:
    """A counter's computer with its readers.

    `site` is where it stands; `allow_virtual` for demonstrations only; `is_too_old`: its program called last with a
    version that is not served any more.
    """

    id: StationId
    agency_id: AgencyId
    name_th: str
    name_en: str
    public_jwk: Mapping[str, Any]
    allow_virtual: bool
    status: StationStatus
    presence: Presence | None
    site: str = ""
    mode: StationMode = StationMode.ONE_SLOT
    is_too_old: bool = False

    def is_present_at(self, now: datetime) -> bool:
        """True while the station's agent keeps calling."""
        return self.presence is not None and now - self.presence.seen_at <= PRESENCE_LIFE


@dataclass(frozen=True, slots=True)
class CardSession:
    """One request for one card. `expires_at` is the end of waiting, and after the read the end of the data's stay.

    `percent` is how far the read has come, as the agent says. `passport_key_jwe` is there where a passport is asked
    for: what opens its chip, readable to this server alone, and gone with the session.
    """

    id: CardSessionId
    station_id: StationId
    purpose: CardPurpose
    requested_by: MemberId | StationId
    slot: Slot
    with_photo: bool
    nonce: str
    state: CardSessionState
    expires_at: datetime
    fault: CardFault | None
    photo_public_jwk: Mapping[str, Any]
    read_at: datetime | None
    is_virtual: bool
    percent: int = 0
    passport_key_jwe: str | None = None

    def state_at(self, now: datetime) -> CardSessionState:
        """The state that counts at `now`: an open session whose time is over is expired, swept already or not."""
        if self.state in OPEN_STATES and now >= self.expires_at:
            return CardSessionState.EXPIRED
        return self.state


OPEN_STATES = frozenset({CardSessionState.WAITING, CardSessionState.TAKEN, CardSessionState.READ})


@dataclass(frozen=True, slots=True)
class VerifiedHello:
    """A poll that the station's own key signed."""

    token_id: str
    expires_at: datetime
    agent_version: str
    card_stack: str
    is_virtual: bool
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedAnswer:
    """An answer that the station's own key signed. `card` and `photo` are compact JWEs, opened by nobody on the way."""

    token_id: str
    expires_at: datetime
    card_session_id: CardSessionId
    nonce: str
    outcome: Outcome
    fault: CardFault | None
    card: str | None
    photo: str | None
    is_virtual: bool
    agent_version: str


@dataclass(frozen=True, slots=True)
class VerifiedProgress:
    """How far the read of a card session has come, signed by the station's own key."""

    card_session_id: CardSessionId
    nonce: str
    percent: int


@dataclass(frozen=True, slots=True)
class StationWork:
    """What lies at a station for its agent, and whether it is still the one that is believed."""

    status: StationStatus
    public_jwk: Mapping[str, Any]
    seen_at: datetime | None
    waiting: CardSession | None
    untold_end: CardSession | None


@dataclass(frozen=True, slots=True)
class PlannedStation:
    """A station as its agency wants it; `replaces` is the one whose computer or key is new."""

    name_th: str
    name_en: str
    site: str
    mode: StationMode
    replaces: StationId | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PairingOffer:
    """A code that waits for its agent. The code's first half finds the row, `digest` is of the whole code."""

    locator: str
    digest: bytes
    station_id: StationId
    agency_id: AgencyId
    planned: PlannedStation
    made_by: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class PairingCode:
    """What is shown once to whoever asked for the code."""

    code: str
    station_id: StationId
    expires_at: datetime

    @property
    def text(self) -> str:
        """As it is read out and typed: two groups of four."""
        return f"{self.code[:4]}-{self.code[4:]}"


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedPairing:
    """A pairing message signed by the key it shows; `public_jwk` is that key, and nothing is known of it yet."""

    token_id: str
    expires_at: datetime
    code: str
    agent_version: str
    confirms: bool
    public_jwk: Mapping[str, Any]
