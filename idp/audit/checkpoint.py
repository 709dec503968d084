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
COSIGNATURE = b"\x04"
NOTE = re.compile(
    r"\A(?P<body>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/=]{44})\n)\n"
    r"(?P<signatures>(?:— [^\s+]+ [A-Za-z0-9+/=]+\n){1,16})\Z"
)
VERIFIER_KEY = re.compile(r"\A(?P<name>[^\s+]+)\+(?P<key_id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]{1,100})\Z")


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


def key_id_of(name: str, public_key: bytes, *, kind: bytes = ED25519) -> bytes:
    """Four bytes that tell keys apart (signed-note: first bytes of SHA-256 over name, newline, type and key)."""
    return sha256(name.encode() + b"\n" + kind + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes, *, kind: bytes = ED25519) -> str:
    """A public key with its name as one line of text (signed-note, "Verifier keys")."""
    key_id = key_id_of(name, public_key, kind=kind).hex()
    return f"{name}+{key_id}+{base64.b64encode(kind + public_key).decode()}"


def read_verifier_key(text: str, *, expected_kind: bytes = ED25519) -> tuple[str, bytes]:
    """Name and raw public key of such a line. Raises ValueError."""
    match = VERIFIER_KEY.match(text.strip())
    if match is None:
        raise ValueError("not a verifier key: name+id+key")
    decoded = base64.b64decode(match["key"], validate=True)
    kind, key = decoded[:1], decoded[1:]
    if kind != expected_kind or key_id_of(match["name"], key, kind=kind).hex() != match["key_id"]:
        raise ValueError("the verifier key does not match its own id, or is of another kind")
    return match["name"], key


def sign_note(checkpoint: Checkpoint, *, key_id: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The whole note with one signature line."""
    signature = base64.b64encode(key_id + sign(checkpoint.body().encode())).decode()
    return f"{checkpoint.body()}\n\N{EM DASH} {checkpoint.origin} {signature}\n"


def open_note(
    note: str, *, expected_origin: str, expected_key_id: bytes, verify: Callable[[bytes, bytes], bool]
) -> Checkpoint:
    """The checkpoint of a note whose signature holds; `verify` takes the signature and the body.

    Signatures of others beside it are passed over, as signed-note asks. Raises InvalidCheckpoint.
    """
    checkpoint = read_note(note)
    if checkpoint.origin != expected_origin:
        raise InvalidCheckpoint("a checkpoint note of another log")
    signed = signatures_of(note, name=expected_origin, key_id=expected_key_id)
    if len(signed) != 1 or not verify(signed[0], checkpoint.body().encode()):
        raise InvalidCheckpoint("the signature does not verify")
    return checkpoint


def read_note(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises NotACheckpoint."""
    match = NOTE.match(note)
    if match is None:
        raise NotACheckpoint("not a checkpoint note")
    root = _decoded(match["root"])
    if len(root) != HASH_BYTES:
        raise NotACheckpoint("the root is no hash")
    return Checkpoint(match["origin"], int(match["size"]), root)


def signatures_of(note: str, *, name: str, key_id: bytes) -> list[bytes]:
    """The signatures that a note bears under this name and key, not verified. Raises NotACheckpoint."""
    match = NOTE.match(note)
    if match is None:
        raise NotACheckpoint("not a checkpoint note")
    lines = [line.split(" ") for line in match["signatures"].splitlines()]
    signed = [_decoded(text) for _, signer, text in lines if signer == name]
    return [signature[4:] for signature in signed if signature[:4] == key_id]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NotACheckpoint("the note is not base64 where it should be") from error
