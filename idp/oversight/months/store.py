"""Counting the look-ups of a month."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from connectors.contracts.thai_dates import BANGKOK
from idp.exchange.counter.store import citizen_ref
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.exchange.usage import GAVE, day_number, day_of, on_days
from idp.kernel.ids import AgencyId
from idp.oversight.followup.model import Flag, Verdict
from idp.oversight.followup.store import oversight_sample
from idp.oversight.months.model import DayOfLookUps
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What is known of the rows of a month."""

    rows: int
    flags: Mapping[Flag, int]
    findings: Mapping[Verdict, int]
    asked: int


async def days_of(uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> tuple[DayOfLookUps, ...]:
    """Every day from the first to the last one, also those on which nothing was."""
    begins, ends = _midnight(first), _midnight(last + timedelta(days=1))
    day = day_number(citizen_ref.c.opened_at)
    mine = (citizen_ref.c.agency_id == agency_id, citizen_ref.c.opened_at >= begins, citizen_ref.c.opened_at < ends)
    rows = await uow.all(select(day.label("day"), func.count().label("named")).where(*mine).group_by(day))
    named = {day_of(row.day): row.named for row in rows}
    of_day = day_number(disclosure.c.at)
    at_counter = (disclosure.c.counter_id.is_not(None), disclosure.c.outcome != Outcome.NAMED.value)
    asked = select(of_day.label("day"), disclosure.c.outcome, func.sum(disclosure.c.times).label("times"))
    asked = asked.where(disclosure.c.agency_id == agency_id, *on_days(first, last), *at_counter)
    released, refused = Counter[date](), Counter[date]()
    for row in await uow.all(asked.group_by(of_day, disclosure.c.outcome)):
        (released if row.outcome in GAVE else refused)[day_of(row.day)] += int(row.times)
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return tuple(DayOfLookUps(one, named.get(one, 0), released[one], refused[one]) for one in days)


async def count_officers(uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> int:
    """How many officers named somebody."""
    begins, ends = _midnight(first), _midnight(last + timedelta(days=1))
    mine = (citizen_ref.c.agency_id == agency_id, citizen_ref.c.opened_at >= begins, citizen_ref.c.opened_at < ends)
    row = await uow.first(select(func.count(citizen_ref.c.member_id.distinct()).label("officers")).where(*mine))
    return 0 if row is None else row.officers


async def reviewed(uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> Reviewed:
    """What was looked at of these days' look-ups, what was noticed about them, and what was found."""
    sample = oversight_sample.c
    mine = (sample.agency_id == agency_id, sample.day >= first.isoformat(), sample.day <= last.isoformat())
    rows = await uow.all(
        select(sample.flags, sample.verdict, sample.asked_at.is_not(None).label("asked"), func.count().label("rows"))
        .where(*mine)
        .group_by(sample.flags, sample.verdict, sample.asked_at.is_not(None))
    )
    flags, findings = Counter[Flag](), Counter[Verdict]()
    for row in rows:
        flags.update(dict.fromkeys((Flag(flag) for flag in row.flags), row.rows))
        if row.verdict in (Verdict.FINE.value, Verdict.MISUSE.value):
            findings[Verdict(row.verdict)] += row.rows
    return Reviewed(sum(row.rows for row in rows), flags, findings, sum(row.rows for row in rows if row.asked))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BANGKOK)
