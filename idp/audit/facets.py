"""By what entries are found: a few columns beside the tree, read from the entries themselves.

The log proves, this finds: nothing here is believed. Whatever is shown to people is read from the entry and proven by
the tree; the columns can be made anew from the entries at any time. They hold what entries hold: ids, names of events,
pseudonyms of subscribers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Row,
    Select,
    Table,
    Text,
    func,
    select,
    text,
)

from idp.audit.export import first_id
from idp.audit.store import audit_entry, audit_leaf
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import EPOCH, MILLISECOND, Instant, metadata
from idp.storage.storage import UnitOfWork

BATCH: Final = 1_000
LOOKED_THROUGH: Final = 5_000
"""So many rows one page looks at, however rare what is sought: whoever wants more goes on from there."""
DISORDER: Final = timedelta(minutes=5)
"""Leaves are given in the order of the ids but for units of work that last: never by so much."""
UNREADABLE: Final = "unreadable"
"""In place of every word of an entry that is none of this log's."""
_REFUSED: Final = text("refused")
_ABOUT_SOMEBODY: Final = text("subject IS NOT NULL")

audit_facet = Table(
    "audit_facet",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("event", Text, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("agency", Text),
    Column("subject", Text),
    Index("ix_audit_facet_agency", "agency", "leaf_index"),
    Index("ix_audit_facet_event", "event", "leaf_index"),
    Index("ix_audit_facet_actor", "actor", "leaf_index"),
    Index(
        "ix_audit_facet_subject",
        "subject",
        "leaf_index",
        sqlite_where=_ABOUT_SOMEBODY,
        postgresql_where=_ABOUT_SOMEBODY,
    ),
    Index("ix_audit_facet_refused", "leaf_index", sqlite_where=_REFUSED, postgresql_where=_REFUSED),
    Index("ix_audit_facet_agency_refused", "agency", "leaf_index", sqlite_where=_REFUSED, postgresql_where=_REFUSED),
)


@dataclass(frozen=True, slots=True)
class Facets:
    """Which entries are wanted; None or False where it does not matter. `subject` is a pseudonym of the log."""

    agency: str | None = None
    subject: str | None = None
    actor: str | None = None
    actor_kind: str | None = None
    event: str | None = None
    refused: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """An entry as it was hashed, and the leaf it has under its id."""

    leaf_index: int
    entry_id: str
    canonical: bytes


@dataclass(frozen=True, slots=True, repr=False)
class FoundPage:
    """Entries, the newest first. `goes_on_at` is where to look further: below this leaf; None at the end.

    `is_partial`: the page ends because enough was looked through, not because it is full.
    """

    entries: tuple[Found, ...]
    goes_on_at: int | None
    is_partial: bool


async def take_up(uow: UnitOfWork, *, limit: int = BATCH) -> int:
    """Put the next entries that have a leaf among those that are found; how many. Safe on any number of nodes."""
    newest = await uow.first(select(func.max(audit_facet.c.leaf_index)))
    after = -1 if newest is None or newest[0] is None else int(newest[0])
    rows = await uow.all(
        select(audit_leaf.c.leaf_index, audit_entry.c.canonical)
        .join(audit_entry, audit_entry.c.id == audit_leaf.c.entry_id)
        .where(audit_leaf.c.leaf_index > after)
        .order_by(audit_leaf.c.leaf_index)
        .limit(limit)
    )
    if rows:
        values = [_columns(row.leaf_index, bytes(row.canonical)) for row in rows]
        await uow.execute(insert_on_conflict(audit_facet, uow.dialect).on_conflict_do_nothing(), values)
    return len(rows)


async def find_page(
    uow: UnitOfWork, wanted: Facets, *, below: int | None, limit: int, most: int = LOOKED_THROUGH
) -> FoundPage:
    """What is wanted below this leaf (None: from the newest one), the newest first, among the next `most` rows."""
    looked = (await _range(uow, wanted, below=below)).limit(most).subquery()
    conditions = _conditions(wanted, looked.c)
    newest = select(looked.c.leaf_index).where(*conditions).order_by(looked.c.leaf_index.desc()).limit(limit + 1)
    leaves = [int(row.leaf_index) for row in await uow.all(newest)]
    if len(leaves) > limit:
        return FoundPage(await _entries(uow, leaves[:limit]), leaves[limit - 1], is_partial=False)
    counted = select(func.count().label("rows"), func.min(looked.c.leaf_index).label("last")).select_from(looked)
    seen = await uow.first(counted)
    is_partial = seen is not None and seen.rows == most
    return FoundPage(await _entries(uow, leaves), seen.last if seen is not None and is_partial else None, is_partial)


async def find_entry(uow: UnitOfWork, entry_id: str) -> Found | None:
    """The entry of this id, once it has a leaf."""
    row = await uow.first(_ENTRIES.where(audit_leaf.c.entry_id == entry_id))
    return None if row is None else _found(row)


async def find_events(uow: UnitOfWork) -> tuple[str, ...]:
    """Every kind of event there is, by skipping in the index from one to the next."""
    column = audit_facet.c.event
    first = select(func.min(column).label("event")).cte("kinds", recursive=True)
    following = select(func.min(column)).where(column > first.c.event).scalar_subquery()
    kinds = first.union_all(select(following).where(first.c.event.is_not(None)))
    rows = await uow.all(select(kinds.c.event).where(kinds.c.event.is_not(None)))
    return tuple(row.event for row in rows)


async def _range(uow: UnitOfWork, wanted: Facets, *, below: int | None) -> Select[Any]:
    """The rows to be looked through, newest first: one stretch of the index that leaves the fewest."""
    facet = audit_facet.c
    statement = select(audit_facet).order_by(facet.leaf_index.desc())
    statement = statement.where(*_chosen_index(wanted))
    if below is not None:
        statement = statement.where(facet.leaf_index < below)
    if wanted.since is not None:
        first = await _leaf_at(uow, wanted.since - DISORDER)
        statement = statement.where(facet.leaf_index >= (first if first is not None else _BEYOND))
    if wanted.until is not None and (last := await _leaf_at(uow, wanted.until + DISORDER)) is not None:
        statement = statement.where(facet.leaf_index < last)
    return statement


_BEYOND: Final = 1 << 62


def _chosen_index(wanted: Facets) -> tuple[ColumnElement[bool], ...]:
    facet = audit_facet.c
    for name in ("subject", "actor"):
        if (value := getattr(wanted, name)) is not None:
            return (facet[name] == value,)
    if wanted.refused:
        return (facet.refused, *(() if wanted.agency is None else (facet.agency == wanted.agency,)))
    for name in ("agency", "event"):
        if (value := getattr(wanted, name)) is not None:
            return (facet[name] == value,)
    return ()


def _conditions(wanted: Facets, facet: Any) -> list[ColumnElement[bool]]:
    named = {name: getattr(wanted, name) for name in ("agency", "subject", "actor", "actor_kind", "event")}
    conditions = [facet[name] == value for name, value in named.items() if value is not None]
    if wanted.refused:
        conditions.append(facet.refused)
    if wanted.since is not None:
        conditions.append(facet.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(facet.at < wanted.until)
    return conditions


async def _leaf_at(uow: UnitOfWork, moment: datetime) -> int | None:
    """The leaf of the first entry made then or later; ids begin with their time."""
    leaf = audit_leaf.c
    later = select(leaf.leaf_index).where(leaf.entry_id >= first_id(moment)).order_by(leaf.entry_id).limit(1)
    row = await uow.first(later)
    return None if row is None else int(row.leaf_index)


async def _entries(uow: UnitOfWork, leaves: Sequence[int]) -> tuple[Found, ...]:
    rows = await uow.all(_ENTRIES.where(audit_leaf.c.leaf_index.in_(leaves)).order_by(audit_leaf.c.leaf_index.desc()))
    return tuple(_found(row) for row in rows)


_ENTRIES: Final = select(audit_leaf.c.leaf_index, audit_leaf.c.entry_id, audit_entry.c.canonical).join(
    audit_entry, audit_entry.c.id == audit_leaf.c.entry_id
)


def _found(row: Row[Any]) -> Found:
    return Found(int(row.leaf_index), row.entry_id, bytes(row.canonical))


def _columns(leaf_index: int, canonical: bytes) -> dict[str, Any]:
    try:
        said = json.loads(canonical)
        return {
            "leaf_index": leaf_index,
            "at": EPOCH + said["at"] * MILLISECOND,
            "event": said["event"],
            "refused": said["outcome"] == "refused",
            "actor_kind": said["actor"]["kind"],
            "actor": said["actor"]["id"],
            "agency": said["agency"],
            "subject": said["subject"],
        }
    except (ValueError, KeyError, TypeError, OverflowError):
        # somebody wrote over it: it is found under this name, and neither the worker nor what comes after it stops
        return {
            "leaf_index": leaf_index,
            "at": EPOCH,
            "event": UNREADABLE,
            "refused": True,
            "actor_kind": UNREADABLE,
            "actor": UNREADABLE,
            "agency": None,
            "subject": None,
        }
