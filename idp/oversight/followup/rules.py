"""Which look-ups of a day are looked at, and who may look; pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
ONE_OF: Final = 20
"""One in twenty: five per cent."""
NIGHT_BEGINS: Final = 22
NIGHT_ENDS: Final = 6
MANY_IN_AN_HOUR: Final = 30
HOUR: Final = timedelta(hours=1)
MANY_OF_A_CASE: Final = 10
MAX_REASON: Final = 1_000


def sample_size(look_ups: int) -> int:
    """How many of a day's look-ups are drawn: max(3, 5 %), as far as there are any."""
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


def choose(look_ups: Sequence[LookUp], *, draws: Mapping[str, bytes]) -> Choice:
    """Every flagged look-up, and of the others as many as are drawn; `draws` are random bytes for each anchor."""
    bulk = in_bulk(look_ups)
    flags = {
        one.anchor: one.flags
        | ({Flag.NIGHT} if is_at_night(one.at) else set())
        | ({Flag.BULK} if one.anchor in bulk else set())
        for one in look_ups
    }
    flagged = {anchor: Chosen(Why.FLAGGED, found) for anchor, found in flags.items() if found}
    others = sorted((anchor for anchor in flags if anchor not in flagged), key=lambda anchor: draws[anchor])
    drawn = {anchor: Chosen(Why.DRAWN, frozenset()) for anchor in others[: sample_size(len(look_ups))]}
    return flagged | drawn


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
    if sample.verdict in (Verdict.FINE, Verdict.MISUSE):
        return OversightProblem.DECIDED
    return None if 0 < len(reason.strip()) <= MAX_REASON else OversightProblem.REASON


def _case_of(one: LookUp) -> tuple[str, str]:
    return one.officer_id, one.case
