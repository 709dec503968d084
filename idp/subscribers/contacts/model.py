"""Records and codes of contact details."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from idp.kernel.ids import SubscriberId

ContactProofId = NewType("ContactProofId", str)

CODE_DIGITS: Final = 8
CODE_LIFE: Final = timedelta(minutes=15)
TRIES: Final = 5
"""How often a code may be guessed; then a new one is needed."""
BETWEEN_CODES: Final = timedelta(minutes=1)
A_DAY: Final = timedelta(days=1)
CODES_A_DAY: Final = 5
"""How many codes one person may ask for in a day, to whichever addresses."""
CODES_TO_ONE_ADDRESS: Final = 5
"""How many codes go to one address in a day, whoever asks: nobody fills a stranger's mailbox."""


class ContactProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/CTC.toml`."""

    EMAIL_NOT_POSSIBLE = "CTC-01"
    CODE_WRONG = "CTC-02"
    NOTHING_WAITING = "CTC-03"
    TOO_MANY_CODES = "CTC-04"
    PHONE_NOT_POSSIBLE = "CTC-05"
    ALREADY_PROVEN = "CTC-06"


class ProofState(StrEnum):
    """What became of a code: a newer one took its place, or the address was proven by it."""

    WAITING = "waiting"
    REPLACED = "replaced"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, repr=False)
class ContactProof:
    """A new address that waits for the code which was sent there.

    `former` is the proven address whose place it took, empty where there was none or it did not yet.
    """

    id: ContactProofId
    subscriber_id: SubscriberId
    email: str
    state: ProofState
    expires_at: datetime
    tries_left: int
    former: str = ""

    def is_open(self, now: datetime) -> bool:
        """True while its code may be typed."""
        return self.state is ProofState.WAITING and now < self.expires_at and self.tries_left > 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The address is proven, and is the person's from now on."""


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Not the code; so many tries are left."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class NothingWaiting:
    """No code counts now: there was none, it is too old, was used, or was guessed at too often."""


Confirmation = Confirmed | WrongCode | NothingWaiting
