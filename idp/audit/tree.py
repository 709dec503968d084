"""The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf: only its right edge is kept."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf. Section 2.1: "MTH({d(0)}) = SHA-256(0x00 || d(0))"."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node. Section 2.1: "SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))"."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves as the roots of its complete subtrees, largest first: one for each 1 bit of `size`."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """The tree with one more leaf (a leaf hash)."""
        peaks, carried, height = list(self.peaks), leaf, self.size
        while height & 1:
            carried = node_hash(peaks.pop(), carried)
            height >>= 1
        return Frontier(self.size + 1, (*peaks, carried))

    def root(self) -> bytes:
        """The tree's head hash; the empty tree hashes the empty string."""
        if not self.peaks:
            return EMPTY_ROOT
        *left, root = self.peaks
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """The peaks, one after the other."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, peaks: bytes) -> Self:
        """Read back. Raises ValueError when the peaks do not fit the size."""
        if len(peaks) != HASH_BYTES * size.bit_count():
            raise ValueError("the peaks do not fit the size")
        return cls(size, tuple(peaks[i : i + HASH_BYTES] for i in range(0, len(peaks), HASH_BYTES)))
