"""How often an agency asked for what: counts by day in Bangkok, service, data set and outcome, of nobody."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import BigInteger, func, select, type_coerce

from connectors.contracts.thai_dates import BANGKOK
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgencyId, ServiceId, new_id
from idp.storage.storage import UnitOfWork

MOST_DAYS: Final = 31
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
    # identifiers sort by time: the days are one stretch of the index
    begins, ends = first_id(first), first_id(last + timedelta(days=1))
    day = (type_coerce(disclosure.c.at, BigInteger) + _BANGKOK_MS) // _DAY_MS
    grouped = (day, disclosure.c.service_id, disclosure.c.dataset, disclosure.c.outcome)
    rows = await uow.all(
        select(day.label("day"), *grouped[1:], func.sum(disclosure.c.times).label("pulls"))
        .where(disclosure.c.agency_id == agency_id, disclosure.c.id >= begins, disclosure.c.id < ends)
        .where(disclosure.c.outcome != Outcome.NAMED.value)
        .group_by(*grouped)
        .order_by(*grouped)
    )
    return tuple(
        UsageCount(
            date(1970, 1, 1) + timedelta(days=int(row.day)),
            ServiceId(row.service_id),
            row.dataset,
            row.outcome,
            int(row.pulls),
        )
        for row in rows
    )


def first_id(day: date) -> str:
    """The least identifier of a disclosure of that day or a later one."""
    return new_id("dis", now=datetime.combine(day, time(0, 0), BANGKOK), randomness=bytes)
