"""The log proves itself: whatever byte of an entry is changed, pending or sequenced, the verifier names that entry."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from idp.audit import store
from idp.audit.checkpoint import InvalidCheckpoint, key_id_of, open_note
from idp.audit.sequencer import (
    SequencerFenced,
    newest_checkpoint_note,
    sequence_pending,
)
from idp.audit.tiles import tile_root
from idp.audit.tree import EMPTY_ROOT, Frontier, leaf_hash, node_hash
from idp.audit.verification import Sound, Tampered
from idp.keys.audit_seals import CheckpointSigner
from idp.keys.files import RootKeys
from idp.storage.storage import Storage
from tests.audit.log import SIGNER, append, sequence, verdict
from tests.clock import FrozenClock


async def test_an_untouched_log_is_sound_pending_and_sequenced(storage: Storage) -> None:
    await append(storage, 700)
    await sequence(storage)
    await append(storage, 3)
    found = await verdict(storage)
    assert isinstance(found, Sound)
    assert (found.entries, found.tree_size, found.pending, found.newest_checkpoint) == (703, 700, 3, 700)
    async with storage.reading() as uow:
        assert len(await uow.all(select(store.audit_tile))) == 3  # two of leaves, one above them


async def test_entries_hold_pseudonyms_not_subscribers(storage: Storage) -> None:
    await append(storage, 1)
    async with storage.reading() as uow:
        row = await uow.first(select(store.audit_entry))
    assert row is not None
    assert b"sub_SECRET" not in row.canonical


@pytest.mark.parametrize("column", ["canonical", "leaf_hash", "mac"])
@pytest.mark.parametrize("sequenced", [True, False], ids=["sequenced", "pending"])
async def test_one_changed_byte_names_the_entry(storage: Storage, column: str, sequenced: bool) -> None:
    dice = random.Random(column)  # noqa: S311 - which byte is flipped need not be a secret
    ids = await append(storage, 20)
    if sequenced:
        await sequence(storage)
    victim = dice.choice(ids)
    entry = store.audit_entry
    async with storage.unit_of_work() as uow:
        row = await uow.first(select(entry).where(entry.c.id == victim))
        assert row is not None
        value = bytearray(row._mapping[column])
        value[dice.randrange(len(value))] ^= 1 << dice.randrange(8)
        await uow.execute(update(entry).where(entry.c.id == victim).values({column: bytes(value)}))
    found = await verdict(storage)
    assert isinstance(found, Tampered)
    assert found.entry == victim


async def _reseal(storage: Storage, victim: str) -> None:
    """An attacker with the whole database, but not the keys: changes an entry and its hash."""
    entry = store.audit_entry
    async with storage.unit_of_work() as uow:
        row = await uow.first(select(entry).where(entry.c.id == victim))
        assert row is not None
        forged = row.canonical.replace(b"name_th", b"name_en")
        await uow.execute(
            update(entry).where(entry.c.id == victim).values(canonical=forged, leaf_hash=leaf_hash(forged))
        )
        await uow.execute(
            update(store.audit_leaf).where(store.audit_leaf.c.entry_id == victim).values(leaf_hash=leaf_hash(forged))
        )


async def _delete_entry(storage: Storage, victim: str) -> None:
    async with storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_pending).where(store.audit_pending.c.entry_id == victim))
        await uow.execute(delete(store.audit_entry).where(store.audit_entry.c.id == victim))


async def _unqueue(storage: Storage, victim: str) -> None:
    async with storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_pending).where(store.audit_pending.c.entry_id == victim))
        await uow.execute(delete(store.audit_leaf).where(store.audit_leaf.c.entry_id == victim))


@pytest.mark.parametrize("tamper", [_reseal, _delete_entry, _unqueue])
async def test_forged_deleted_and_unqueued_entries_are_named(
    storage: Storage, tamper: Callable[[Storage, str], object]
) -> None:
    ids = await append(storage, 9)
    await sequence(storage)
    await tamper(storage, ids[4])  # type: ignore[misc]
    found = await verdict(storage)
    assert isinstance(found, Tampered)
    assert found.entry == ids[4]


async def test_a_waiting_entry_that_is_gone_is_named(storage: Storage) -> None:
    ids = await append(storage, 3)
    async with storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_entry).where(store.audit_entry.c.id == ids[1]))
    found = await verdict(storage)
    assert isinstance(found, Tampered)
    assert found.entry == ids[1]


async def test_two_swapped_leaves_are_found(storage: Storage) -> None:
    await append(storage, 8)
    await sequence(storage)
    leaf = store.audit_leaf
    async with storage.unit_of_work() as uow:
        rows = {row.leaf_index: row for row in await uow.all(select(leaf))}
        await uow.execute(delete(leaf).where(leaf.c.leaf_index.in_([2, 3])))
        for index, other in ((2, 3), (3, 2)):
            values = {"leaf_index": index, "entry_id": rows[other].entry_id, "leaf_hash": rows[other].leaf_hash}
            await uow.execute(insert(leaf).values(values))
    assert isinstance(await verdict(storage), Tampered)


async def test_a_log_cut_off_or_rolled_back_is_found_by_a_kept_checkpoint(storage: Storage) -> None:
    await append(storage, 5)
    await sequence(storage)
    async with storage.reading() as uow:
        kept = await newest_checkpoint_note(uow)
        last = await uow.first(select(store.audit_leaf).order_by(store.audit_leaf.c.leaf_index.desc()))
    assert kept is not None
    assert last is not None
    assert isinstance(await verdict(storage, kept), Sound)
    async with storage.unit_of_work() as uow:
        await uow.execute(delete(store.audit_checkpoint))
        await uow.execute(delete(store.audit_leaf).where(store.audit_leaf.c.entry_id == last.entry_id))
        await uow.execute(delete(store.audit_entry).where(store.audit_entry.c.id == last.entry_id))
        frontier = Frontier()
        for row in await uow.all(select(store.audit_leaf).order_by(store.audit_leaf.c.leaf_index)):
            frontier = frontier.append(row.leaf_hash)
        await uow.execute(update(store.audit_head).values(size=frontier.size, peaks=frontier.to_bytes()))
    assert isinstance(await verdict(storage), Sound)
    found = await verdict(storage, kept)
    assert isinstance(found, Tampered)
    assert "shorter" in found.reason


async def test_a_changed_checkpoint_is_found(storage: Storage) -> None:
    await append(storage, 2)
    await sequence(storage)
    async with storage.unit_of_work() as uow:
        row = await uow.first(select(store.audit_checkpoint))
        assert row is not None
        await uow.execute(update(store.audit_checkpoint).values(note=row.note.replace("\n2\n", "\n1\n")))
    found = await verdict(storage)
    assert isinstance(found, Tampered)


async def test_a_sequencer_that_lost_its_lease_cannot_write(storage: Storage) -> None:
    await append(storage, 2)
    async with storage.unit_of_work() as uow:
        await sequence_pending(uow, fence=7, batch=1)
    with pytest.raises(SequencerFenced):
        async with storage.unit_of_work() as uow:
            await sequence_pending(uow, fence=6)


async def test_notes_of_others_are_refused(storage: Storage) -> None:
    await append(storage, 1)
    await sequence(storage)
    async with storage.reading() as uow:
        note = await newest_checkpoint_note(uow)
    assert note is not None
    assert SIGNER.open_note(note).size == 1
    other = CheckpointSigner(RootKeys({1: b"\x08" * 32}), origin=SIGNER.origin)
    for bad in (note + "x", note.replace("id.example", "id.other"), "", note.replace("\n1\n", "\n01\n")):
        with pytest.raises(InvalidCheckpoint):
            SIGNER.open_note(bad)
    with pytest.raises(InvalidCheckpoint):
        other.open_note(note)
    with pytest.raises(InvalidCheckpoint):
        open_note(
            note,
            expected_origin=SIGNER.origin,
            expected_key_id=key_id_of(SIGNER.origin, b""),
            verify=lambda signature, body: True,
        )


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as written there: recursive, with k the largest power of two smaller than n."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_is_the_tree_of_the_rfc(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf_hash(leaf))
    assert frontier.root() == mth(leaves)
    assert Frontier.from_bytes(frontier.size, frontier.to_bytes()) == frontier


def test_a_full_tile_folds_to_its_subtree() -> None:
    leaves = [bytes([number]) for number in range(256)]
    assert tile_root(b"".join(leaf_hash(leaf) for leaf in leaves)) == mth(leaves)


async def test_a_clock_that_was_set_back_breaks_no_order(storage: Storage, clock: FrozenClock) -> None:
    """Attack row 84: an entry that says it is older comes later in the tree, and the log stays sound."""
    await append(storage, 5)
    await sequence(storage)
    clock.advance(-600)
    early = await append(storage, 1)
    await sequence(storage)
    found = await verdict(storage)
    assert isinstance(found, Sound)
    assert found.tree_size == 6
    async with storage.reading() as uow:
        last = await uow.first(select(store.audit_leaf).order_by(store.audit_leaf.c.leaf_index.desc()).limit(1))
    assert last is not None
    assert last.entry_id == early[0]
