"""Triple DES with two keys, as passports without AES speak it (ICAO Doc 9303-11, 9.8.6.1).

The one module that touches the retired cipher: nothing else in the project may, and a passport that offers AES is
never spoken to in this. MAC: ISO/IEC 9797-1, algorithm 3 with padding method 2.
"""

from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

BLOCK: Final = 8
_NO_VECTOR: Final = bytes(BLOCK)


def encrypt(key: bytes, data: bytes) -> bytes:
    """CBC from a zero vector; `key` 16 bytes, `data` whole blocks."""
    return _cipher(key).encryptor().update(data)


def decrypt(key: bytes, data: bytes) -> bytes:
    """The inverse of `encrypt`."""
    return _cipher(key).decryptor().update(data)


def retail_mac(key: bytes, padded: bytes) -> bytes:
    """Eight bytes over whole blocks: single DES chained, the last block alone under both keys."""
    left, right = key[:BLOCK], key[BLOCK:]
    chained = _single(left).encryptor().update(padded)[-BLOCK:]
    return _single(left).encryptor().update(_single(right).decryptor().update(chained))


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(TripleDES(key + key[:BLOCK]), modes.CBC(_NO_VECTOR))


def _single(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(TripleDES(key * 3), modes.CBC(_NO_VECTOR))
