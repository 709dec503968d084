"""Proofs of inclusion and consistency: made from tiles, held against the RFC's own recursion, checked by code that
shares nothing with what made them.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from idp.audit import store
from idp.audit.proof_check import NotProven, check_consistency, check_inclusion, tree_root
from idp.audit.proof_text import (
    ConsistencyText,
    InclusionText,
    NotAProof,
    read_consistency,
    read_inclusion,
)
from idp.audit.proofs import Run, Subtree, consistency_runs, inclusion_runs, root_of
from idp.audit.proving import NoSuchEntry, NotYet, Proven, prove_entry, prove_growth
from idp.kernel.ids import AuditEntryId
from idp.storage.storage import Storage
from tests.audit.log import SIGNER, append, newest_note, sequence

Leaves = list[bytes]


def mth(leaves: Leaves) -> bytes:
    """RFC 6962, section 2.1, as written there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = largest_below(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path_of(m: int, leaves: Leaves) -> Leaves:
    """Section 2.1.1, as written there."""
    if len(leaves) == 1:
        return []
    k = largest_below(len(leaves))
    if m < k:
        return [*path_of(m, leaves[:k]), mth(leaves[k:])]
    return [*path_of(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Leaves, whole: bool) -> Leaves:
    """Section 2.1.2, as written there."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def made(runs: tuple[Run, ...], leaves: Leaves) -> Leaves:
    def hash_of(subtree: Subtree) -> bytes:
        first = subtree.index << subtree.height
        run = leaves[first : first + (1 << subtree.height)]
        assert len(run) == 1 << subtree.height, "only complete subtrees are asked for"
        return mth(run)

    return [root_of(run, hash_of) for run in runs]


trees = st.lists(st.binary(max_size=4), min_size=1, max_size=80)


@given(trees, st.data())
def test_inclusion_is_what_the_rfc_says_and_is_proven(leaves: Leaves, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = made(inclusion_runs(leaf_index=index, size=len(leaves)), leaves)
    assert path == path_of(index, leaves)
    root = mth(leaves)
    check_inclusion(entry=leaves[index], leaf_index=index, path=path, size=len(leaves), expected_root=root)


@given(trees, st.data())
def test_no_other_entry_place_size_or_path_is_proven(leaves: Leaves, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = made(inclusion_runs(leaf_index=index, size=len(leaves)), leaves)
    entry, size, root = leaves[index], len(leaves), mth(leaves)
    flaw = data.draw(st.sampled_from(["entry", "index", "root", "byte", "shorter", "longer"]))
    if flaw == "entry":
        entry += b"?"
    elif flaw == "index":
        other = data.draw(st.integers(-1, size + 1))
        if 0 <= other < size and leaves[other] == entry and path_of(other, leaves) == path:
            return
        index = other
    elif flaw == "root":
        root = sha256(root).digest()
    elif flaw == "byte" and path:
        place = data.draw(st.integers(0, len(path) - 1))
        path[place] = sha256(path[place]).digest()
    elif flaw == "shorter" and path:
        path = path[: data.draw(st.integers(0, len(path) - 1))]
    else:
        path = [*path, mth([b"more"])]
    with pytest.raises(NotProven):
        check_inclusion(entry=entry, leaf_index=index, path=path, size=size, expected_root=root)


@given(trees, st.data())
def test_consistency_is_what_the_rfc_says_and_is_proven(leaves: Leaves, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, len(leaves)))
    path = made(consistency_runs(old_size=old, new_size=len(leaves)), leaves)
    assert path == (subproof(old, leaves, True) if old else [])
    check_consistency(
        path=path, old_size=old, expected_old_root=mth(leaves[:old]), size=len(leaves), expected_root=mth(leaves)
    )


@given(trees, st.data())
def test_a_history_that_was_changed_is_not_consistent(leaves: Leaves, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*leaves[:changed], leaves[changed] + b"!", *leaves[changed + 1 :]]
    path = made(consistency_runs(old_size=old, new_size=len(leaves)), forged)
    with pytest.raises(NotProven):
        check_consistency(
            path=path, old_size=old, expected_old_root=mth(leaves[:old]), size=len(leaves), expected_root=mth(forged)
        )


@given(trees, st.data())
def test_a_path_of_another_length_proves_no_consistency(leaves: Leaves, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, len(leaves)))
    path = made(consistency_runs(old_size=old, new_size=len(leaves)), leaves)
    for wrong in ([*path, mth(leaves)], path[:-1]):
        if wrong == path:
            continue
        with pytest.raises(NotProven):
            check_consistency(
                path=wrong,
                old_size=old,
                expected_old_root=mth(leaves[:old]),
                size=len(leaves),
                expected_root=mth(leaves),
            )


def test_a_tree_that_became_smaller_is_not_consistent() -> None:
    with pytest.raises(NotProven, match="shorter"):
        check_consistency(path=(), old_size=3, expected_old_root=mth([b"a"]), size=2, expected_root=mth([b"a"]))
    with pytest.raises(ValueError, match="larger"):
        consistency_runs(old_size=3, new_size=2)
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_runs(leaf_index=index, size=size)


@given(st.lists(st.binary(max_size=4), max_size=80))
def test_the_strangers_tree_is_the_tree(leaves: Leaves) -> None:
    assert tree_root([sha256(b"\x00" + leaf).digest() for leaf in leaves]) == mth(leaves)


hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)
numbers = st.integers(0, 10**18)


@given(numbers, hashes)
def test_proofs_are_read_as_they_are_written(number: int, path: tuple[bytes, ...]) -> None:
    inclusion, consistency = InclusionText(number, path, "note\n"), ConsistencyText(number, path, "note\n")
    assert read_inclusion(inclusion.to_text()) == inclusion
    assert read_consistency(consistency.to_text()) == consistency


def test_the_form_of_the_specification_is_read() -> None:
    text = (
        "c2sp.org/tlog-proof@v1\nextra YWJj\nindex 73894\n"
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\nexample.com/log\n109482\n"
    )
    assert (read_inclusion(text).leaf_index, len(read_inclusion(text).path)) == (73894, 1)


@pytest.mark.parametrize(
    "text", ["", "c2sp.org/tlog-proof@v1\nindex 01\n\nn", "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nn", "old -1\n\nn"]
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(NotAProof):
        read_inclusion(text)
    with pytest.raises(NotAProof):
        read_consistency(text)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 700])
async def test_each_entry_of_a_log_is_proven_from_its_tiles(sqlite_storage: Storage, count: int) -> None:
    ids = await append(sqlite_storage, count)
    await sequence(sqlite_storage)
    for entry_id in {ids[0], ids[count // 2], ids[-1]}:
        await _prove(sqlite_storage, entry_id)


async def test_proofs_hold_on_either_engine_while_the_log_goes_on(storage: Storage) -> None:
    ids = await append(storage, 300)
    await sequence(storage)
    old = await newest_note(storage)
    later = await append(storage, 400)
    async with storage.reading() as uow:
        assert isinstance(await prove_entry(uow, AuditEntryId(later[0])), NotYet)
        assert isinstance(await prove_entry(uow, AuditEntryId("aud_none")), NoSuchEntry)
    await sequence(storage)
    for entry_id in (ids[10], later[-1]):
        await _prove(storage, entry_id)
    async with storage.reading() as uow:
        growth = await prove_growth(uow, old_size=300)
    assert growth is not None
    before, now = SIGNER.open_note(old), SIGNER.open_note(growth.note)
    check_consistency(
        path=growth.path,
        old_size=before.size,
        expected_old_root=before.root,
        size=now.size,
        expected_root=now.root,
    )
    assert (before.size, now.size) == (300, 700)


async def test_a_changed_entry_is_not_proven(sqlite_storage: Storage) -> None:
    ids = await append(sqlite_storage, 9)
    await sequence(sqlite_storage)
    async with sqlite_storage.unit_of_work() as uow:
        await uow.execute(update(store.audit_entry).where(store.audit_entry.c.id == ids[4]).values(canonical=b"{}"))
    with pytest.raises(NotProven):
        await _prove(sqlite_storage, ids[4])


async def _prove(storage: Storage, entry_id: str) -> None:
    async with storage.reading() as uow:
        proven = await prove_entry(uow, AuditEntryId(entry_id))
    assert isinstance(proven, Proven)
    signed = SIGNER.open_note(proven.proof.note)
    check_inclusion(
        entry=proven.canonical,
        leaf_index=proven.proof.leaf_index,
        path=proven.proof.path,
        size=signed.size,
        expected_root=signed.root,
    )
