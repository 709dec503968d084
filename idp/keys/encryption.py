"""The server's own encryption key, to which card agents encrypt what they read (JWE, ECDH-ES with A256GCM).

Derived from a root key, so that every node of a deployment can open what any node asked for.
"""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALGORITHMS = ["ECDH-ES", "A256GCM"]


class ServerEncryptionKey:
    """A P-256 key pair; the public half goes to agents, the private half never leaves this object."""

    def __init__(self, root_keys: RootKeys) -> None:
        self._keys = {}
        for version in root_keys.versions:
            # FIPS 186-5, A.2.1: 64 more bits than the order, so that the remainder is not biased.
            seed = int.from_bytes(root_keys.derive("server-encryption", version=version, length=40), "big")
            private = ec.derive_private_key(seed % (P256_ORDER - 1) + 1, ec.SECP256R1())
            key = ECKey.import_key(private)
            self._keys[key.thumbprint()] = key
        self._newest = next(iter(self._keys))

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
