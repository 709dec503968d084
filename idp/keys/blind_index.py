"""The blind index: equality look-up of a number without storing it.

HMAC-SHA-256 under a key that the database does not hold: thirteen digits are a small space, a plain hash would be
searched in minutes. One key a purpose; several versions during a rotation, rows written for each (design, section 6).
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from idp.keys.files import RootKeys


@dataclass(frozen=True, slots=True)
class IndexDigest:
    """What is stored and searched: the digest, and the version of the key that made it."""

    key_version: int
    digest: bytes


class BlindIndex:
    """Digests of values for equality look-up."""

    def __init__(self, root_keys: RootKeys) -> None:
        self._root_keys = root_keys

    def digests(self, purpose: str, value: str) -> tuple[IndexDigest, ...]:
        """The digests of `value` for this purpose under each key version, newest first."""
        return tuple(
            IndexDigest(version, hmac.digest(self._key(purpose, version), value.encode(), sha256))
            for version in self._root_keys.versions
        )

    def _key(self, purpose: str, version: int) -> bytes:
        return self._root_keys.derive(f"blind-index/{purpose}", version=version)
