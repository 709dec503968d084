"""Checking an export as a stranger would, from its files and the log's public key alone.

Shares nothing with what made the files: the tree is computed anew from the leaf hashes of the tiles.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from idp.audit.checkpoint import Checkpoint
from idp.audit.proof_check import NotProven, tree_root

HASH: Final = 32
WIDTH: Final = 256


@dataclass(frozen=True, slots=True)
class CheckedExport:
    """How much was proven."""

    tree_size: int
    entries: int


def check_export(folder: Path, *, open_note: Callable[[str], Checkpoint]) -> CheckedExport:
    """Every leaf leads to the signed root, and every entry is its leaf.

    Raises NotProven (naming the first bad entry), InvalidCheckpoint, OSError and ValueError when files are unreadable.
    """
    signed = open_note((folder / "checkpoint").read_text("utf-8"))
    leaves = _leaves(folder, signed.size)
    if tree_root(leaves) != signed.root:
        raise NotProven("the tiles do not lead to the root that was signed")
    checked, before = 0, ""
    with (folder / "entries.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            leaf_index, text = int(said["leaf_index"]), str(said["entry"])
            entry_id = str(json.loads(text)["id"])
            if entry_id <= before:
                raise NotProven(f"entry {entry_id} stands out of order, or twice")
            if not 0 <= leaf_index < signed.size or sha256(b"\x00" + text.encode()).digest() != leaves[leaf_index]:
                raise NotProven(f"entry {entry_id} is not leaf {leaf_index} of the log")
            checked, before = checked + 1, entry_id
    return CheckedExport(signed.size, checked)


def _leaves(folder: Path, size: int) -> list[bytes]:
    leaves: list[bytes] = []
    for index in range(-(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        name = f"{index:03}" if index < 1000 else "/".join(_elements(index))
        tile = (folder / "tile" / "0" / (name if width == WIDTH else f"{name}.p/{width}")).read_bytes()
        if len(tile) != width * HASH:
            raise NotProven(f"tile {index} of the leaves is cut off")
        leaves += [tile[i : i + HASH] for i in range(0, len(tile), HASH)]
    return leaves


def _elements(index: int) -> list[str]:
    """Three digits each, every one but the last behind an x."""
    rest, elements = index // 1000, [f"{index % 1000:03}"]
    while rest:
        rest, element = divmod(rest, 1000)
        elements.insert(0, f"x{element:03}")
    return elements
