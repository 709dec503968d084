"""What an officer opens at a counter, and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from connectors.contracts.errors import CardFault
from connectors.contracts.identifiers import CitizenId
from idp.agencies.model import Member
from idp.exchange.decision.model import NotReady, Ready, Reason
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, CardSessionId, ClientId, MemberId, ServiceId, StationId
from idp.stations.model import CardSessionState, StationProblem
from idp.stations.state_rules import StationView

CounterSessionId = NewType("CounterSessionId", str)
CitizenRefId = NewType("CitizenRefId", str)


class CounterProblem(StrEnum):
    """Why nothing is opened; texts in `idp/web/problems/CTR.toml`."""

    NOT_AN_OFFICER = "CTR-01"
    UNKNOWN = "CTR-02"
    NO_RIGHT = "CTR-03"
    NOT_BY_NUMBER = "CTR-04"
    NOT_A_NUMBER = "CTR-05"
    TOO_MANY = "CTR-06"
    MALFORMED = "CTR-07"
    CASE_NOT_FIT = "CTR-08"
    TOO_MANY_STREAMS = "CTR-09"
    PHOTO_NOT_HERE = "CTR-10"
    NO_SUPERVISOR = "CTR-11"
    REVIEWS_OVERDUE = "CTR-12"


class LookUpFlag(StrEnum):
    """What is noticed as somebody is named by number; the supervisor looks at each that has one."""

    OWN_NAME = "own_name"
    SEQUENCE = "sequence"


class Supervision(StrEnum):
    """How the look-ups of an agency are supervised at this moment."""

    LIVE = "live"
    NOBODY = "nobody"
    OVERDUE = "overdue"


class MustWait(Refused):
    """The day's handles are used up."""


@dataclass(frozen=True, slots=True)
class OpenedFor:
    """Who opened something for what: everything that is released through it is for that, and for that client."""

    agency_id: AgencyId
    client_id: ClientId
    member_id: MemberId
    service_id: ServiceId
    case: str

    @property
    def holder(self) -> tuple[AgencyId, ClientId]:
        """Whose program alone may see and use it."""
        return self.agency_id, self.client_id


@dataclass(frozen=True, slots=True)
class CounterSession:
    """A card session of an agency's program. It reads one card, once.

    `card_session_id` is the station's own session, once a card was asked for; `card_verdict` what was found out about
    that card: None while nothing is known, "" when nothing is wrong. `needs_registry` when the officer's session with
    the registry is part of it (S25).
    """

    id: CounterSessionId
    opened_for: OpenedFor
    station_id: StationId
    needs_registry: bool
    card_session_id: CardSessionId | None
    card_verdict: str | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class CitizenRef:
    """A handle that stands for a citizen's number, so that the number is in no token and no address."""

    id: CitizenRefId
    opened_for: OpenedFor
    citizen_id: CitizenId
    opened_at: datetime
    expires_at: datetime
    flags: frozenset[LookUpFlag] = frozenset()


@dataclass(frozen=True, slots=True)
class CounterView:
    """A card session as its program sees it: the counter's light, the reader, and what is in the way.

    `percent` is how far the read has come; `trouble` why a card could not even be asked for.
    """

    session: CounterSession
    light: StationView
    card: CardSessionState | None
    fault: CardFault | None
    percent: int
    state: Ready | NotReady
    trouble: StationProblem | None = None

    @property
    def is_over(self) -> bool:
        """True when it will never be ready (again): the program opens a new one."""
        if self.card in OVER:
            return True
        return isinstance(self.state, NotReady) and self.state.reason in FOR_GOOD


OVER = frozenset(
    {
        CardSessionState.FAULT,
        CardSessionState.DECLINED,
        CardSessionState.REMOVED,
        CardSessionState.ENDED,
        CardSessionState.EXPIRED,
    }
)
FOR_GOOD = frozenset({Reason.COUNTER_OVER, Reason.CARD_REMOVED, Reason.CARD_NOT_VALID, Reason.OFFICER_NOT_ENTITLED})


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What a request names, as it stands: for the decision, and for whoever asks the registry."""

    anchor: str
    opened_for: OpenedFor
    station_id: StationId | None
    officer: Member | None
    state: Ready | NotReady
