"""Signed checkpoints: a size and a root as a C2SP signed note, which anyone keeps and checks with the public key alone.

The body is three lines, origin, size and base64 root hash (C2SP tlog-checkpoint); the signature line is an em dash,
the key name and base64 of a 4-byte key id followed by an Ed25519 signature over the body (C2SP signed-note).
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from idp.audit.tree import HASH_BYTES

ED25519 = b"\x01"
NOTE = re.compile(
    r"\A(?P<body>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/=]{44})\n)\n"
    r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)\n\Z"
)


class InvalidCheckpoint(ValueError):
    """Not a checkpoint note of this log, or its signature does not verify."""


class NotACheckpoint(InvalidCheckpoint):
    """Not even in the form of a checkpoint note."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: whose log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The signed text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id_of(origin: str, public_key: bytes) -> bytes:
    """Four bytes that tell keys apart (signed-note: first bytes of SHA-256 over name, newline, type and key)."""
    return sha256(origin.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def sign_note(checkpoint: Checkpoint, *, key_id: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The whole note with one signature line."""
    signature = base64.b64encode(key_id + sign(checkpoint.body().encode())).decode()
    return f"{checkpoint.body()}\n\N{EM DASH} {checkpoint.origin} {signature}\n"


def open_note(
    note: str, *, expected_origin: str, expected_key_id: bytes, verify: Callable[[bytes, bytes], bool]
) -> Checkpoint:
    """The checkpoint of a note whose signature holds; `verify` takes the signature and the body.

    Raises InvalidCheckpoint.
    """
    match = NOTE.match(note)
    if match is None:
        raise NotACheckpoint("not a checkpoint note")
    if match["origin"] != expected_origin or match["name"] != expected_origin:
        raise InvalidCheckpoint("a checkpoint note of another log")
    try:
        root = base64.b64decode(match["root"], validate=True)
        signed = base64.b64decode(match["signature"], validate=True)
    except binascii.Error as error:
        raise InvalidCheckpoint("the note is not base64 where it should be") from error
    if len(root) != HASH_BYTES or signed[:4] != expected_key_id or not verify(signed[4:], match["body"].encode()):
        raise InvalidCheckpoint("the signature does not verify")
    return Checkpoint(match["origin"], int(match["size"]), root)
