"""Records and codes of signing in with another device."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from idp.kernel.assurance import Aal
from idp.kernel.ids import SubscriberId

AttemptId = NewType("AttemptId", str)
PREFIX = "oth"


class OtherDeviceProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/OTH.toml`."""

    CODE_UNUSABLE = "OTH-01"
    ATTEMPT_OVER = "OTH-02"
    LEVEL_TOO_HIGH = "OTH-03"
    NUMBER_WRONG = "OTH-04"
    REPORTED = "OTH-05"
    TOO_MANY_WRONG = "OTH-06"


class AttemptState(StrEnum):
    """How far an attempt is. `EXPIRED` stands in no row: time makes it of all that still wait."""

    WAITING = "waiting"
    OPENED = "opened"
    PROVEN = "proven"
    APPROVED = "approved"
    TAKEN = "taken"
    REJECTED = "rejected"
    REPORTED = "reported"
    EXPIRED = "expired"


class Answer(StrEnum):
    """What a person says about the number on the other screen."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_MINE = "not_mine"


@dataclass(frozen=True, slots=True)
class ShownAsker:
    """Where the sign-in leads, by registered names: the same on both screens."""

    client_th: str
    client_en: str
    agency_th: str
    agency_en: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number on the screen that waits, and the three of which its owner finds it among on the phone."""

    shown: str
    choices: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `device` waits for the sign-in, `phone` opened the code, each in two words that browsers say of
    themselves; `begun_at` is when the code was shown, `expires_at` until when the next step may come.
    """

    id: AttemptId
    state: AttemptState
    asker: ShownAsker | None
    device: str
    phone: str
    subscriber_id: SubscriberId | None
    begun_at: datetime
    expires_at: datetime

    def state_at(self, now: datetime) -> AttemptState:
        """The state as it counts at `now`."""
        return AttemptState.EXPIRED if self.state in OPEN and self.expires_at <= now else self.state


OPEN = frozenset({AttemptState.WAITING, AttemptState.OPENED, AttemptState.PROVEN, AttemptState.APPROVED})
"""States after which something may follow, in time."""


@dataclass(frozen=True, slots=True)
class TakenSignIn:
    """Who may be signed in on the screen that waited, and what that is worth."""

    subscriber_id: SubscriberId
    aal: Aal
    amr: tuple[str, ...]
