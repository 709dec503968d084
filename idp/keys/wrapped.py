"""Private halves kept in the store, wrapped under a key derived from a root key (AES-256-GCM, bound to the `kid`)."""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.kernel.randomness import Randomness
from idp.keys.files import RootKeys
from idp.keys.model import Keeper, KeyUnreachable, NewKey, PrivateHalf, PublicKey
from idp.keys.sealing import NONCE_BYTES

P256_BYTES: Final = 32
MOST_OPENED: Final = 32

_ES256 = ec.ECDSA(hashes.SHA256())
# RFC 7518 §3.5: "The size of the salt value is the same size as the hash function output."
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)

OpenedKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class WrappedKeys:
    """Makes, unwraps and uses them; unwrapped halves stay in the memory of the process."""

    def __init__(self, root_keys: RootKeys, *, randomness: Randomness) -> None:
        self._root_keys = root_keys
        self._randomness = randomness
        self._opened: dict[str, OpenedKey] = {}

    async def make(self, alg: str) -> NewKey:
        """A fresh pair, wrapped under the newest root key."""
        fresh = _fresh(alg)
        kid, version = fresh.thumbprint(), self._root_keys.newest
        nonce = self._randomness(NONCE_BYTES)
        wrapped = nonce + self._cipher(version).encrypt(nonce, fresh.as_pem(private=True), kid.encode())
        return NewKey(kid, dict(fresh.as_dict(private=False)), PrivateHalf(Keeper.STORE, wrapped, version))

    async def sign(self, kid: str, private: PrivateHalf, alg: str, signing_input: bytes) -> bytes:
        """See PrivateKeys."""
        key = self._opened.get(kid) or self._open(kid, private)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(key.sign(signing_input, _ES256))
            return r.to_bytes(P256_BYTES, "big") + s.to_bytes(P256_BYTES, "big")
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(signing_input, _PSS if alg == "PS256" else padding.PKCS1v15(), hashes.SHA256())
        return key.sign(signing_input)

    async def destroy(self, private: PrivateHalf) -> None:
        """The row was all there was."""
        self._opened.clear()

    def _open(self, kid: str, private: PrivateHalf) -> OpenedKey:
        wrapped, version = private.content, private.root_version
        if version is None or version not in self._root_keys.versions:
            raise KeyUnreachable("the root key of a signing key is not here")
        try:
            pem = self._cipher(version).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], kid.encode())
        except InvalidTag as error:
            raise KeyUnreachable("a signing key does not open under its root key") from error
        key = load_pem_private_key(pem, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey)
        if len(self._opened) >= MOST_OPENED:
            self._opened.clear()
        self._opened[kid] = key
        return key

    def _cipher(self, version: int) -> AESGCM:
        return AESGCM(self._root_keys.derive("signing-key-wrapping", version=version))


def _fresh(alg: str) -> PublicKey:
    match alg:
        case "ES256":
            return ECKey.generate_key("P-256")
        case "EdDSA":
            return OKPKey.generate_key("Ed25519")
        case _:
            return RSAKey.generate_key(2048)
