"""The log as files that stand for themselves: a window of entries, every tile, the newest checkpoint.

Leaf hashes say nothing about entries (each holds 80 random bits), so that all tiles leave with any window: whoever has
the files computes the whole tree and finds each entry in it. Paths are those of C2SP tlog-tiles.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from idp.audit import store
from idp.audit.checkpoint import read_note
from idp.audit.model import SYSTEM, AuditEvent
from idp.audit.tiles import grown_to, read_tile
from idp.audit.tree import HASH_BYTES
from idp.kernel.ids import new_id
from idp.storage.storage import UnitOfWork

ENTRIES: Final = "entries.jsonl"
CHECKPOINT: Final = "checkpoint"
CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Window:
    """Entries made from `since` up to, without, `until`; None leaves a side open."""

    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> ColumnElement[bool]:
        """Ids begin with their time."""
        entry_id = store.audit_entry.c.id
        condition = entry_id >= ("" if self.since is None else first_id(self.since))
        return condition if self.until is None else condition & (entry_id < first_id(self.until))


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export, or one more piece of it; `path` is relative."""

    path: str
    content: bytes


async def announce(uow: UnitOfWork, window: Window) -> AuditEvent:
    """The entry to be written before anything leaves: what was taken out is itself an act."""
    newest = await store.newest_checkpoint(uow)
    counted = await uow.first(select(func.count()).select_from(_sequenced(window, newest)))
    return AuditEvent(
        event="audit.exported",
        actor=SYSTEM,
        details={
            "since": None if window.since is None else window.since.isoformat(),
            "until": None if window.until is None else window.until.isoformat(),
            "entries": 0 if counted is None else int(counted[0]),
            "tree_size": 0 if newest is None else newest.size,
        },
    )


async def export(uow: UnitOfWork, window: Window, *, log_key: str) -> AsyncIterator[File]:
    """The files, the entries piece by piece. Nothing but the key where no checkpoint was signed yet."""
    yield File("log-key", f"{log_key}\n".encode())
    newest = await store.newest_checkpoint(uow)
    if newest is None:
        return
    yield File(CHECKPOINT, (await store.note_with_cosignatures(uow, newest)).encode())
    # a time-stamp is of the note as the log signed it, without lines of others
    if (token := (await store.testimonies_of(uow, newest.size)).get(store.TIMESTAMP)) is not None:
        yield File("checkpoint.signed", newest.note.encode())
        yield File("checkpoint.tst", token)
    for (level, index), width in grown_to(read_note(newest.note).size):
        tile = await read_tile(uow, (level, index))
        yield File(tile_path(level, index, width), tile[: width * HASH_BYTES])
    # leaves were given in the order of the ids, except between nodes: a window is read by id and says each leaf
    rows = _sequenced(window, newest)
    page, after = select(rows).order_by(rows.c.id).limit(CHUNK), ""
    while found := await uow.all(page.where(rows.c.id > after)):
        lines = [json.dumps({"leaf_index": row.leaf_index, "entry": row.canonical.decode()}) for row in found]
        yield File(ENTRIES, "".join(f"{line}\n" for line in lines).encode())
        after = found[-1].id


def tile_path(level: int, index: int, width: int) -> str:
    """`tile/<L>/<N>[.p/<W>]`, the index in elements of three digits (tlog-tiles, "Merkle Tree")."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    elements = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    named = "/".join([*(f"x{element}" for element in elements[:-1]), elements[-1]])
    return f"tile/{level}/{named}" + ("" if width == 256 else f".p/{width}")


def _sequenced(window: Window, newest: Any) -> Any:
    entry, leaf = store.audit_entry, store.audit_leaf
    return (
        select(entry.c.id, entry.c.canonical, leaf.c.leaf_index)
        .join(leaf, leaf.c.entry_id == entry.c.id)
        .where(window.condition(), leaf.c.leaf_index < (0 if newest is None else newest.size))
        .subquery()
    )


def first_id(moment: datetime) -> str:
    """The least id of an entry made then or later."""
    return new_id("aud", now=moment, randomness=bytes)
