"""Which look-ups of a day are looked at, and who may look; pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from math import ceil
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Role
from idp.approvals.model import Decider
from idp.kernel.ids import AgencyId
from idp.oversight.followup.model import (
    Choice,
    Chosen,
    Flag,
    LookUp,
    OversightProblem,
    Sample,
    Verdict,
    Why,
)

AT_LEAST: Final = 3
FRIDAY: Final = 5
ONE_OF: Final = 20
"""One in twenty: five per cent."""
NIGHT_BEGINS: Final = 22
NIGHT_ENDS: Final = 6
MANY_IN_AN_HOUR: Final = 30
HOUR: Final = timedelta(hours=1)
MANY_OF_A_CASE: Final = 10
MAX_REASON: Final = 1_000
WORKING_DAYS: Final = 3
"""How long a supervisor has, and an officer who is asked."""


def sample_size(look_ups: int) -> int:
    """How many of a day's look-ups of one kind are drawn: max(3, 5 %), as far as there are any."""
    return min(look_ups, max(AT_LEAST, ceil(look_ups / ONE_OF)))


def is_at_night(at: datetime) -> bool:
    """True between ten in the evening and six in the morning in Bangkok."""
    hour = at.astimezone(BANGKOK).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def in_bulk(look_ups: Sequence[LookUp]) -> frozenset[str]:
    """The look-ups of an officer who named many within an hour, or many persons for one case."""
    persons, of_officer = defaultdict(set), defaultdict(list)
    for one in sorted(look_ups, key=lambda look_up: look_up.at):
        persons[_case_of(one)].add(one.person or one.anchor)
        of_officer[one.officer_id].append(one)
    of_many = {one.anchor for one in look_ups if len(persons[_case_of(one)]) > MANY_OF_A_CASE}
    return frozenset(of_many.union(*map(_within_an_hour, of_officer.values())))


def _within_an_hour(look_ups: Sequence[LookUp]) -> set[str]:
    """Those of one officer, in the order of time, that too many stand around: any hour, not one of the clock's."""
    found: set[str] = set()
    first = 0
    for last, one in enumerate(look_ups):
        while one.at - look_ups[first].at >= HOUR:
            first += 1
        if last - first >= MANY_IN_AN_HOUR:
            found.update(other.anchor for other in look_ups[first : last + 1])
    return found


def due_after(now: datetime) -> datetime:
    """The end, in Bangkok, of the third working day after this one: Monday to Friday, whatever the calendar says of
    holidays.
    """
    day, left = now.astimezone(BANGKOK).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= FRIDAY
    return datetime.combine(day + timedelta(days=1), time.min, BANGKOK)


def flags_of(look_ups: Sequence[LookUp]) -> dict[str, frozenset[Flag]]:
    """What is noticed about each, by its anchor: who it is about, and of those by number the hour, and how many.

    Where the card is in the reader its owner came: a counter that is open at night, or busy, is nothing to notice.
    """
    by_number = [one for one in look_ups if not one.with_card]
    bulk = in_bulk(by_number)
    return {one.anchor: one.flags for one in look_ups if one.with_card} | {
        one.anchor: one.flags
        | ({Flag.NIGHT} if is_at_night(one.at) else set())
        | ({Flag.BULK} if one.anchor in bulk else set())
        for one in by_number
    }


def choose(look_ups: Sequence[LookUp], *, draws: Mapping[str, bytes]) -> Choice:
    """Every flagged look-up, and of the others as many as are drawn; `draws` are random bytes for each anchor.

    Those with the card and those by number are drawn apart: however many cards were read, no fewer numbers are.
    """
    flags = flags_of(look_ups)
    flagged = {anchor: Chosen(Why.FLAGGED, found) for anchor, found in flags.items() if found}
    drawn: list[str] = []
    for with_card in (False, True):
        kind = [one.anchor for one in look_ups if one.with_card is with_card]
        others = sorted((anchor for anchor in kind if anchor not in flagged), key=lambda anchor: draws[anchor])
        drawn += others[: sample_size(len(kind))]
    return flagged | {anchor: Chosen(Why.DRAWN, frozenset()) for anchor in drawn}


def is_supervisor(by: Decider, agency_id: AgencyId) -> bool:
    """True for whoever supervises the officers of this agency."""
    return by.agency_id == agency_id and Role.SUPERVISOR.value in by.roles


def is_own(sample: Sample, *, by: Decider) -> bool:
    """True for whoever looked, or agreed to it."""
    return by.person in (sample.officer_person, sample.second_person)


def reviewing_problem(sample: Sample, *, by: Decider, reason: str) -> OversightProblem | None:
    """Why this person cannot say what they found; None when they can."""
    # "supervisor approves own access": 409 or refused, two different persons (facts/security-and-reliability, row 49)
    if is_own(sample, by=by):
        return OversightProblem.OWN_LOOK_UP
    if not sample.is_open:
        return OversightProblem.DECIDED
    return None if is_text(reason) else OversightProblem.REASON


def is_asked(sample: Sample, *, by: Decider) -> bool:
    """True for the officer who looked, while an answer is wanted."""
    is_officer = (by.agency_id, by.person) == (sample.agency_id, sample.officer_person)
    return is_officer and sample.verdict is Verdict.QUESTION and sample.answered_at is None


def is_text(written: str) -> bool:
    """True for something that says a thing, and no book."""
    return 0 < len(written.strip()) <= MAX_REASON


def _case_of(one: LookUp) -> tuple[str, str]:
    return one.officer_id, one.case
