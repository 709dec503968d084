"""The tree in tiles of 256 hashes (C2SP tlog-tiles): few rows to read for a proof, however large the log.

A tile of level 0 is written when its 256 leaves are there; until then they are read from `audit_leaf`. A tile of a
higher level grows by one hash with each tile that fills below it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import select

from idp.audit import store
from idp.audit.proofs import Run, Subtree, fold, root_of
from idp.audit.tree import HASH_BYTES
from idp.storage.dialects import insert_on_conflict
from idp.storage.storage import UnitOfWork

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8

Place = tuple[int, int]
"""Level of a tile and its index in that level."""


def hashes_in(tile: bytes) -> list[bytes]:
    """A tile cut into its hashes."""
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def tile_root(tile: bytes) -> bytes:
    """The root of a full tile: a hash of the tile one level up."""
    return fold(hashes_in(tile))


def tile_of(subtree: Subtree) -> Place:
    """The tile that holds a subtree's hash, or the hashes it folds from."""
    level = subtree.height // TILE_HEIGHT
    return level, (subtree.index << (subtree.height % TILE_HEIGHT)) // TILE_WIDTH


async def write_tiles(uow: UnitOfWork, *, old_size: int, new_size: int) -> None:
    """Write what the leaves from `old_size` up to `new_size` fill."""
    level, first = 0, old_size // TILE_WIDTH
    full = [await _leaves(uow, index) for index in range(first, new_size // TILE_WIDTH)]
    while full:
        if level == 0:
            for index, tile in enumerate(full, first):
                await _put(uow, (0, index), tile)
        full, first = await _grow(uow, level + 1, first, [tile_root(tile) for tile in full])
        level += 1


async def prove(uow: UnitOfWork, runs: Iterable[Run]) -> tuple[bytes, ...]:
    """The hashes of a proof. Raises ValueError when the tree has not got them."""
    (proof,) = await prove_each(uow, [tuple(runs)])
    return proof


async def prove_each(uow: UnitOfWork, proofs: Sequence[Sequence[Run]]) -> tuple[tuple[bytes, ...], ...]:
    """The hashes of several proofs; what they share is read and folded once. Raises ValueError as `prove`."""
    subtrees = {subtree for runs in proofs for run in runs for subtree in run.subtrees()}
    tiles = {place: await read_tile(uow, place) for place in {tile_of(subtree) for subtree in subtrees}}
    hashes = {subtree: _hash_in(tiles[tile_of(subtree)], subtree) for subtree in subtrees}
    return tuple(tuple(root_of(run, hashes.__getitem__) for run in runs) for runs in proofs)


async def read_tile(uow: UnitOfWork, place: Place) -> bytes:
    """A tile as far as it has grown, perhaps not at all."""
    level, index = place
    tile = store.audit_tile.c
    row = await uow.first(select(tile.hashes).where(tile.level == level, tile.tile_index == index))
    if row is not None:
        return bytes(row.hashes)
    return await _leaves(uow, index) if level == 0 else b""


def grown_to(size: int) -> Iterator[tuple[Place, int]]:
    """Every tile of a tree of `size` leaves, with its width; the last of a level may be partial (tlog-tiles)."""
    level, hashes = 0, size
    while hashes:
        for index in range(-(-hashes // TILE_WIDTH)):
            yield (level, index), min(TILE_WIDTH, hashes - index * TILE_WIDTH)
        level, hashes = level + 1, hashes // TILE_WIDTH


async def _grow(uow: UnitOfWork, level: int, first: int, roots: list[bytes]) -> tuple[list[bytes], int]:
    """Add hashes from place `first` of a level on; gives the tiles that became full, and the index of their first."""
    full: list[bytes] = []
    first_tile = first // TILE_WIDTH
    for index in range(first_tile, (first + len(roots) - 1) // TILE_WIDTH + 1):
        mine = roots[max(0, index * TILE_WIDTH - first) : (index + 1) * TILE_WIDTH - first]
        tile = await read_tile(uow, (level, index)) + b"".join(mine)
        await _put(uow, (level, index), tile)
        if len(tile) == TILE_WIDTH * HASH_BYTES:
            full.append(tile)
    return full, first_tile


async def _put(uow: UnitOfWork, place: Place, hashes: bytes) -> None:
    level, index = place
    first = insert_on_conflict(store.audit_tile, uow.dialect).values(level=level, tile_index=index, hashes=hashes)
    await uow.execute(first.on_conflict_do_update(index_elements=["level", "tile_index"], set_={"hashes": hashes}))


async def _leaves(uow: UnitOfWork, tile_index: int) -> bytes:
    first = tile_index * TILE_WIDTH
    leaf = store.audit_leaf.c
    inside = leaf.leaf_index.between(first, first + TILE_WIDTH - 1)
    rows = await uow.all(select(leaf.leaf_hash).where(inside).order_by(leaf.leaf_index))
    return b"".join(row.leaf_hash for row in rows)


def _hash_in(tile: bytes, subtree: Subtree) -> bytes:
    width = 1 << (subtree.height % TILE_HEIGHT)
    first = (subtree.index * width) % TILE_WIDTH
    hashes = hashes_in(tile[first * HASH_BYTES : (first + width) * HASH_BYTES])
    if len(hashes) != width:
        raise ValueError("the tree has not grown so far")
    return fold(hashes)
