"""Tables of the log. An entry waits in `audit_pending` until the sequencer gives it a leaf."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from idp.audit.model import Entry
from idp.audit.tree import Frontier
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

# Written in one statement with the entry it names: a foreign key would look for that row again, and lock it, each time.
# An id here without its entry is tampering, and `verify` says so.
audit_pending = Table(
    "audit_pending",
    metadata,
    Column("entry_id", Text, primary_key=True),
)

# Leaf hashes outlive their entries: when old entries go by retention, the tree still verifies.
audit_leaf = Table(
    "audit_leaf",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Text, nullable=False, unique=True),
    Column("leaf_hash", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("fence", BigInteger, nullable=False),
)

audit_tile = Table(
    "audit_tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("tile_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
)

# What others said of a checkpoint: a time-stamp token, or the signature line of the witness of that name.
audit_testimony = Table(
    "audit_testimony",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("by", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
)

THE_HEAD = 1
TIMESTAMP = "rfc3161"

_WRITTEN = (
    insert(audit_entry)
    .values({column.name: bindparam(f"its_{column.name}", type_=column.type) for column in audit_entry.c})
    .returning(audit_entry.c.id)
    .cte("written")
)
_WRITTEN_AND_QUEUED = insert(audit_pending).from_select(["entry_id"], select(_WRITTEN.c.id))


async def insert_entry(uow: UnitOfWork, entry: Entry) -> None:
    """Write an entry and queue it for the sequencer; no lock, no counter."""
    columns = {"id": entry.id, "canonical": entry.canonical, "leaf_hash": entry.leaf_hash, "mac": entry.mac}
    if uow.dialect == "postgresql":
        await uow.execute(_WRITTEN_AND_QUEUED, {f"its_{name}": value for name, value in columns.items()})
        return
    # SQLite writes nothing in a WITH, and has no way to go that one statement would save
    await uow.execute(insert(audit_entry).values(columns))
    await uow.execute(insert(audit_pending).values(entry_id=entry.id))


async def ensure_head(uow: UnitOfWork) -> None:
    """The head row is there, if only of an empty tree."""
    first = insert_on_conflict(audit_head, uow.dialect).values(id=THE_HEAD, size=0, peaks=b"", fence=0)
    await uow.execute(first.on_conflict_do_nothing())


async def load_head(uow: UnitOfWork) -> tuple[Frontier, int]:
    """The tree as sequenced so far and the fence of whoever advanced it last."""
    row = await uow.first(select(audit_head).where(audit_head.c.id == THE_HEAD))
    return (Frontier(), 0) if row is None else (Frontier.from_bytes(row.size, row.peaks), row.fence)


async def newest_checkpoint(uow: UnitOfWork) -> Row[Any] | None:
    """The checkpoint over the most leaves."""
    return await uow.first(select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1))


async def testimonies_of(uow: UnitOfWork, size: int) -> dict[str, bytes]:
    """What is there for the checkpoint of this size, by who said it."""
    said = audit_testimony.c
    rows = await uow.all(select(said.by, said.content).where(said.size == size).order_by(said.by))
    return {row.by: bytes(row.content) for row in rows}


async def newest_testimony(uow: UnitOfWork, by: str) -> int:
    """The largest size this one testified to, 0 for none."""
    row = await uow.first(select(func.max(audit_testimony.c.size)).where(audit_testimony.c.by == by))
    return 0 if row is None or row[0] is None else int(row[0])


async def testimony_owed_since(uow: UnitOfWork, by: str) -> datetime | None:
    """When the first checkpoint was signed that goes beyond what this one testified to, None for none."""
    beyond = audit_checkpoint.c.size > await newest_testimony(uow, by)
    owed = select(audit_checkpoint.c.signed_at).where(beyond).order_by(audit_checkpoint.c.size).limit(1)
    row = await uow.first(owed)
    return None if row is None else row.signed_at


async def keep_testimony(uow: UnitOfWork, *, size: int, by: str, content: bytes) -> None:
    """Keep what was said, unless another node kept it already."""
    first = insert_on_conflict(audit_testimony, uow.dialect).values(size=size, by=by, content=content, at=uow.now)
    await uow.execute(first.on_conflict_do_nothing())


async def note_with_cosignatures(uow: UnitOfWork, checkpoint: Row[Any]) -> str:
    """A checkpoint's note with the lines of the witnesses below the log's own."""
    said = await testimonies_of(uow, checkpoint.size)
    return str(checkpoint.note) + "".join(line.decode() for by, line in said.items() if by != TIMESTAMP)


async def anything_waits(uow: UnitOfWork) -> bool:
    """An entry has no leaf yet."""
    return await uow.first(select(audit_pending.c.entry_id).limit(1)) is not None


async def give_leaves(uow: UnitOfWork, *, first: int, limit: int) -> Sequence[bytes]:
    """Give waiting entries, oldest first, the leaves from `first` on; gives their hashes in that order.

    Entries never leave the database for it: one statement moves them, however many they are.
    """
    oldest = (
        select(audit_entry.c.id, audit_entry.c.leaf_hash)
        .join(audit_pending, audit_pending.c.entry_id == audit_entry.c.id)
        .order_by(audit_entry.c.id)
        .limit(limit)
        .subquery()
    )
    place = func.row_number().over(order_by=oldest.c.id) + (first - 1)
    leaves = insert(audit_leaf).from_select(
        ["leaf_index", "entry_id", "leaf_hash"], select(place, oldest.c.id, oldest.c.leaf_hash)
    )
    rows = (await uow.execute(leaves.returning(audit_leaf.c.leaf_index, audit_leaf.c.leaf_hash))).all()
    return [leaf_hash for _, leaf_hash in sorted((row.leaf_index, row.leaf_hash) for row in rows)]


async def drop_pending(uow: UnitOfWork, *, first: int) -> None:
    """The entries with the leaves from `first` on wait no longer."""
    sequenced = select(audit_leaf.c.entry_id).where(audit_leaf.c.leaf_index >= first)
    await uow.execute(delete(audit_pending).where(audit_pending.c.entry_id.in_(sequenced)))
