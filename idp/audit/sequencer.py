"""Giving pending entries contiguous leaves, and signing checkpoints over the tree.

One sequencer at a time, under a lease; its fence number guards the head, so that a sequencer that lost its lease while
it slept cannot write. Entries commit without waiting for any of this.
"""

from collections.abc import Callable

from sqlalchemy import func, insert, select, update

from idp.audit import checkpoint, store
from idp.audit.tiles import write_tiles
from idp.storage.storage import UnitOfWork

BATCH = 1000


class SequencerFenced(RuntimeError):
    """Another sequencer has advanced the head since this one took its lease."""


async def sequence_pending(uow: UnitOfWork, *, fence: int, batch: int = BATCH) -> int:
    """Move up to `batch` pending entries into the tree, in one transaction; gives how many.

    Raises SequencerFenced.
    """
    if not await store.anything_waits(uow):
        return 0
    # 1. the tree as it stands, held until the commit: it moves only from where we saw it, and for the newest fence
    frontier, _ = await store.load_head(uow)
    if frontier.size == 0:
        await store.ensure_head(uow)
    old_size = frontier.size
    head = store.audit_head.c
    mine = (head.id == store.THE_HEAD, head.size == old_size, head.fence <= fence)
    if await uow.changed(update(store.audit_head).where(*mine).values(fence=fence)) != 1:
        raise SequencerFenced
    # 2. a leaf for each pending entry, oldest first
    leaves = await store.give_leaves(uow, first=old_size, limit=batch)
    for leaf_hash in leaves:
        frontier = frontier.append(leaf_hash)
    # 3. the head moves over them
    moved = update(store.audit_head).where(head.id == store.THE_HEAD)
    await uow.execute(moved.values(size=frontier.size, peaks=frontier.to_bytes()))
    # 4. tiles, for readers who want proofs (C2SP tlog-tiles)
    await write_tiles(uow, old_size=old_size, new_size=frontier.size)
    await store.drop_pending(uow, first=old_size)
    return len(leaves)


async def sign_checkpoint(
    uow: UnitOfWork, *, origin: str, key_id: bytes, sign: Callable[[bytes], bytes]
) -> checkpoint.Checkpoint | None:
    """Sign the tree as it stands, unless that size is signed already or nothing is in it."""
    frontier, _ = await store.load_head(uow)
    newest = await uow.first(select(func.max(store.audit_checkpoint.c.size)))
    if frontier.size == 0 or (newest is not None and newest[0] is not None and newest[0] >= frontier.size):
        return None
    signed = checkpoint.Checkpoint(origin, frontier.size, frontier.root())
    note = checkpoint.sign_note(signed, key_id=key_id, sign=sign)
    await uow.execute(insert(store.audit_checkpoint).values(size=signed.size, note=note, signed_at=uow.now))
    return signed


async def newest_checkpoint_note(uow: UnitOfWork) -> str | None:
    """The newest signed note, to be kept outside the store."""
    row = await store.newest_checkpoint(uow)
    return None if row is None else await store.note_with_cosignatures(uow, row)
