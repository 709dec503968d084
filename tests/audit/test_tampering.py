"""Whoever has the whole database, but no key, changes the log; the verifier finds each change.

Mutations are drawn by kind from a seed: 60 in a usual run, 1,000 with LONG. Some forgers also mend every hash they can
compute; what is consistent in itself, a tail cut off or an older backup restored, is found by a checkpoint that was
kept outside the store. One store is changed and restored again and again.
"""

import json
import os
import random
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from sqlalchemy import Table, delete, insert, select, update

from idp.audit import store
from idp.audit.tiles import write_tiles
from idp.audit.tree import Frontier, leaf_hash
from idp.audit.verification import Sound, Tampered
from idp.storage.storage import Storage, UnitOfWork
from tests.audit.log import append, newest_note, sequence, verdict

MUTATIONS: Final = 1_000 if os.environ.get("LONG") else 60
SEQUENCED, PENDING = 290, 8
TABLES: Final = (
    store.audit_entry,
    store.audit_pending,
    store.audit_leaf,
    store.audit_head,
    store.audit_tile,
    store.audit_checkpoint,
)
Dice = random.Random
Mutation = Callable[[UnitOfWork, Dice], Awaitable[None]]


async def a_byte_of_an_entry(uow: UnitOfWork, dice: Dice) -> None:
    entry = store.audit_entry
    row = dice.choice(await uow.all(select(entry).order_by(entry.c.id)))
    name = dice.choice(["canonical", "leaf_hash", "mac"])
    await uow.execute(update(entry).where(entry.c.id == row.id).values({name: flipped(row._mapping[name], dice)}))


async def a_forged_entry_with_its_hashes(uow: UnitOfWork, dice: Dice) -> None:
    entry, leaf = store.audit_entry, store.audit_leaf
    row = dice.choice(await uow.all(select(entry).order_by(entry.c.id)))
    said = json.loads(row.canonical) | {"outcome": "refused", "agency": f"agy_{dice.random()}"}
    forged = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    hashed = {"leaf_hash": leaf_hash(forged)}
    await uow.execute(update(entry).where(entry.c.id == row.id).values(canonical=forged, **hashed))
    await uow.execute(update(leaf).where(leaf.c.entry_id == row.id).values(hashed))
    if dice.random() < 0.5:
        await mend_the_tree(uow)


async def a_byte_of_a_leaf(uow: UnitOfWork, dice: Dice) -> None:
    leaf = store.audit_leaf
    row = dice.choice(await uow.all(select(leaf).order_by(leaf.c.leaf_index)))
    changed = update(leaf).where(leaf.c.leaf_index == row.leaf_index)
    await uow.execute(changed.values(leaf_hash=flipped(row.leaf_hash, dice)))
    if dice.random() < 0.5:
        await mend_the_tree(uow)


async def another_order(uow: UnitOfWork, dice: Dice) -> None:
    leaf = store.audit_leaf
    rows = await uow.all(select(leaf).order_by(leaf.c.leaf_index))
    first, second = dice.sample(range(len(rows)), 2)
    await uow.execute(delete(leaf).where(leaf.c.leaf_index.in_([first, second])))
    for index, other in ((first, rows[second]), (second, rows[first])):
        values = {"leaf_index": index, "entry_id": other.entry_id, "leaf_hash": other.leaf_hash}
        await uow.execute(insert(leaf).values(values))
    if dice.random() < 0.5:
        await mend_the_tree(uow)


async def an_entry_deleted(uow: UnitOfWork, dice: Dice) -> None:
    entry, leaf, pending = store.audit_entry, store.audit_leaf, store.audit_pending
    row = dice.choice(await uow.all(select(entry.c.id).order_by(entry.c.id)))
    tables = dice.choice([(entry,), (leaf,), (entry, leaf)])
    waiting = await uow.first(select(pending).where(pending.c.entry_id == row.id))
    if waiting is not None:
        # sealed, but in no tree yet: an entry and its place in line can go together, unless somebody counted
        tables = dice.choice([(entry,), (pending,)])
    for table in tables:
        column = table.c.id if table is entry else table.c.entry_id
        await uow.execute(delete(table).where(column == row.id))
    if waiting is None and dice.random() < 0.5:
        await close_the_gaps(uow)
        await mend_the_tree(uow)


async def an_entry_invented(uow: UnitOfWork, dice: Dice) -> None:
    entry = store.audit_entry
    row = dice.choice(await uow.all(select(entry).order_by(entry.c.id)))
    said = json.loads(row.canonical) | {"id": f"aud_{dice.getrandbits(120):026X}"[:30]}
    forged = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    values = {"id": said["id"], "canonical": forged, "leaf_hash": leaf_hash(forged), "mac": dice.randbytes(32)}
    await uow.execute(insert(entry).values(values))
    await uow.execute(insert(store.audit_pending).values(entry_id=said["id"]))


async def an_entry_under_another_id(uow: UnitOfWork, dice: Dice) -> None:
    entry, leaf, pending = store.audit_entry, store.audit_leaf, store.audit_pending
    row = dice.choice(await uow.all(select(entry.c.id).order_by(entry.c.id)))
    other = f"{row.id[:-1]}{'0' if row.id[-1] != '0' else '1'}"
    await uow.execute(update(entry).where(entry.c.id == row.id).values(id=other))
    for table in (leaf, pending):
        await uow.execute(update(table).where(table.c.entry_id == row.id).values(entry_id=other))


async def a_pending_entry_unqueued_or_queued_again(uow: UnitOfWork, dice: Dice) -> None:
    pending, leaf = store.audit_pending, store.audit_leaf
    waiting = await uow.all(select(pending).order_by(pending.c.entry_id))
    if dice.random() < 0.5:
        await uow.execute(delete(pending).where(pending.c.entry_id == dice.choice(waiting).entry_id))
    else:
        row = dice.choice(await uow.all(select(leaf.c.entry_id).order_by(leaf.c.leaf_index)))
        await uow.execute(insert(pending).values(entry_id=row.entry_id))


async def a_byte_of_a_tile(uow: UnitOfWork, dice: Dice) -> None:
    tile = store.audit_tile
    row = dice.choice(await uow.all(select(tile).order_by(tile.c.level, tile.c.tile_index)))
    this = (tile.c.level == row.level, tile.c.tile_index == row.tile_index)
    change = dice.choice(["flip", "delete", "cut", "add", "invent"])
    if change == "delete":
        await uow.execute(delete(tile).where(*this))
    elif change == "invent":
        await uow.execute(insert(tile).values(level=dice.randrange(5), tile_index=99, hashes=dice.randbytes(32)))
    else:
        hashes = {"flip": flipped(row.hashes, dice), "cut": row.hashes[:-32], "add": row.hashes + dice.randbytes(32)}
        await uow.execute(update(tile).where(*this).values(hashes=hashes[change]))


async def a_byte_of_the_head(uow: UnitOfWork, dice: Dice) -> None:
    head = store.audit_head
    row = await uow.first(select(head))
    assert row is not None
    values = dice.choice([{"peaks": flipped(row.peaks, dice)}, {"size": row.size ^ (1 << dice.randrange(9))}])
    await uow.execute(update(head).values(values))


async def a_byte_of_a_checkpoint(uow: UnitOfWork, dice: Dice) -> None:
    checkpoint = store.audit_checkpoint
    row = dice.choice(await uow.all(select(checkpoint).order_by(checkpoint.c.size)))
    place = dice.randrange(len(row.note))
    letters = [letter for letter in "ABCxyz019+/=\n" if letter != row.note[place]]
    note = row.note[:place] + dice.choice(letters) + row.note[place + 1 :]
    await uow.execute(update(checkpoint).where(checkpoint.c.size == row.size).values(note=note))


async def a_checkpoint_moved(uow: UnitOfWork, dice: Dice) -> None:
    checkpoint = store.audit_checkpoint
    row = dice.choice(await uow.all(select(checkpoint).order_by(checkpoint.c.size)))
    await uow.execute(update(checkpoint).where(checkpoint.c.size == row.size).values(size=row.size - 1))


async def the_tail_cut_off(uow: UnitOfWork, dice: Dice) -> None:
    """Consistent in itself: all that came after is gone, checkpoints too."""
    leaf = store.audit_leaf
    rows = await uow.all(select(leaf).order_by(leaf.c.leaf_index))
    size = dice.randrange(len(rows))
    gone = [row.entry_id for row in rows[size:]]
    await uow.execute(delete(leaf).where(leaf.c.leaf_index >= size))
    await uow.execute(delete(store.audit_pending))
    kept = select(leaf.c.entry_id)
    await uow.execute(delete(store.audit_entry).where(store.audit_entry.c.id.not_in(kept)))
    await uow.execute(delete(store.audit_checkpoint).where(store.audit_checkpoint.c.size > size))
    assert gone
    await mend_the_tree(uow)


IN_THE_STORE: Final[tuple[Mutation, ...]] = (
    a_byte_of_an_entry,
    a_forged_entry_with_its_hashes,
    a_byte_of_a_leaf,
    another_order,
    an_entry_deleted,
    an_entry_invented,
    an_entry_under_another_id,
    a_pending_entry_unqueued_or_queued_again,
    a_byte_of_a_tile,
    a_byte_of_the_head,
    a_byte_of_a_checkpoint,
    a_checkpoint_moved,
)


@pytest.mark.timeout(1_800 if os.environ.get("LONG") else 120)
async def test_every_mutation_is_found(sqlite_storage: Storage) -> None:
    await a_log(sqlite_storage)
    kept, whole = await newest_note(sqlite_storage), await everything(sqlite_storage)
    assert isinstance(await verdict(sqlite_storage, kept), Sound)
    for number in range(MUTATIONS):
        dice = random.Random(number)  # noqa: S311 - which change is made need not be a secret
        mutate = IN_THE_STORE[number % len(IN_THE_STORE)]
        async with sqlite_storage.unit_of_work() as uow:
            await mutate(uow, dice)
        assert isinstance(await verdict(sqlite_storage), Tampered), f"{mutate.__name__}, seed {number}"
        await put_back(sqlite_storage, whole)
    assert isinstance(await verdict(sqlite_storage, kept), Sound)


async def test_a_cut_off_tail_is_found_by_the_kept_checkpoint_alone(sqlite_storage: Storage) -> None:
    await a_log(sqlite_storage)
    kept, whole = await newest_note(sqlite_storage), await everything(sqlite_storage)
    for number in range(max(MUTATIONS // 20, 5)):
        async with sqlite_storage.unit_of_work() as uow:
            await the_tail_cut_off(uow, random.Random(number))  # noqa: S311 - no secret
        assert isinstance(await verdict(sqlite_storage), Sound)
        found = await verdict(sqlite_storage, kept)
        assert isinstance(found, Tampered)
        assert "shorter" in found.reason
        await put_back(sqlite_storage, whole)


async def test_an_older_backup_is_found_also_after_it_went_on(sqlite_storage: Storage) -> None:
    await append(sqlite_storage, 30)
    await sequence(sqlite_storage)
    backup = await everything(sqlite_storage)
    await append(sqlite_storage, 30)
    await sequence(sqlite_storage)
    kept = await newest_note(sqlite_storage)
    await put_back(sqlite_storage, backup)
    found = await verdict(sqlite_storage, kept)
    assert isinstance(found, Tampered)
    assert "shorter" in found.reason
    # the restored store goes on and grows past the checkpoint: another history of the same length
    await append(sqlite_storage, 60)
    await sequence(sqlite_storage)
    assert isinstance(await verdict(sqlite_storage), Sound)
    found = await verdict(sqlite_storage, kept)
    assert isinstance(found, Tampered)
    assert "not the one" in found.reason


async def a_log(storage: Storage) -> None:
    await append(storage, SEQUENCED // 2)
    await sequence(storage)
    await append(storage, SEQUENCED - SEQUENCED // 2)
    await sequence(storage)
    await append(storage, PENDING)


async def everything(storage: Storage) -> dict[Table, list[dict[str, object]]]:
    async with storage.reading() as uow:
        return {table: [dict(row._mapping) for row in await uow.all(select(table))] for table in TABLES}


async def put_back(storage: Storage, whole: dict[Table, list[dict[str, object]]]) -> None:
    async with storage.unit_of_work() as uow:
        for table in TABLES:
            await uow.execute(delete(table))
            if whole[table]:
                await uow.execute(insert(table), whole[table])


async def mend_the_tree(uow: UnitOfWork) -> None:
    """What anybody can compute without a key: head and tiles of the leaves as they are now."""
    leaf = store.audit_leaf
    frontier = Frontier()
    for row in await uow.all(select(leaf.c.leaf_hash).order_by(leaf.c.leaf_index)):
        frontier = frontier.append(row.leaf_hash)
    await uow.execute(update(store.audit_head).values(size=frontier.size, peaks=frontier.to_bytes()))
    await uow.execute(delete(store.audit_tile))
    await write_tiles(uow, old_size=0, new_size=frontier.size)


async def close_the_gaps(uow: UnitOfWork) -> None:
    leaf = store.audit_leaf
    rows = await uow.all(select(leaf).order_by(leaf.c.leaf_index))
    await uow.execute(delete(leaf))
    await uow.execute(insert(leaf), [dict(row._mapping) | {"leaf_index": index} for index, row in enumerate(rows)])


def flipped(content: bytes, dice: Dice) -> bytes:
    changed = bytearray(content)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)
