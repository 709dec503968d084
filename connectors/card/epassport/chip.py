"""Chip authentication, version 1: only the chip that the state made has the private key (ICAO Doc 9303-11, 6.2)."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.card.channel import OK, Channel
from connectors.card.epassport import asn1, tlv
from connectors.card.epassport.ciphers import Suite, derive_session_keys
from connectors.card.epassport.files import FileId, FileTag, read_file
from connectors.card.epassport.public_keys import UnusableKey, load_public_key
from connectors.card.epassport.secure_messaging import Command, Exchange, SecureExchange
from connectors.card.epassport.security_infos import ChipKey, chip_key
from connectors.contracts.card import ChipCheck
from connectors.contracts.errors import CardError, CardFault

SET_KEY_AGREEMENT: Final = bytes.fromhex("002241A6")
SET_TEMPLATE: Final = bytes.fromhex("002241A4")
GENERAL_AUTHENTICATE: Final = bytes.fromhex("00860000")

_EVERYTHING: Final = 256


def check_chip(channel: Channel, exchange: Exchange, chip_keys: bytes | None) -> ChipCheck:
    """Agree on new session keys with the chip's own key and see whether it can speak under them; ends the old session.

    `chip_keys` is data group 14, which the judge must find signed. Raises CardError when the card is lost or mute.
    """
    if chip_keys is None:
        return ChipCheck.NOT_OFFERED
    key = chip_key(tlv.only(chip_keys, FileTag.CHIP_KEYS))
    if key is None:
        return ChipCheck.NOT_OFFERED
    try:
        public_key = load_public_key(key.public_key)
    except UnusableKey:
        return ChipCheck.NOT_OFFERED
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        return ChipCheck.NOT_OFFERED
    try:
        return _agree(channel, exchange, key, public_key)
    except CardError as error:
        # a copy does not know the secret: what it says under the new keys is not authentic
        if error.fault is CardFault.SECURE_MESSAGING_BROKEN:
            return ChipCheck.FAILED
        raise


def _agree(channel: Channel, exchange: Exchange, key: ChipKey, public_key: ec.EllipticCurvePublicKey) -> ChipCheck:
    # 1. a key pair for this one run, on the chip's curve
    own = ec.generate_private_key(public_key.curve)
    own_public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    # 2. to the chip, in the form that its suite wants (6.2.4)
    key_id = b"" if key.key_id is None else tlv.encode(0x84, _shortest(key.key_id))
    if key.suite is Suite.TRIPLE_DES:
        answer = exchange(Command(SET_KEY_AGREEMENT, tlv.encode(0x91, own_public) + key_id))
    else:
        protocol = tlv.encode(0x80, asn1.identifier(key.protocol))
        if exchange(Command(SET_TEMPLATE, protocol + key_id)).status != OK:
            return ChipCheck.FAILED
        point = tlv.encode(0x7C, tlv.encode(0x80, own_public))
        answer = exchange(Command(GENERAL_AUTHENTICATE, point, expected=_EVERYTHING))
    if answer.status != OK:
        return ChipCheck.FAILED
    # 3. an authentic answer under the new keys is the proof
    keys = derive_session_keys(key.suite, own.exchange(ec.ECDH(), public_key))
    found = read_file(SecureExchange(channel, keys), FileId.CONTENTS)
    return ChipCheck.PROVEN if found is not None else ChipCheck.FAILED


def _shortest(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
