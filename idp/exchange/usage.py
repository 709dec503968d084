"""How often an agency asked for what: counts by day in Bangkok, service, data set and outcome, of nobody."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, case, func, select, type_coerce

from connectors.contracts.thai_dates import BANGKOK
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgencyId, MemberId, ServiceId, new_id
from idp.storage.storage import UnitOfWork

MOST_DAYS: Final = 31
GAVE: Final = (Outcome.RELEASED.value, Outcome.FETCHED.value)
"""Outcomes of a pull that gave something."""
_FIRST_DAY: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_BANGKOK_MS: Final = 7 * 3_600_000


@dataclass(frozen=True, slots=True)
class UsageCount:
    """Pulls of one day with one outcome."""

    day: date
    service_id: ServiceId
    dataset: str
    outcome: str
    pulls: int


async def usage_of(uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> tuple[UsageCount, ...]:
    """What the agency's programs and officers asked for from the first day to the last one, at most `MOST_DAYS`.

    Refusals that came in a burst count as often as they came; who is named in another's record counts nothing: nobody
    asked for them, and an agency is not told who of a house has a digital ID.

    ValueError for more days, or fewer than one.
    """
    if not first <= last < first + timedelta(days=MOST_DAYS):
        raise ValueError("too many days, or none")
    day = day_number(disclosure.c.at)
    grouped = (day, disclosure.c.service_id, disclosure.c.dataset, disclosure.c.outcome)
    rows = await uow.all(
        select(day.label("day"), *grouped[1:], func.sum(disclosure.c.times).label("pulls"))
        .where(disclosure.c.agency_id == agency_id, *on_days(first, last))
        .where(disclosure.c.outcome != Outcome.NAMED.value)
        .group_by(*grouped)
        .order_by(*grouped)
    )
    return tuple(
        UsageCount(
            day_of(row.day),
            ServiceId(row.service_id),
            row.dataset,
            row.outcome,
            int(row.pulls),
        )
        for row in rows
    )


def day_number(at: Column[datetime]) -> ColumnElement[int]:
    """Which day in Bangkok a moment lies on, by number, to be counted by; `day_of` has it as a date."""
    return (type_coerce(at, BigInteger) + _BANGKOK_MS) // _DAY_MS


def day_of(number: int) -> date:
    """The day of this number."""
    return _FIRST_DAY + timedelta(days=int(number))


def number_of(day: date) -> int:
    """The number of this day, as `day_number` has it."""
    return (day - _FIRST_DAY).days


def on_days(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Disclosures from the first day to the last one, in Bangkok.

    Identifiers sort by time: the days are one stretch of the index.
    """
    return disclosure.c.id >= first_id(first), disclosure.c.id < first_id(last + timedelta(days=1))


def first_id(day: date) -> str:
    """The least identifier of a disclosure of that day or a later one."""
    return new_id("dis", now=datetime.combine(day, time(0, 0), BANGKOK), randomness=bytes)


async def usage_by_officer(
    uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date
) -> tuple[tuple[MemberId, int, int], ...]:
    """Which officers asked how often in these days, and how much of it gave nothing; the most first.

    ValueError for more days than `MOST_DAYS`, or fewer than one.
    """
    if not first <= last < first + timedelta(days=MOST_DAYS):
        raise ValueError("too many days, or none")
    gave = disclosure.c.outcome.in_(GAVE)
    pulls = func.sum(disclosure.c.times).label("pulls")
    rows = await uow.all(
        select(disclosure.c.officer_id, pulls, func.sum(case((gave, 0), else_=disclosure.c.times)).label("refused"))
        .where(disclosure.c.agency_id == agency_id, *on_days(first, last))
        .where(disclosure.c.outcome != Outcome.NAMED.value, disclosure.c.officer_id.is_not(None))
        .group_by(disclosure.c.officer_id)
        .order_by(pulls.desc(), disclosure.c.officer_id)
    )
    return tuple((MemberId(row.officer_id), int(row.pulls), int(row.refused)) for row in rows)
