"""Counting the use of data. Days that are over are added up once, by the worker; the others as they are asked for."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    case,
    cast,
    delete,
    func,
    null,
    select,
    union_all,
)

from connectors.contracts.thai_dates import BANGKOK
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.exchange.usage import GAVE, day_number, day_of, number_of, on_days
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import metadata
from idp.storage.storage import UnitOfWork

SETTLED: Final = timedelta(hours=1)
"""How long after its end a day is added up: what began on it has been written by then."""
KEPT: Final = timedelta(days=31)
"""What is older is told to nobody."""

disclosure_day = Table(
    "disclosure_day",
    metadata,
    Column("day", Integer, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("released", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("officers", Integer, nullable=False),
    PrimaryKeyConstraint("dataset", "day", "agency_id"),
    Index("ix_disclosure_day_day", "day"),
)
"""Of whom, there is nothing in it. Every day up to the newest one has been added up."""


async def add_up_days(uow: UnitOfWork) -> int:
    """Add up the days that are over, and drop those that are told no more; the worker's job, safe on any node.

    Gives how many rows were made.
    """
    last = (uow.now - SETTLED).astimezone(BANGKOK).date() - timedelta(days=1)
    newest, oldest = await _newest(uow), last - KEPT
    first = oldest if newest is None else max(oldest, newest + timedelta(days=1))
    if first > last:
        return 0
    await uow.execute(delete(disclosure_day).where(disclosure_day.c.day < number_of(oldest)))
    columns = [column.name for column in disclosure_day.c]
    added = insert_on_conflict(disclosure_day, uow.dialect).from_select(columns, _counted(first, last))
    # another node may have been quicker: it counted the same
    return await uow.changed(added.on_conflict_do_nothing())


async def used_on_days(uow: UnitOfWork, datasets: Collection[str], first: date, last: date) -> Sequence[Row[Any]]:
    """What each agency asked of each data set on each day."""
    return await uow.all(await _used(uow, datasets, first, last))


async def used_in_all(uow: UnitOfWork, datasets: Collection[str], first: date, last: date) -> Sequence[Row[Any]]:
    """The same added up, by day in the rows that name no agency, by agency and data set in those that name no day."""
    # as a table of its own: it is counted once and read twice
    used = (await _used(uow, datasets, first, last)).cte("used")
    counted = (func.sum(used.c.released).label("released"), func.sum(used.c.refused).label("refused"))
    officers = func.max(used.c.officers).label("officers")
    nobody, no_day = cast(null(), Text), cast(null(), BigInteger)
    by_day = select(used.c.day, nobody.label("agency_id"), nobody.label("dataset"), *counted, officers)
    by_agency = select(no_day, used.c.agency_id, used.c.dataset, *counted, officers)
    return await uow.all(union_all(by_day.group_by(used.c.day), by_agency.group_by(used.c.agency_id, used.c.dataset)))


async def _newest(uow: UnitOfWork) -> date | None:
    row = await uow.first(select(func.max(disclosure_day.c.day).label("day")))
    return None if row is None or row.day is None else day_of(row.day)


async def _used(uow: UnitOfWork, datasets: Collection[str], first: date, last: date) -> CompoundSelect[Any]:
    newest, owned = await _newest(uow), sorted(datasets)
    added_up = select(disclosure_day).where(
        disclosure_day.c.day >= number_of(first), disclosure_day.c.day <= number_of(last)
    )
    since = first if newest is None else max(first, newest + timedelta(days=1))
    return union_all(
        added_up.where(disclosure_day.c.dataset.in_(owned)), _counted(since, last, disclosure.c.dataset.in_(owned))
    )


def _counted(first: date, last: date, *which: ColumnElement[bool]) -> Select[Any]:
    """An officer's pulls of a day first, so that each disclosure is read once.

    Refusals that came in a burst count as often as they came; who is named in another's record counts nothing.
    """
    gave = disclosure.c.outcome.in_(GAVE)
    # who began before midnight and ended after it counts on a day that is read here: no day is begun by a straggler
    ended = day_number(disclosure.c.at)
    earliest, latest = number_of(first), number_of(last)
    day = case((ended < earliest, earliest), (ended > latest, latest), else_=ended)
    whose = (day, disclosure.c.agency_id, disclosure.c.dataset, disclosure.c.officer_id)
    by_officer = (
        select(
            day.label("day"),
            *whose[1:],
            func.sum(case((gave, disclosure.c.times), else_=0)).label("released"),
            func.sum(case((gave, 0), else_=disclosure.c.times)).label("refused"),
        )
        .where(*on_days(first, last), *which)
        .where(disclosure.c.outcome != Outcome.NAMED.value)
        .group_by(*whose)
        .subquery()
    )
    one = by_officer.c
    return select(
        one.day,
        one.agency_id,
        one.dataset,
        func.sum(one.released).label("released"),
        func.sum(one.refused).label("refused"),
        func.count(one.officer_id).label("officers"),
    ).group_by(one.day, one.agency_id, one.dataset)
