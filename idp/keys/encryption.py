"""The server's own encryption key, to which card agents encrypt what they read (JWE, ECDH-ES with A256GCM).

Derived from a root key, so that every node of a deployment can open what any node asked for.
"""

from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError

from idp.keys.derived import derive_p256_key
from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken

ALGORITHMS = ["ECDH-ES", "A256GCM"]


class ServerEncryptionKey:
    """A P-256 key pair; the public half goes to agents, the private half never leaves this object."""

    def __init__(self, root_keys: RootKeys) -> None:
        by_version = {
            version: derive_p256_key(root_keys, "server-encryption", version=version) for version in root_keys.versions
        }
        self._keys = {key.thumbprint(): key for key in by_version.values()}
        self._newest = by_version[root_keys.newest].thumbprint()

    def public_jwk(self) -> dict[str, Any]:
        """The public JWK to encrypt to, with `kid`, `use` and `alg`."""
        public = self._keys[self._newest].as_dict(private=False)
        return {**public, "kid": self._newest, "use": "enc", "alg": "ECDH-ES"}

    def decrypt(self, token: str) -> bytes:
        """Open a compact JWE that was made for this server.

        Raises SealBroken when it was not, or was changed.
        """
        for key in self._keys.values():
            try:
                plaintext = jwe.decrypt_compact(token, key, algorithms=ALGORITHMS).plaintext
            except (JoseError, ValueError):
                continue
            if plaintext is not None:
                return plaintext
        raise SealBroken("jwe")
