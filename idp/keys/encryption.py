"""The server's own encryption keys, one a purpose: card agents encrypt what they read to one, clients their request
objects to another (JWE, ECDH-ES).

Derived from a root key, so that every node of a deployment can open what any node asked for.
"""

from collections.abc import Sequence
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError

from idp.keys.derived import derive_p256_key
from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken

ALGORITHM = "ECDH-ES"
CARD_READINGS = "server-encryption"
REQUEST_OBJECTS = "request-object-encryption"


class ServerEncryptionKey:
    """A P-256 key pair; the public half goes to those who encrypt, the private half never leaves this object.

    `purpose` keeps what was made for one use from being opened for another; `methods` are the content encryptions.
    """

    def __init__(
        self, root_keys: RootKeys, *, purpose: str = CARD_READINGS, methods: Sequence[str] = ("A256GCM",)
    ) -> None:
        by_version = {version: derive_p256_key(root_keys, purpose, version=version) for version in root_keys.versions}
        self._algorithms = [ALGORITHM, *methods]
        self._keys = {key.thumbprint(): key for key in by_version.values()}
        self._newest = by_version[root_keys.newest].thumbprint()

    def public_jwk(self) -> dict[str, Any]:
        """The public JWK to encrypt to, with `kid`, `use` and `alg`."""
        public = self._keys[self._newest].as_dict(private=False)
        return {**public, "kid": self._newest, "use": "enc", "alg": ALGORITHM}

    def encrypt(self, plaintext: bytes) -> str:
        """A compact JWE to this server itself: for what another node opens, and the store must not read."""
        header = {"alg": ALGORITHM, "enc": self._algorithms[1], "kid": self._newest}
        return jwe.encrypt_compact(header, plaintext, self._keys[self._newest], algorithms=self._algorithms)

    def decrypt(self, token: str) -> bytes:
        """Open a compact JWE that was made for this server.

        Raises SealBroken when it was not, or was changed.
        """
        for key in self._keys.values():
            try:
                opened = jwe.decrypt_compact(token, key, algorithms=self._algorithms)
            except (JoseError, ValueError, TypeError, RecursionError):  # the header is a stranger's: any JSON at all
                continue
            # RFC 7516 §4.1.13: an extension that is critical and not understood makes the JWE invalid; joserfc does not
            # look at the parameter when it decrypts
            if opened.plaintext is not None and "crit" not in opened.headers():
                return opened.plaintext
        raise SealBroken("jwe")
