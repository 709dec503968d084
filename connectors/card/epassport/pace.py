"""PACE with generic mapping over ECDH (ICAO Doc 9303-11, 4.4).

The printed lines open the chip, or the access number does, and nobody who listens can guess them.
"""

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from connectors.card.channel import OK, Answer, Channel
from connectors.card.epassport import asn1, tlv
from connectors.card.epassport.bac import RandomBytes
from connectors.card.epassport.ciphers import (
    KeyUse,
    SessionKeys,
    compute_mac,
    decrypt_nonce,
    derive_key,
    derive_session_keys,
)
from connectors.card.epassport.curve import Curve, Point, add, decode_point, encode_point, multiply
from connectors.card.epassport.secure_messaging import Command, Exchange, SecureExchange, exchange_plainly
from connectors.card.epassport.security_infos import PaceOffer
from connectors.contracts.errors import CardError, CardFault

SET_TEMPLATE: Final = bytes.fromhex("0022C1A4")
GENERAL_AUTHENTICATE: Final = bytes.fromhex("10860000")
GENERAL_AUTHENTICATE_LAST: Final = bytes.fromhex("00860000")
DYNAMIC_DATA: Final = 0x7C
PASSWORD_MRZ: Final = b"\x01"
PASSWORD_CAN: Final = b"\x02"
NONCE: Final = 16

_EVERYTHING: Final = 256


@dataclass(frozen=True, slots=True, repr=False)
class PacePassword:
    """What both sides know: which kind of password it is (`reference`), and its bytes."""

    reference: bytes
    secret: bytes


def password_of(key_text: str) -> PacePassword:
    """The password out of `mrz.key_text` (4.4.4.1)."""
    return PacePassword(PASSWORD_MRZ, hashlib.sha1(key_text.encode("ascii"), usedforsecurity=False).digest())


def password_of_access_number(digits: str) -> PacePassword:
    """The password out of the access number: its characters (4.4.4.1)."""
    return PacePassword(PASSWORD_CAN, digits.encode("ascii"))


def open_with_pace(
    channel: Channel, offer: PaceOffer, *, password: PacePassword, random_bytes: RandomBytes
) -> SecureExchange:
    """Agree on session keys with the chip's master file. Raises CardError ACCESS_DENIED_BY_CHIP, MALFORMED_DATA."""
    exchange = exchange_plainly(channel)
    curve = offer.curve
    # 1. which protocol, password and curve
    protocol = asn1.identifier(offer.protocol)
    template = tlv.encode(0x80, protocol) + tlv.encode(0x83, password.reference)
    template += tlv.encode(0x84, bytes((offer.parameter_id,)))
    _accepted(exchange(Command(SET_TEMPLATE, template)))
    # 2. the chip's nonce, enciphered with the password
    enciphered = _step(exchange, b"", 0x80)
    if len(enciphered) != NONCE:
        raise CardError(CardFault.TRUNCATED_ANSWER, "the nonce has another length")
    password_key = derive_key(offer.suite, password.secret, KeyUse.PASSWORD)
    nonce = int.from_bytes(decrypt_nonce(offer.suite, password_key, enciphered), "big")
    # 3. map the nonce to a base point that only both sides know
    secret, public = _key_pair(curve, curve.base, random_bytes)
    chip_public = decode_point(curve, _step(exchange, tlv.encode(0x81, encode_point(curve, public)), 0x82))
    base = mapped_base(curve, nonce, multiply(curve, secret, chip_public))
    # 4. agree on a secret over that base point
    secret, public = _key_pair(curve, base, random_bytes)
    chip_public = decode_point(curve, _step(exchange, tlv.encode(0x83, encode_point(curve, public)), 0x84))
    # 4.4.3.4: "each party SHOULD check that the two public keys … differ"
    if chip_public == public:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, "the chip sent our own key back")
    keys = derive_session_keys(offer.suite, shared_secret(curve, secret, chip_public))
    # 5. both prove that they have the keys: a wrong password shows here, and only here
    own_token = authentication_token(keys, protocol, encode_point(curve, chip_public))
    chip_token = _step(exchange, tlv.encode(0x85, own_token), 0x86, is_last=True)
    if not compare_digest(chip_token, authentication_token(keys, protocol, encode_point(curve, public))):
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, "the chip's token is wrong")
    return SecureExchange(channel, keys)


def mapped_base(curve: Curve, nonce: int, shared: Point) -> Point:
    """The generic mapping: nonce times the curve's base point, plus the shared point (4.4.3.3.1)."""
    return add(curve, multiply(curve, nonce, curve.base), shared)


def shared_secret(curve: Curve, secret: int, public: Point) -> bytes:
    """The first coordinate of the point agreed on."""
    return multiply(curve, secret, public)[0].to_bytes(curve.bytes, "big")


def authentication_token(keys: SessionKeys, protocol: bytes, public_of_other: bytes) -> bytes:
    """The code over the other side's public key (4.4.3.4)."""
    return compute_mac(
        keys.suite, keys.mac, tlv.encode(0x7F49, tlv.encode(0x06, protocol) + tlv.encode(0x86, public_of_other))
    )


def random_scalar(curve: Curve, random_bytes: RandomBytes) -> int:
    """A number from 1 below the order; eight bytes more than needed keep it even."""
    return int.from_bytes(random_bytes(curve.bytes + 8), "big") % (curve.order - 1) + 1


def _key_pair(curve: Curve, base: Point, random_bytes: RandomBytes) -> tuple[int, Point]:
    secret = random_scalar(curve, random_bytes)
    return secret, multiply(curve, secret, base)


def _step(exchange: Exchange, data: bytes, tag: int, *, is_last: bool = False) -> bytes:
    header = GENERAL_AUTHENTICATE_LAST if is_last else GENERAL_AUTHENTICATE
    answer = exchange(Command(header, tlv.encode(DYNAMIC_DATA, data), expected=_EVERYTHING))
    return tlv.first(tlv.decode(tlv.only(_accepted(answer), DYNAMIC_DATA)), tag)


def _accepted(answer: Answer) -> bytes:
    if answer.status != OK:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, f"status {answer.status:04X}")
    return answer.data
