"""The audit log's keys: a MAC that seals entries before they are sequenced, and Ed25519 that signs checkpoints."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.audit.checkpoint import Checkpoint, key_id_of, open_note, read_verifier_key, verifier_key
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
        try:
            self._public.verify(signature, body)
        except InvalidSignature:
            return False
        return True


def audit_log_of(root_keys: RootKeys, *, randomness: Randomness) -> AuditLog:
    """The log of the deployment that has these root keys."""
    pseudonym = PairwiseSubjects(root_keys).pseudonym
    return AuditLog(mac=EntrySeal(root_keys).mac, pseudonym=pseudonym, randomness=randomness)
