"""Proofs as text that other programs read: C2SP tlog-proof for one entry, the body of add-checkpoint for two trees."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 63

_NUMBER: Final = r"0|[1-9][0-9]{0,18}"
_REST: Final = rf"(?P<path>(?:[A-Za-z0-9+/]{{43}}=\n){{0,{MOST_HASHES}}})\n(?P<note>.+)\Z"
# what a proof brings along as `extra` is not authenticated: it is passed over
_INCLUSION: Final = re.compile(
    rf"\A{re.escape(HEADER)}\n(?:extra [A-Za-z0-9+/=]*\n)?index (?P<index>{_NUMBER})\n{_REST}", re.DOTALL
)
_CONSISTENCY: Final = re.compile(rf"\Aold (?P<old>{_NUMBER})\n{_REST}", re.DOTALL)


class NotAProof(ValueError):
    """Not in the form of a proof."""


@dataclass(frozen=True, slots=True)
class InclusionText:
    """A proof that a leaf is in the tree of a checkpoint."""

    leaf_index: int
    path: tuple[bytes, ...]
    note: str

    def to_text(self) -> str:
        """C2SP tlog-proof."""
        return f"{HEADER}\nindex {self.leaf_index}\n{_lines(self.path)}\n{self.note}"


@dataclass(frozen=True, slots=True)
class ConsistencyText:
    """A proof that the tree of a checkpoint goes on from one of `old_size` leaves."""

    old_size: int
    path: tuple[bytes, ...]
    note: str

    def to_text(self) -> str:
        """The body of a witness's add-checkpoint (C2SP tlog-witness)."""
        return f"old {self.old_size}\n{_lines(self.path)}\n{self.note}"


def read_inclusion(text: str) -> InclusionText:
    """Read back. Raises NotAProof."""
    match = _INCLUSION.match(text)
    if match is None:
        raise NotAProof("not a proof of inclusion")
    return InclusionText(int(match["index"]), _path(match["path"]), match["note"])


def read_consistency(text: str) -> ConsistencyText:
    """Read back. Raises NotAProof."""
    match = _CONSISTENCY.match(text)
    if match is None:
        raise NotAProof("not a proof of consistency")
    return ConsistencyText(int(match["old"]), _path(match["path"]), match["note"])


def _lines(path: tuple[bytes, ...]) -> str:
    return "".join(f"{base64.b64encode(node).decode()}\n" for node in path)


def _path(lines: str) -> tuple[bytes, ...]:
    try:
        return tuple(base64.b64decode(line, validate=True) for line in lines.splitlines())
    except binascii.Error as error:
        raise NotAProof("a hash is not base64") from error
