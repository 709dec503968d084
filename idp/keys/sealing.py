"""Sealed tokens: our own handles (codes, request_uris, flows, links), bound to their kind and expiry (AES-256-GCM).

`v.NONCE_AND_CIPHERTEXT`, base64url. The kind is in the associated data, so that a handle of one kind never opens as
another (attack row 13). Opening one costs about a microsecond (facts/openid-performance, section 2.1).
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.files import RootKeys
from idp.keys.keyed_digest import KeyedDigest

NONCE_BYTES = 12
EXPIRY_MEMBER = "~"
MAX_TOKEN_LENGTH = 16_384
MAX_VERSION_DIGITS = 9


class SealBroken(ValueError):
    """Not ours, of another kind, changed, or sealed under a key that is gone."""


class SealExpired(ValueError):
    """Ours and whole, but its time is over."""


class TokenSealer:
    """Seals small JSON objects into URL-safe text and opens them again."""

    def __init__(self, root_keys: RootKeys, *, randomness: Randomness = system_randomness) -> None:
        self._ciphers = {
            version: AESGCM(root_keys.derive("token-sealing", version=version)) for version in root_keys.versions
        }
        self._newest = root_keys.newest
        self._nonces = KeyedDigest(root_keys.derive("token-sealing-nonce", version=root_keys.newest))
        self._randomness = randomness

    def seal(self, kind: str, payload: Mapping[str, Any], *, expires_at: datetime) -> str:
        """Seal `payload` as this kind until `expires_at`."""
        return self._encrypt(kind, _body(payload, expires_at), self._randomness(NONCE_BYTES))

    def seal_repeatably(self, kind: str, payload: Mapping[str, Any], *, expires_at: datetime) -> str:
        """Seal so that the same payload gives the same text while the root key is the same.

        The nonce is a keyed digest of what is sealed: two texts share one only when they are the same text.
        """
        text = _body(payload, expires_at)
        nonce = self._nonces.of(kind.encode() + b"\x1f" + text)[:NONCE_BYTES]
        return self._encrypt(kind, text, nonce)

    def _encrypt(self, kind: str, text: bytes, nonce: bytes) -> str:
        sealed = nonce + self._ciphers[self._newest].encrypt(nonce, text, kind.encode())
        return _spelled(self._newest, sealed)

    def open(self, kind: str, token: str, *, now: datetime) -> dict[str, Any]:
        """Give the payload back.

        Raises SealBroken when the token is not one of ours of this kind, SealExpired when its time is over.
        """
        return self.open_dated(kind, token, now=now)[0]

    def expiry_of(self, kind: str, token: str) -> datetime:
        """The moment sealed in as expiry, also of a token whose time is over. Raises SealBroken."""
        return datetime.fromtimestamp(self._decrypt(kind, token)[EXPIRY_MEMBER] / 1000, UTC)

    def open_late(self, kind: str, token: str) -> dict[str, Any]:
        """What was sealed, also when its time is over: to say whose it was, never to go on with. Raises SealBroken."""
        payload = self._decrypt(kind, token)
        del payload[EXPIRY_MEMBER]
        return payload

    def open_dated(self, kind: str, token: str, *, now: datetime) -> tuple[dict[str, Any], datetime]:
        """Give the payload back, and when its time is over. Raises as `open` does."""
        payload = self._decrypt(kind, token)
        expires_at = datetime.fromtimestamp(payload.pop(EXPIRY_MEMBER) / 1000, UTC)
        if now >= expires_at:
            raise SealExpired(kind)
        return payload, expires_at

    def _decrypt(self, kind: str, token: str) -> dict[str, Any]:
        version, _, text = token.partition(".")
        if len(token) > MAX_TOKEN_LENGTH or len(version) > MAX_VERSION_DIGITS:
            raise SealBroken(kind)
        if not token.isascii() or not version.isdigit():
            raise SealBroken(kind)
        cipher = self._ciphers.get(int(version))
        if cipher is None:
            raise SealBroken(kind)
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            # one token has one spelling: no leading zeros, no padding, no other alphabet, no stray bits at the end
            if token != _spelled(int(version), sealed):
                raise SealBroken(kind)
            body = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kind.encode())
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise SealBroken(kind) from error
        payload: dict[str, Any] = msgspec.json.decode(body)
        return payload


def _body(payload: Mapping[str, Any], expires_at: datetime) -> bytes:
    body = {**payload, EXPIRY_MEMBER: int(expires_at.timestamp() * 1000)}
    return msgspec.json.encode(body)


def _spelled(version: int, sealed: bytes) -> str:
    return f"{version}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"
