"""Proving the log: every entry, pending or sequenced, is as it was written, and the tree is what the checkpoints
signed.
"""

import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from idp.audit import store
from idp.audit.checkpoint import Checkpoint, InvalidCheckpoint, NotACheckpoint
from idp.audit.tiles import TILE_WIDTH, Place, tile_root
from idp.audit.tree import HASH_BYTES, Frontier, leaf_hash
from idp.storage.storage import UnitOfWork

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Sound:
    """Nothing was changed. `pending` entries are sealed but not yet in the tree; `newest_checkpoint` is its size."""

    entries: int
    tree_size: int
    pending: int
    newest_checkpoint: int
    newest_checkpoint_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tampered:
    """Something was changed; `entry` names the first bad entry where one can be named."""

    reason: str
    entry: str | None


Verdict = Sound | Tampered


@dataclass(frozen=True, slots=True)
class Seals:
    """The keys' side of the checks: recompute a MAC, open a signed note."""

    mac: Callable[[bytes], bytes]
    open_note: Callable[[str], Checkpoint]


async def verify_log(uow: UnitOfWork, *, seals: Seals, kept_checkpoint: str | None = None) -> Verdict:
    """Check the whole log in one snapshot. `kept_checkpoint` is a note that was kept outside the store.

    Raises ValueError when that is no note at all: it says nothing about the log.
    """
    # 1. each entry against its own hash and seal, and its place: pending or in the tree, never both, never neither
    if (bad := await _check_entries(uow, seals)) is not None:
        return bad
    # 2. the leaves: contiguous, of the entries' hashes, and folding to the head
    roots = await _signed_sizes(uow)
    frontier: Frontier | Tampered = await _check_leaves(uow, roots)
    if isinstance(frontier, Tampered):
        return frontier
    # 3. every checkpoint ever signed fits the tree
    if (bad := await _check_checkpoints(uow, seals, roots)) is not None:
        return bad
    # 4. the tree has not been rolled back behind a checkpoint that somebody kept
    if kept_checkpoint is not None and (bad := await _check_kept(uow, seals, kept_checkpoint)) is not None:
        return bad
    return await _sound(uow, frontier)


async def _check_entries(uow: UnitOfWork, seals: Seals) -> Tampered | None:
    async for row in _chunks(uow):
        if (reason := _entry_fault(row, seals)) is not None:
            return Tampered(reason, row.id)
    for table, reason in (
        (store.audit_leaf, "the entry of a leaf is missing"),
        (store.audit_pending, "a pending entry is missing"),
    ):
        without = select(table.c.entry_id).outerjoin(store.audit_entry, store.audit_entry.c.id == table.c.entry_id)
        first = without.where(store.audit_entry.c.id.is_(None)).order_by(*table.primary_key).limit(1)
        if (orphan := await uow.first(first)) is not None:
            return Tampered(reason, orphan.entry_id)
    return None


def _entry_fault(row: Row[Any], seals: Seals) -> str | None:
    if leaf_hash(row.canonical) != row.leaf_hash:
        return "the entry does not match its hash"
    if not hmac.compare_digest(seals.mac(row.canonical), row.mac):
        return "the entry does not match its seal"
    if json.loads(row.canonical)["id"] != row.id:
        return "the entry stands under another id"
    if (row.waiting is None) == (row.leaf_index is None):
        return "the entry is neither pending nor in the tree" if row.waiting is None else "the entry is in both"
    if row.leaf_index is not None and row.tree_hash != row.leaf_hash:
        return "the leaf does not match the entry"
    return None


async def _chunks(uow: UnitOfWork) -> AsyncIterator[Row[Any]]:
    entry, pending, leaf = store.audit_entry, store.audit_pending, store.audit_leaf
    everything = (
        select(
            entry,
            pending.c.entry_id.label("waiting"),
            leaf.c.leaf_index,
            leaf.c.leaf_hash.label("tree_hash"),
        )
        .outerjoin(pending, pending.c.entry_id == entry.c.id)
        .outerjoin(leaf, leaf.c.entry_id == entry.c.id)
        .order_by(entry.c.id)
        .limit(CHUNK)
    )
    after = ""
    while rows := await uow.all(everything.where(entry.c.id > after)):
        for row in rows:
            yield row
        after = rows[-1].id


async def _signed_sizes(uow: UnitOfWork) -> dict[int, bytes | None]:
    rows = await uow.all(select(store.audit_checkpoint.c.size))
    return {row.size: None for row in rows}


async def _check_leaves(uow: UnitOfWork, roots: dict[int, bytes | None]) -> Frontier | Tampered:
    try:
        head, _ = await store.load_head(uow)
    except ValueError as error:
        return Tampered(f"the head: {error}", None)
    frontier, tiles = Frontier(), _Tiles(uow)
    leaf = store.audit_leaf
    while rows := await uow.all(
        select(leaf).where(leaf.c.leaf_index >= frontier.size).order_by(leaf.c.leaf_index).limit(CHUNK)
    ):
        for row in rows:
            if row.leaf_index != frontier.size:
                return Tampered("a leaf is missing before this entry", row.entry_id)
            frontier = frontier.append(row.leaf_hash)
            if frontier.size in roots:
                roots[frontier.size] = frontier.root()
            if not await tiles.match(row.leaf_hash):
                return Tampered("a tile does not match its leaves; last entry of the tile", row.entry_id)
    if frontier != head:
        return Tampered("the head does not match the leaves", None)
    if not await tiles.are_all():
        return Tampered("there are tiles that no leaves fill", None)
    return frontier


class _Tiles:
    """The tiles as the leaves say they must be, held against those of the store."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._growing: list[bytes] = [b""]
        self._full: list[int] = [0]

    async def match(self, leaf: bytes) -> bool:
        """One more leaf; False when it fills a tile that the store has otherwise."""
        level, carried = 0, leaf
        self._growing[0] += carried
        while len(self._growing[level]) == TILE_WIDTH * HASH_BYTES:
            tile = self._growing[level]
            if not await self._is_stored((level, self._full[level]), tile):
                return False
            self._growing[level] = b""
            self._full[level] += 1
            level, carried = level + 1, tile_root(tile)
            if level == len(self._growing):
                self._growing.append(b"")
                self._full.append(0)
            self._growing[level] += carried
        return True

    async def are_all(self) -> bool:
        """The partial tiles above the leaves are there too, and no other row."""
        expected = sum(self._full)
        for level in range(1, len(self._growing)):
            if self._growing[level]:
                expected += 1
                if not await self._is_stored((level, self._full[level]), self._growing[level]):
                    return False
        rows = await self._uow.first(select(func.count()).select_from(store.audit_tile))
        return rows is not None and rows[0] == expected

    async def _is_stored(self, place: Place, tile: bytes) -> bool:
        level, index = place
        column = store.audit_tile.c
        row = await self._uow.first(select(column.hashes).where(column.level == level, column.tile_index == index))
        return row is not None and bytes(row.hashes) == tile


async def _check_checkpoints(uow: UnitOfWork, seals: Seals, roots: dict[int, bytes | None]) -> Tampered | None:
    for row in await uow.all(select(store.audit_checkpoint).order_by(store.audit_checkpoint.c.size)):
        try:
            signed = seals.open_note(row.note)
        except InvalidCheckpoint as error:
            return Tampered(f"the checkpoint of size {row.size}: {error}", None)
        if signed.size != row.size or roots[row.size] != signed.root:
            return Tampered(f"the tree is not what the checkpoint of size {row.size} signed", None)
    return None


async def _check_kept(uow: UnitOfWork, seals: Seals, note: str) -> Tampered | None:
    try:
        kept = seals.open_note(note)
    except NotACheckpoint as error:
        raise ValueError(f"the file is no checkpoint of a log: {error}") from error
    except InvalidCheckpoint as error:
        return Tampered(f"the checkpoint that was kept: {error}", None)
    leaf = store.audit_leaf
    frontier = Frontier()
    for row in await uow.all(select(leaf.c.leaf_hash).where(leaf.c.leaf_index < kept.size).order_by(leaf.c.leaf_index)):
        frontier = frontier.append(row.leaf_hash)
    if frontier.size < kept.size:
        return Tampered("the log is shorter than the checkpoint that was kept: rolled back or cut off", None)
    return (
        None
        if frontier.root() == kept.root
        else Tampered("the log is not the one that the kept checkpoint signed", None)
    )


async def _sound(uow: UnitOfWork, frontier: Frontier) -> Sound:
    pending = await uow.first(select(func.count()).select_from(store.audit_pending))
    newest = await store.newest_checkpoint(uow)
    waiting = 0 if pending is None else int(pending[0])
    return Sound(
        entries=frontier.size + waiting,
        tree_size=frontier.size,
        pending=waiting,
        newest_checkpoint=0 if newest is None else newest.size,
        newest_checkpoint_at=None if newest is None else newest.signed_at,
    )
