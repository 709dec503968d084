"""Whether what is on a page stands in the log as it was signed: made by the tree, checked as a stranger would."""

from collections.abc import Callable, Sequence

from idp.audit import store as log_store
from idp.audit.checkpoint import Checkpoint, InvalidCheckpoint, read_note
from idp.audit.facets import Found
from idp.audit.proof_check import NotProven, check_consistency, check_inclusion
from idp.audit.proof_text import ConsistencyText
from idp.audit.proving import LeavesProven, prove_growth, prove_leaves
from idp.oversight.auditing import store
from idp.oversight.auditing.model import Broken, Holds, LogEntry, NothingSigned, Verdict
from idp.storage.storage import UnitOfWork

OpenNote = Callable[[str], Checkpoint]


async def judge_entries(
    uow: UnitOfWork, found: Sequence[Found], shown: Sequence[LogEntry], *, open_note: OpenNote
) -> Verdict:
    """Each entry by itself, then that the tree it stands in goes on from the one of a day before."""
    newest = await log_store.newest_checkpoint(uow)
    if newest is None:
        return NothingSigned()
    # 1. paths to the newest checkpoint; a tree with holes has none
    try:
        proven = await prove_leaves(uow, [one.leaf_index for one in found])
        if proven is None:
            return NothingSigned()
        signed = open_note(proven.note)
    except (ValueError, InvalidCheckpoint) as error:
        return Broken(str(error), None)
    # 2. entry by entry, the bytes that are shown
    for one, entry in zip(found, shown, strict=True):
        if (reason := _fault(one, proven, signed)) is not None:
            return Broken(reason, entry.id)
    # 3. the tree goes on from an earlier one
    earlier = await store.earlier_checkpoint(uow, signed_at=newest.signed_at)
    if earlier is None:
        return NothingSigned()
    grown = await judge_growth(uow, earlier.note, open_note=open_note)
    if not isinstance(grown, Holds):
        return grown
    covered = len(proven.paths)
    return Holds(covered, len(found) - covered, signed.size, newest.signed_at, grown.since_size, earlier.signed_at)


async def judge_growth(uow: UnitOfWork, kept_note: str, *, open_note: OpenNote) -> Verdict:
    """That the log goes on from a checkpoint that somebody kept."""
    newest = await log_store.newest_checkpoint(uow)
    if newest is None:
        return NothingSigned()
    try:
        kept = open_note(kept_note)
        if kept.size > newest.size:
            return Broken("the log is shorter than it was", None)
        growth = await prove_growth(uow, old_size=kept.size)
        if growth is None:
            return NothingSigned()
        signed = open_note(growth.note)
        _check(kept, signed, growth)
    except (ValueError, InvalidCheckpoint) as error:
        return Broken(str(error), None)
    return Holds(0, 0, signed.size, newest.signed_at, kept.size, None)


def is_a_note(text: str) -> bool:
    """True for what has the form of a checkpoint, whoever signed it."""
    try:
        read_note(text)
    except InvalidCheckpoint:
        return False
    return True


def _fault(one: Found, proven: LeavesProven, signed: Checkpoint) -> str | None:
    path = proven.paths.get(one.leaf_index)
    if path is None:
        return None
    try:
        check_inclusion(
            entry=one.canonical,
            leaf_index=one.leaf_index,
            path=path,
            size=signed.size,
            expected_root=signed.root,
        )
    except NotProven as error:
        return str(error)
    return None


def _check(kept: Checkpoint, signed: Checkpoint, growth: ConsistencyText) -> None:
    check_consistency(
        path=growth.path,
        old_size=kept.size,
        expected_old_root=kept.root,
        size=signed.size,
        expected_root=signed.root,
    )
