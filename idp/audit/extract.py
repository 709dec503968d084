"""An extract of the log as one file: entries, each with its way to the root of one signed checkpoint.

Unlike an export it holds no tiles, so that it stays small however large the log is: whoever has the log's public key
checks every entry of it, and that the list is the one that was handed out by the signature over it.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from idp.audit.checkpoint import Checkpoint
from idp.audit.proof_check import NotProven, check_inclusion
from idp.audit.proof_text import NotAProof

FORM: Final = "tuaton-audit-extract/1"


@dataclass(frozen=True, slots=True, repr=False)
class ExtractEntry:
    """An entry as it was hashed, and the hashes from its leaf to the root."""

    leaf_index: int
    canonical: bytes
    path: tuple[bytes, ...]


def extract_content(
    about: Mapping[str, Any], entries: Sequence[ExtractEntry], *, note: str, log_key: str
) -> dict[str, Any]:
    """What is signed and handed out. `about` says what was asked for, by whom and when."""
    return {
        "form": FORM,
        "about": dict(about),
        "checkpoint": note,
        "log_key": log_key,
        "entries": [
            {
                "leaf_index": one.leaf_index,
                "entry": one.canonical.decode(),
                "path": [base64.b64encode(node).decode() for node in one.path],
            }
            for one in entries
        ],
    }


def content_digest(content: Mapping[str, Any]) -> str:
    """What the signature is over: SHA-256 of the content as JSON, sorted and without spaces, in base64url."""
    encoded = msgspec.json.encode(dict(content), order="deterministic")
    return base64.urlsafe_b64encode(hashlib.sha256(encoded).digest()).rstrip(b"=").decode()


def check_extract(content: Mapping[str, Any], *, open_note: Callable[[str], Checkpoint]) -> int:
    """Every entry of the content is in the log that signed its checkpoint; how many.

    Raises NotProven, InvalidCheckpoint, and NotAProof for what is no extract.
    """
    if content.get("form") != FORM:
        raise NotAProof("not an extract of a log")
    signed = open_note(content["checkpoint"])
    last: int | None = None
    for one in content["entries"]:
        leaf = one["leaf_index"]
        if last is not None and leaf >= last:
            raise NotProven("an entry stands twice, or out of order")
        try:
            path = [base64.b64decode(node, validate=True) for node in one["path"]]
        except binascii.Error as error:
            raise NotAProof("a hash is not base64") from error
        check_inclusion(
            entry=one["entry"].encode(), leaf_index=leaf, path=path, size=signed.size, expected_root=signed.root
        )
        last = leaf
    return len(content["entries"])
