"""The ciphers of secure messaging and the keys derived for them (ICAO Doc 9303-11, 9.7 and 9.8)."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, assert_never

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from connectors.card.epassport import triple_des
from connectors.contracts.errors import CardError, CardFault

MAC_LENGTH: Final = 8
_PADDING_MARK: Final = b"\x80"


class Suite(StrEnum):
    """A block cipher with its message authentication code."""

    TRIPLE_DES = "3des"
    AES_128 = "aes-128"
    AES_192 = "aes-192"
    AES_256 = "aes-256"

    @property
    def block(self) -> int:
        """Bytes of a block, and of the send sequence counter."""
        return triple_des.BLOCK if self is Suite.TRIPLE_DES else AES.block_size // 8


class KeyUse(IntEnum):
    """What a derived key is for: the counter of the derivation."""

    ENCRYPTION = 1
    MAC = 2
    PASSWORD = 3


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """Keys of one secured session."""

    suite: Suite
    encryption: bytes
    mac: bytes


def derive_key(suite: Suite, secret: bytes, use: KeyUse) -> bytes:
    """One key out of a shared secret (9.7.1). The parity bits of DES keys are left alone: no cipher reads them."""
    seed = secret + use.to_bytes(4, "big")
    match suite:
        case Suite.TRIPLE_DES | Suite.AES_128:
            # the specification's own derivation; nothing rests on collision resistance here
            return hashlib.sha1(seed, usedforsecurity=False).digest()[:16]
        case Suite.AES_192:
            return hashlib.sha256(seed).digest()[:24]
        case Suite.AES_256:
            return hashlib.sha256(seed).digest()
        case _ as unreachable:
            assert_never(unreachable)


def derive_session_keys(suite: Suite, secret: bytes) -> SessionKeys:
    """Both keys of a session."""
    return SessionKeys(suite, derive_key(suite, secret, KeyUse.ENCRYPTION), derive_key(suite, secret, KeyUse.MAC))


def encrypt(keys: SessionKeys, counter: int, data: bytes) -> bytes:
    """CBC over whole blocks; with AES the vector is the encrypted send sequence counter (9.8.6)."""
    if keys.suite is Suite.TRIPLE_DES:
        return triple_des.encrypt(keys.encryption, data)
    return Cipher(AES(keys.encryption), modes.CBC(_vector(keys, counter))).encryptor().update(data)


def decrypt(keys: SessionKeys, counter: int, data: bytes) -> bytes:
    """The inverse of `encrypt`. Raises CardError SECURE_MESSAGING_BROKEN for anything but whole blocks."""
    if len(data) % keys.suite.block:
        raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "not whole blocks")
    if keys.suite is Suite.TRIPLE_DES:
        return triple_des.decrypt(keys.encryption, data)
    return Cipher(AES(keys.encryption), modes.CBC(_vector(keys, counter))).decryptor().update(data)


def decrypt_nonce(suite: Suite, key: bytes, data: bytes) -> bytes:
    """The nonce of PACE: CBC from a zero vector, no padding (4.4.3.3). `data` whole blocks."""
    if suite is Suite.TRIPLE_DES:
        return triple_des.decrypt(key, data)
    return Cipher(AES(key), modes.CBC(bytes(suite.block))).decryptor().update(data)


def encrypt_nonce(suite: Suite, key: bytes, data: bytes) -> bytes:
    """The inverse of `decrypt_nonce`."""
    if suite is Suite.TRIPLE_DES:
        return triple_des.encrypt(key, data)
    return Cipher(AES(key), modes.CBC(bytes(suite.block))).encryptor().update(data)


def compute_mac(suite: Suite, key: bytes, message: bytes) -> bytes:
    """Eight bytes: the retail MAC over the padded message, or AES-CMAC cut to eight (9.8.6)."""
    if suite is Suite.TRIPLE_DES:
        return triple_des.retail_mac(key, pad(message, suite.block))
    code = CMAC(AES(key))
    code.update(message)
    return code.finalize()[:MAC_LENGTH]


def pad(data: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1, padding method 2: a mark, then zeros to the end of the block."""
    return data + _PADDING_MARK + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """The inverse of `pad`. Raises CardError SECURE_MESSAGING_BROKEN when there is no mark."""
    stripped = data.rstrip(b"\0")
    if not stripped.endswith(_PADDING_MARK):
        raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "no padding")
    return stripped[:-1]


def _vector(keys: SessionKeys, counter: int) -> bytes:
    block = counter.to_bytes(keys.suite.block, "big")
    # one block, so that the mode does not matter; the specification says ECB, which is nowhere else in use
    return Cipher(AES(keys.encryption), modes.CBC(bytes(len(block)))).encryptor().update(block)
