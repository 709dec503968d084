"""Checking proofs as a stranger would: nothing of this module is shared with what makes the proofs.

Follows the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which walk up from the leaf; the proofs are made by
walking down from the root. Roots come from checkpoints whose signatures the caller has verified.
"""

from collections.abc import Sequence
from hashlib import sha256


class NotProven(ValueError):
    """The proof does not lead to the root that was signed."""


def check_inclusion(*, entry: bytes, leaf_index: int, path: Sequence[bytes], size: int, expected_root: bytes) -> None:
    """The entry is leaf `leaf_index` of the tree (RFC 9162, section 2.1.3.2). Raises NotProven."""
    # "If leaf_index is greater than or equal to tree_size, then fail the proof verification."
    if not 0 <= leaf_index < size:
        raise NotProven("the tree has no such leaf")
    fn, sn = leaf_index, size - 1
    r = sha256(b"\x00" + entry).digest()
    for p in path:
        # "If sn is 0, then stop the iteration and fail the proof verification."
        if sn == 0:
            raise NotProven("the proof is too long")
        if fn & 1 or fn == sn:
            r = _inner(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = _inner(r, p)
        fn, sn = fn >> 1, sn >> 1
    # "Compare sn to 0. Compare r against the root_hash. If sn is equal to 0 and r and the root_hash are equal, then the
    # log has proven the inclusion"
    if sn != 0 or r != expected_root:
        raise NotProven("the entry does not lead to the root that was signed")


def check_consistency(
    *, path: Sequence[bytes], old_size: int, expected_old_root: bytes, size: int, expected_root: bytes
) -> None:
    """The tree begins with the old one, leaf by leaf (RFC 9162, section 2.1.4.2). Raises NotProven."""
    if old_size > size:
        raise NotProven("the log is shorter than it was")
    if old_size in (0, size):
        _check_trivial(path, old_size=old_size, same=old_size != size or expected_old_root == expected_root)
        return
    # "If consistency_path is an empty array, stop and fail the proof verification."
    if not path:
        raise NotProven("the proof is empty")
    # "If first is an exact power of 2, then prepend first_hash to the consistency_path array."
    hashes = [expected_old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for c in hashes[1:]:
        if sn == 0:
            raise NotProven("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = _inner(c, fr), _inner(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _inner(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != expected_old_root or sr != expected_root:
        raise NotProven("the log does not go on from what was signed before")


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes: neighbours are joined height by height, an odd one out goes up as it is."""
    if not leaf_hashes:
        return sha256(b"").digest()
    row = list(leaf_hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) & 1 else []
        row = [_inner(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0]


def _check_trivial(path: Sequence[bytes], *, old_size: int, same: bool) -> None:
    if path:
        raise NotProven("the proof is too long")
    if old_size and not same:
        raise NotProven("two trees of one size differ: the log was forked")


def _inner(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
