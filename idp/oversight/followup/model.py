"""What a supervisor looks at, and what they may find."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NewType

from idp.kernel.ids import AgencyId, DisclosureId, MemberId, ServiceId, SubscriberId, is_id

SampleId = NewType("SampleId", str)

LOOK_UP_ALARM: Final = "look_up_alarm"
"""Outbox topic; payload `agency_id`, `at` (ISO 8601): something was noticed that its supervisors hear of now."""
LOOK_UP_QUESTION: Final = "look_up_question"
"""Outbox topic; payload `subscriber_id`: an officer is asked about a look-up."""


class OversightProblem(StrEnum):
    """Why nothing is shown or decided; texts in `idp/web/problems/OVS.toml`."""

    NOT_A_SUPERVISOR = "OVS-01"
    UNKNOWN = "OVS-02"
    OWN_LOOK_UP = "OVS-03"
    REASON = "OVS-04"
    DECIDED = "OVS-05"
    LOOKS_UP_TOO = "OVS-07"
    NOT_ASKED = "OVS-08"
    RELEASED_BEFORE = "OVS-09"


class Flag(StrEnum):
    """What was noticed about a look-up; the hour and how many there were, of one by number alone."""

    OWN_NAME = "own_name"
    HOUSE_MATE = "house_mate"
    SEQUENCE = "sequence"
    NIGHT = "night"
    BULK = "bulk"
    WATCHED = "watched"


class Why(StrEnum):
    """Why it is looked at: by chance, because of a flag, or because each of its kind is."""

    DRAWN = "drawn"
    FLAGGED = "flagged"
    ALWAYS = "always"


class Verdict(StrEnum):
    """What the supervisor found; a question is not the last word."""

    FINE = "fine"
    QUESTION = "question"
    MISUSE = "misuse"


class Result(StrEnum):
    """What became of a look-up: something left, something was refused, or nothing was asked for at all."""

    RELEASED = "released"
    REFUSED = "refused"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, repr=False)
class LookUp:
    """Somebody was looked up: by whom, for what; the person by a pseudonym alone.

    `with_card`: the card was in the reader. Of a look-up by number the case is told too, for whoever counts by it.
    """

    anchor: str
    officer_id: MemberId
    service_id: ServiceId
    case: str
    person: str
    flags: frozenset[Flag]
    result: Result
    at: datetime
    with_card: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """A look-up of a day that is looked at."""

    why: Why
    flags: frozenset[Flag]


Choice = Mapping[str, Chosen]
"""By the anchor of the look-up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row for the supervisor of `agency_id`. `person` is a pseudonym that only this agency's rows share.

    `anchor` is the handle or card session that was looked up by, `disclosure_id` the photo that was shown;
    `second_person` who agreed to it.
    """

    id: SampleId
    agency_id: AgencyId
    day: date
    anchor: str
    disclosure_id: DisclosureId | None
    officer_id: MemberId
    officer_person: SubscriberId
    second_person: SubscriberId | None
    service_id: ServiceId
    person: str
    result: Result
    flags: frozenset[Flag]
    why: Why
    at: datetime
    verdict: Verdict | None = None
    reviewed_by: MemberId | None = None
    reviewed_at: datetime | None = None
    due_at: datetime | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def with_card(self) -> bool:
        """True when the card was in the reader; nobody had the number alone."""
        return is_id("cds", self.anchor)

    @property
    def is_open(self) -> bool:
        """True until the last word; a question is none."""
        return self.verdict in (None, Verdict.QUESTION)


@dataclass(frozen=True, slots=True, repr=False)
class SampleView:
    """A row with what the agency itself wrote: the case, where it is known still, what the supervisor asked, what the
    officer answered, and the reason of the finding.
    """

    sample: Sample
    case: str | None
    reason: str | None
    question: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the reviews of an agency stand: how many wait, how many of them are overdue, and when the next one is due."""

    waiting: int
    overdue: int
    next_due: datetime | None
