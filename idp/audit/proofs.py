"""Which hashes prove that a leaf is in the tree, or that one tree goes on from another. Pure; reads no hash itself.

A proof is a list of roots of runs of leaves (RFC 6962, sections 2.1.1 and 2.1.2). Each run is made of complete
subtrees, whose hashes never change once they are there, so that a proof is put together from few tiles.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from idp.audit.tree import node_hash


@dataclass(frozen=True, slots=True)
class Subtree:
    """The complete subtree over the leaves from `index << height` up to, without, `(index + 1) << height`."""

    height: int
    index: int


@dataclass(frozen=True, slots=True)
class Run:
    """The leaves from `first` up to, without, `end`; its root is MTH(D[first:end])."""

    first: int
    end: int

    def subtrees(self) -> Iterator[Subtree]:
        """The complete subtrees it is made of, largest first."""
        first = self.first
        while first < self.end:
            height = (self.end - first).bit_length() - 1
            yield Subtree(height, first >> height)
            first += 1 << height


def inclusion_runs(*, leaf_index: int, size: int) -> tuple[Run, ...]:
    """The runs whose roots prove a leaf, from the leaf's sibling up (RFC 6962, section 2.1.1).

    Raises ValueError when the tree has no such leaf.
    """
    if not 0 <= leaf_index < size:
        raise ValueError("the tree has no such leaf")
    runs: list[Run] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        # "PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n]) for m < k; and
        #  PATH(m, D[n]) = PATH(m - k, D[k:n]) : MTH(D[0:k]) for m >= k"
        if leaf_index < middle:
            runs.append(Run(middle, end))
            end = middle
        else:
            runs.append(Run(first, middle))
            first = middle
    return tuple(reversed(runs))


def consistency_runs(*, old_size: int, new_size: int) -> tuple[Run, ...]:
    """The runs whose roots prove that the tree of `new_size` leaves begins with that of `old_size` (section 2.1.2).

    None are needed where one of the trees is empty, or both are the same. Raises ValueError when the old tree is the
    larger one.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError("the old tree is larger than the new one")
    if old_size in (0, new_size):
        return ()
    runs: list[Run] = []
    first, end, whole = 0, new_size, True
    while end != old_size:
        middle = first + _split(end - first)
        # "SUBPROOF(m, D[n], b) = SUBPROOF(m, D[0:k], b) : MTH(D[k:n]) for m <= k; and
        #  SUBPROOF(m, D[n], b) = SUBPROOF(m - k, D[k:n], false) : MTH(D[0:k]) for m > k"
        if old_size <= middle:
            runs.append(Run(middle, end))
            end = middle
        else:
            runs.append(Run(first, middle))
            first, whole = middle, False
    # "SUBPROOF(m, D[m], true) = {}" and "SUBPROOF(m, D[m], false) = {MTH(D[m])}"
    if not whole:
        runs.append(Run(first, end))
    return tuple(reversed(runs))


def root_of(run: Run, hash_of: Callable[[Subtree], bytes]) -> bytes:
    """The root of a run, of the hashes of its complete subtrees."""
    *left, root = (hash_of(subtree) for subtree in run.subtrees())
    for peak in reversed(left):
        root = node_hash(peak, root)
    return root


def fold(nodes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree, of all its hashes at one height: a power of two of them."""
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


def _split(leaves: int) -> int:
    """Section 2.1: "let k be the largest power of two smaller than n"."""
    return 1 << ((leaves - 1).bit_length() - 1)
