"""Records and codes of reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, StationId, SubscriberId

CaseId = NewType("CaseId", str)

LEASE: Final = timedelta(minutes=15)
"""How long a case stays in one reviewer's hand; then anybody may take it."""
ANSWERED_WITHIN: Final = timedelta(days=30)
"""By when a person who asked for a correction has an answer."""
MAX_TEXT: Final = 1_000
MOST_CORRECTIONS: Final = 3
"""How many corrections of one person may be open at a time."""
MOST_DOUBTS: Final = 10
"""How many accesses one person may ask about at a time."""


class ReviewProblem(StrEnum):
    """Why this room refuses; texts in `idp/web/problems/REV.toml`."""

    UNKNOWN = "REV-01"
    IN_OTHER_HANDS = "REV-02"
    NOT_IN_HAND = "REV-03"
    OTHER_STATE = "REV-04"
    OWN_CASE = "REV-05"
    TEXT_NOT_POSSIBLE = "REV-06"
    OUTCOME_NOT_POSSIBLE = "REV-07"
    TOO_MANY_OPEN = "REV-08"


class CaseKind(StrEnum):
    """Why somebody has to look."""

    FLAG = "flag"
    OVERRIDE = "override"
    CORRECTION = "correction"
    PENDING = "pending"
    DOUBT = "doubt"
    """A person does not recognise an access to their data, or doubts a program that asks for them.

    The topic is the id of the entry, or `ASKER` and the id of the program.
    """


class CaseState(StrEnum):
    """Open ones wait for a reviewer, asked-back ones for an answer, proposed ones for a second reviewer."""

    OPEN = "open"
    ASKED_BACK = "asked_back"
    PROPOSED = "proposed"
    DECIDED = "decided"


class Outcome(StrEnum):
    """How a case was decided."""

    NO_OBJECTION = "no_objection"
    OBJECTION = "objection"
    ALLOWED = "allowed"
    DENIED = "denied"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    GO_ON_WAITING = "go_on_waiting"
    GIVE_UP = "give_up"
    EXPLAINED = "explained"
    TAKEN_UP = "taken_up"
    UNANSWERED = "unanswered"
    """Nobody's decision: a person who was asked never answered."""


OUTCOMES: Final[Mapping[CaseKind, tuple[Outcome, ...]]] = {
    CaseKind.FLAG: (Outcome.NO_OBJECTION, Outcome.OBJECTION),
    CaseKind.OVERRIDE: (Outcome.ALLOWED, Outcome.DENIED),
    CaseKind.CORRECTION: (Outcome.ACCEPTED, Outcome.DECLINED),
    CaseKind.PENDING: (Outcome.GO_ON_WAITING, Outcome.GIVE_UP),
    CaseKind.DOUBT: (Outcome.EXPLAINED, Outcome.TAKEN_UP),
}
"""What may come of a case of each kind."""

OF_PERSONS: Final = frozenset({CaseKind.CORRECTION, CaseKind.DOUBT})
"""What a person asked for: they read it, they are asked back, and they are told what became of it."""

BY_TWO: Final = frozenset({Outcome.ALLOWED})
"""What one reviewer proposes and another one decides: everything by which a check is passed over."""


ASKER: Final = "asker:"
"""How the topic of a doubt about a program begins."""

UNANSWERED_AFTER: Final = timedelta(days=30)
"""How long an answer is waited for. Then a person's request ends, and what an officer was asked is open again."""


class CorrectionTopic(StrEnum):
    """What is wrong, in the eyes of the person."""

    NAME_TH = "name_th"
    NAME_EN = "name_en"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    LEVEL = "level"
    OTHER = "other"


class RemarkKind(StrEnum):
    """What was written about a case."""

    STATEMENT = "statement"
    QUESTION = "question"
    ANSWER = "answer"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A member who reviews, the person behind that membership, and the roles that count for a second decision."""

    member_id: MemberId
    person: SubscriberId
    agency_id: AgencyId
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Involved:
    """Whom and what a case is about.

    `agency_id` is whose reviewers see it; what is given without one becomes the issuer's.
    `officer` and `officer_person` did the enrolment: they answer questions and decide nothing.
    """

    subscriber_id: SubscriberId | None = None
    enrolment_id: EnrolmentId | None = None
    agency_id: AgencyId | None = None
    site: StationId | None = None
    officer: MemberId | None = None
    officer_person: SubscriberId | None = None


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """Something that somebody has to look at. `number` is what people say; `topic` the code of what it is about."""

    id: CaseId
    number: str
    kind: CaseKind
    topic: str
    involved: Involved
    state: CaseState
    opened_at: datetime
    due_at: datetime
    claimed_by: MemberId | None
    claimed_until: datetime | None
    outcome: Outcome | None
    decided_at: datetime | None

    @property
    def is_about_asker(self) -> bool:
        """True where a person reported a program that asks for data."""
        return self.topic.startswith(ASKER)

    def is_in_hand_of(self, member_id: MemberId, now: datetime) -> bool:
        """True while this member has it in hand."""
        return self.claimed_by == member_id and self.claimed_until is not None and now < self.claimed_until

    def is_in_other_hands(self, member_id: MemberId, now: datetime) -> bool:
        """True while another member has it in hand."""
        return self.claimed_by != member_id and self.claimed_until is not None and now < self.claimed_until


@dataclass(frozen=True, slots=True, repr=False)
class Remark:
    """What somebody wrote; `by_member` is None for the person the case is about."""

    kind: RemarkKind
    by_member: MemberId | None
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list shows; None leaves a question open. `opened_before` is how old they are at least.

    `seen_by`: those of these agencies.
    """

    state: CaseState | None = CaseState.OPEN
    kind: CaseKind | None = None
    site: StationId | None = None
    opened_before: datetime | None = None
    seen_by: frozenset[AgencyId] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """It is decided."""


@dataclass(frozen=True, slots=True)
class WaitsForSecond:
    """Another reviewer has to agree."""


Settled = Decided | WaitsForSecond
