"""Basic access control: the printed lines open the chip (ICAO Doc 9303-11, 4.3)."""

import hashlib
from collections.abc import Callable
from hmac import compare_digest
from typing import Final

from connectors.card.channel import OK, Channel
from connectors.card.epassport import triple_des
from connectors.card.epassport.ciphers import (
    KeyUse,
    SessionKeys,
    Suite,
    compute_mac,
    derive_key,
    derive_session_keys,
)
from connectors.card.epassport.secure_messaging import Command, SecureExchange, exchange_plainly
from connectors.contracts.errors import CardError, CardFault

RandomBytes = Callable[[int], bytes]

NONCE: Final = 8
KEY_SEED: Final = 16
CRYPTOGRAM: Final = 32
ANSWER: Final = CRYPTOGRAM + 8

GET_CHALLENGE: Final = bytes.fromhex("00840000")
EXTERNAL_AUTHENTICATE: Final = bytes.fromhex("00820000")


def basic_access_keys(key_text: str) -> SessionKeys:
    """The document's basic access keys out of `mrz.key_text` (4.3.2)."""
    seed = hashlib.sha1(key_text.encode("ascii"), usedforsecurity=False).digest()[:KEY_SEED]
    return SessionKeys(
        Suite.TRIPLE_DES,
        derive_key(Suite.TRIPLE_DES, seed, KeyUse.ENCRYPTION),
        derive_key(Suite.TRIPLE_DES, seed, KeyUse.MAC),
    )


def open_with_bac(channel: Channel, *, key_text: str, random_bytes: RandomBytes) -> SecureExchange:
    """Prove to know the printed lines, and agree on session keys; the passport's applet is selected.

    Raises CardError ACCESS_DENIED_BY_CHIP when the chip does not take them, TRUNCATED_ANSWER for a wrong length.
    """
    keys = basic_access_keys(key_text)
    exchange = exchange_plainly(channel)
    # 1. the chip's challenge
    challenge = exchange(Command(GET_CHALLENGE, expected=NONCE))
    if challenge.status != OK:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, f"status {challenge.status:04X}")
    chip_nonce = _exactly(challenge.data, NONCE)
    # 2. ours with it, enciphered
    own_nonce, own_half = random_bytes(NONCE), random_bytes(KEY_SEED)
    cryptogram = triple_des.encrypt(keys.encryption, own_nonce + chip_nonce + own_half)
    code = compute_mac(Suite.TRIPLE_DES, keys.mac, cryptogram)
    answer = exchange(Command(EXTERNAL_AUTHENTICATE, cryptogram + code, expected=ANSWER))
    if answer.status != OK:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, f"status {answer.status:04X}")
    # 3. the chip's answer: authentic, and to this very challenge
    data = _exactly(answer.data, ANSWER)
    expected_code = compute_mac(Suite.TRIPLE_DES, keys.mac, data[:CRYPTOGRAM])
    opened = triple_des.decrypt(keys.encryption, data[:CRYPTOGRAM])
    is_authentic = compare_digest(expected_code, data[CRYPTOGRAM:])
    if not is_authentic or opened[: 2 * NONCE] != chip_nonce + own_nonce:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, "the answer is not to our challenge")
    # 4. session keys of both halves; the counter starts with the ends of both nonces
    chip_half = opened[2 * NONCE :]
    secret = bytes(own ^ other for own, other in zip(own_half, chip_half, strict=True))
    return SecureExchange(
        channel, derive_session_keys(Suite.TRIPLE_DES, secret), counter=first_counter(chip_nonce, own_nonce)
    )


def first_counter(chip_nonce: bytes, terminal_nonce: bytes) -> int:
    """The send sequence counter after BAC (9.8.6.3)."""
    return int.from_bytes(chip_nonce[4:] + terminal_nonce[4:], "big")


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise CardError(CardFault.TRUNCATED_ANSWER, f"{len(data)} bytes instead of {length}")
    return data
