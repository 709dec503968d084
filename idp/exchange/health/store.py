"""The tables of the registries' health; counts are added up, so that any number of nodes writes one row a minute."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    delete,
    func,
    select,
)

from idp.exchange.health.model import KEPT, Heard, Minute
from idp.exchange.waiting.model import WaitingState
from idp.exchange.waiting.store import waiting_pull
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

registry_minute = Table(
    "registry_minute",
    metadata,
    Column("service", Text, nullable=False),
    Column("minute", Instant, nullable=False),
    *(Column(heard.value, Integer, nullable=False) for heard in Heard),
    PrimaryKeyConstraint("service", "minute"),
    Index("ix_registry_minute_minute", "minute"),
)

registry_shutter = Table(
    "registry_shutter",
    metadata,
    Column("service", Text, primary_key=True),
    Column("shut_at", Instant, nullable=False),
    Column("shut_by", Text, nullable=False),
    Column("sealed_reason", LargeBinary, nullable=False),
)


async def add_minute(uow: UnitOfWork, service: str, minute: datetime, counts: Mapping[Heard, int]) -> None:
    """Add what this node heard to what the others did."""
    values = {heard.value: counts.get(heard, 0) for heard in Heard}
    first = insert_on_conflict(registry_minute, uow.dialect).values(service=service, minute=minute, **values)
    sums = {name: registry_minute.c[name] + first.excluded[name] for name in values}
    await uow.execute(first.on_conflict_do_update(index_elements=["service", "minute"], set_=sums))


async def forget_old(uow: UnitOfWork) -> None:
    """Minutes that nobody looks at any more."""
    await uow.execute(delete(registry_minute).where(registry_minute.c.minute < uow.now - KEPT))


async def minutes_since(uow: UnitOfWork, since: datetime) -> dict[str, list[Minute]]:
    """What was heard of each service from then on, in order."""
    column = registry_minute.c
    found: dict[str, list[Minute]] = {}
    recent = select(registry_minute).where(column.minute >= since).order_by(column.service, column.minute)
    for row in await uow.all(recent):
        minute = Minute(row.minute, row.answered, row.turned_away, row.failed, row.rested)
        found.setdefault(row.service, []).append(minute)
    return found


async def last_answers(uow: UnitOfWork) -> dict[str, datetime]:
    """The minute in which each service was last heard of."""
    column = registry_minute.c
    heard = (column.answered + column.turned_away) > 0
    last = select(column.service, func.max(column.minute).label("last")).where(heard).group_by(column.service)
    return {row.service: row.last for row in await uow.all(last)}


async def waiting_by_dataset(uow: UnitOfWork) -> dict[str, int]:
    """How many pulls wait for each data set."""
    column = waiting_pull.c
    waits = select(column.dataset, func.count().label("pulls")).where(column.state == WaitingState.WAITING.value)
    return {row.dataset: int(row.pulls) for row in await uow.all(waits.group_by(column.dataset))}


async def shutters(uow: UnitOfWork) -> dict[str, Row[Any]]:
    """Every closed shutter by its service."""
    return {row.service: row for row in await uow.all(select(registry_shutter))}


async def close_shutter(uow: UnitOfWork, service: str, *, by: str, sealed_reason: bytes) -> bool:
    """False when it is closed already."""
    first = insert_on_conflict(registry_shutter, uow.dialect).values(
        service=service, shut_at=uow.now, shut_by=by, sealed_reason=sealed_reason
    )
    return await uow.changed(first.on_conflict_do_nothing()) == 1


async def open_shutter(uow: UnitOfWork, service: str) -> bool:
    """False when it is open already."""
    return await uow.changed(delete(registry_shutter).where(registry_shutter.c.service == service)) == 1
