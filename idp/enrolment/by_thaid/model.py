"""Records and codes of enrolment by ThaiD."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import SubscriberId
from idp.subscribers.model import Subscriber

ThaidEnrolmentId = NewType("ThaidEnrolmentId", str)


class ThaidProblem(StrEnum):
    """Why an enrolment by ThaiD does not go on; the value is the code that people see."""

    UNAVAILABLE = "THD-01"
    DENIED = "THD-02"
    NOT_THIS_ATTEMPT = "THD-03"
    ANSWER_REFUSED = "THD-04"
    ANOTHER_PERSON = "THD-05"
    LEVEL_TOO_LOW = "THD-06"
    HAS_AUTHENTICATOR = "THD-07"
    BELOW_IDENTITY = "THD-08"
    IDENTITY_STOPPED = "THD-09"
    NOT_OFFERED = "THD-10"
    CARD_EXPIRED = "THD-11"


class ThaidState(StrEnum):
    """Where an attempt stands; `completed` and `refused` are its ends, and one that is over has none."""

    AT_THAID = "at_thaid"
    ASKING = "asking"
    COMPLETED = "completed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in in the browser that enrols, and how well."""

    subscriber_id: SubscriberId
    aal: Aal


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what it must bring back: a sealed handle for its cookie."""

    url: str
    handle: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of it: the token of a passkey link, for this browser at once."""

    subscriber_id: SubscriberId
    link: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on. `stated` is None for a level that proves nothing; `holder` has the citizen number.

    `card_has_expired`: the day of the ID card is over, as ThaiD tells it.
    `alone_suffices`: the operator lets ThaiD alone add a passkey to an identity that has one already.
    """

    stated: Ial | None
    card_has_expired: bool
    holder: Subscriber | None
    holds_authenticator: bool
    signed_in: SignedIn | None
    alone_suffices: bool


@dataclass(frozen=True, slots=True)
class Create:
    """Nobody has this number yet: a new identity."""

    ial: Ial


@dataclass(frozen=True, slots=True)
class Admit:
    """The identity exists and is this person's; `raises` when ThaiD's word is at least as good as what is known."""

    holder: SubscriberId
    stated: Ial
    raises: bool


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Not by this way."""

    problem: ThaidProblem


Decision = Create | Admit | TurnAway
