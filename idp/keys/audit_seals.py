"""The audit log's keys: a MAC that seals entries before they are sequenced, and Ed25519 that signs checkpoints."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.audit.checkpoint import COSIGNATURE, Checkpoint, key_id_of, open_note, read_verifier_key, verifier_key
from idp.audit.log import AuditLog
from idp.kernel.randomness import Randomness
from idp.keys.files import FIRST_VERSION, RootKeys
from idp.keys.keyed_digest import KeyedDigest
from idp.keys.pairwise import PairwiseSubjects


class EntrySeal:
    """The MAC over an entry's canonical bytes; whoever holds only the database cannot make one."""

    def __init__(self, root_keys: RootKeys) -> None:
        self._digest = KeyedDigest(root_keys.derive("audit-entry-seal", version=FIRST_VERSION))

    def mac(self, canonical: bytes) -> bytes:
        """32 bytes."""
        return self._digest.of(canonical)


class CheckpointSigner:
    """Signs checkpoints under the log's name and opens its notes again."""

    def __init__(self, root_keys: RootKeys, *, origin: str) -> None:
        self.origin = origin
        seed = root_keys.derive("audit-checkpoint", version=FIRST_VERSION)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id_of(origin, public)
        self.verifier_key = verifier_key(origin, public)
        self._reader = CheckpointReader(self.verifier_key)

    def sign(self, body: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032)."""
        return self._private.sign(body)

    def open_note(self, note: str) -> Checkpoint:
        """The checkpoint a note of this log holds. Raises InvalidCheckpoint."""
        return self._reader.open_note(note)


class WitnessKey:
    """The public key of a witness, by which its cosignatures are known (C2SP tlog-cosignature, Ed25519)."""

    def __init__(self, key: str) -> None:
        """Raises ValueError when `key` is no verifier key of a witness."""
        self.name, public = read_verifier_key(key, expected_kind=COSIGNATURE)
        self._key_id = key_id_of(self.name, public, kind=COSIGNATURE)
        self._public = Ed25519PublicKey.from_public_bytes(public)

    def cosignature_in(self, lines: str, body: str) -> str | None:
        """The first of the signature lines that is this witness's, over the body of a checkpoint."""
        return next((f"{line}\n" for line in lines.splitlines() if self._is_mine(line, body)), None)

    def _is_mine(self, line: str, body: str) -> bool:
        parts = line.split(" ")
        if len(parts) != 3 or parts[:2] != ["\N{EM DASH}", self.name]:
            return False
        try:
            signed = base64.b64decode(parts[2], validate=True)
        except binascii.Error:
            return False
        # "The signature MUST be a `timestamped_signature` structure": u64 timestamp, 64 bytes
        if signed[:4] != self._key_id or len(signed) != 4 + 8 + 64:
            return False
        # "The signed message MUST be two newline (U+000A) terminated lines (one header line and one timestamp line)
        # followed by the whole note body of the cosigned checkpoint"
        said = f"cosignature/v1\ntime {int.from_bytes(signed[4:12], 'big')}\n{body}"
        return _verifies(self._public, signed[12:], said.encode())


class CheckpointReader:
    """Opens a log's notes with its public key alone, as anybody can who has the line that `idp audit key` prints."""

    def __init__(self, log_key: str) -> None:
        """Raises ValueError when `log_key` is no verifier key."""
        self.origin, public = read_verifier_key(log_key)
        self._key_id = key_id_of(self.origin, public)
        self._public = Ed25519PublicKey.from_public_bytes(public)

    def open_note(self, note: str) -> Checkpoint:
        """The checkpoint a note of this log holds. Raises InvalidCheckpoint."""
        return open_note(note, expected_origin=self.origin, expected_key_id=self._key_id, verify=self._verify)

    def _verify(self, signature: bytes, body: bytes) -> bool:
        return _verifies(self._public, signature, body)


def _verifies(public: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def audit_log_of(root_keys: RootKeys, *, randomness: Randomness) -> AuditLog:
    """The log of the deployment that has these root keys."""
    pseudonym = PairwiseSubjects(root_keys).pseudonym
    return AuditLog(mac=EntrySeal(root_keys).mac, pseudonym=pseudonym, randomness=randomness)
