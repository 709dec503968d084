"""Proving one entry, or the way from one checkpoint to a later one, of what the store holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from idp.audit import store
from idp.audit.proof_text import ConsistencyText, InclusionText
from idp.audit.proofs import consistency_runs, inclusion_runs
from idp.audit.tiles import prove, prove_each
from idp.kernel.ids import AuditEntryId
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry, byte for byte, and the proof that it stands in the tree of a signed checkpoint."""

    canonical: bytes
    proof: InclusionText

    def document(self, *, log_key: str) -> dict[str, str]:
        """What a stranger needs to check it: the entry as it was hashed, the proof, the log's public key."""
        return {"entry": self.canonical.decode(), "proof": self.proof.to_text(), "log_key": log_key}


@dataclass(frozen=True, slots=True)
class NotYet:
    """The entry is sealed, but no checkpoint covers it so far: within a minute one will."""


@dataclass(frozen=True, slots=True)
class NoSuchEntry:
    """The log has no such entry."""


Proof = Proven | NotYet | NoSuchEntry


@dataclass(frozen=True, slots=True)
class LeavesProven:
    """Paths from leaves to the root of one signed checkpoint; leaves that it does not cover yet have none."""

    note: str
    paths: Mapping[int, tuple[bytes, ...]]


async def prove_entry(uow: UnitOfWork, entry_id: AuditEntryId) -> Proof:
    """The proof of an entry against the newest checkpoint. Raises ValueError when the tree is not what it must be."""
    entry, leaf = store.audit_entry, store.audit_leaf
    row = await uow.first(
        select(entry.c.canonical, leaf.c.leaf_index)
        .outerjoin(leaf, leaf.c.entry_id == entry.c.id)
        .where(entry.c.id == entry_id)
    )
    if row is None:
        return NoSuchEntry()
    newest = await store.newest_checkpoint(uow)
    if row.leaf_index is None or newest is None or newest.size <= row.leaf_index:
        return NotYet()
    path = await prove(uow, inclusion_runs(leaf_index=row.leaf_index, size=newest.size))
    note = await store.note_with_cosignatures(uow, newest)
    return Proven(bytes(row.canonical), InclusionText(row.leaf_index, path, note))


async def prove_growth(uow: UnitOfWork, *, old_size: int) -> ConsistencyText | None:
    """That the tree of the newest checkpoint begins with that of `old_size` leaves; None without any checkpoint.

    Raises ValueError when the newest checkpoint is the smaller one.
    """
    newest = await store.newest_checkpoint(uow)
    if newest is None:
        return None
    path = await prove(uow, consistency_runs(old_size=old_size, new_size=newest.size))
    return ConsistencyText(old_size, path, await store.note_with_cosignatures(uow, newest))


async def prove_leaves(uow: UnitOfWork, leaves: Sequence[int]) -> LeavesProven | None:
    """Paths to the newest checkpoint, None without any. Raises ValueError when the tree is not what it must be."""
    newest = await store.newest_checkpoint(uow)
    if newest is None:
        return None
    covered = [leaf for leaf in leaves if leaf < newest.size]
    paths = await prove_each(uow, [inclusion_runs(leaf_index=leaf, size=newest.size) for leaf in covered])
    note = await store.note_with_cosignatures(uow, newest)
    return LeavesProven(note, dict(zip(covered, paths, strict=True)))
