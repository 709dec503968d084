"""What a chip says it can do: PACE in EF.CardAccess, chip authentication in data group 14 (ICAO Doc 9303-11, 9.2)."""

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import core, keys

from connectors.card.epassport import asn1
from connectors.card.epassport.ciphers import Suite
from connectors.card.epassport.curve import BRAINPOOL_P256R1, P_256, Curve
from connectors.contracts.errors import CardError, CardFault

PACE_ECDH_GENERIC_MAPPING: Final = "0.4.0.127.0.7.2.2.4.2."
CHIP_AUTHENTICATION_ECDH: Final = "0.4.0.127.0.7.2.2.3.2."
CHIP_KEY_ECDH: Final = "0.4.0.127.0.7.2.2.1.2"

SUITES: Final = {"1": Suite.TRIPLE_DES, "2": Suite.AES_128, "3": Suite.AES_192, "4": Suite.AES_256}
"""The last number of both protocols' identifiers."""
CURVES: Final = {12: P_256, 13: BRAINPOOL_P256R1}
"""Standardised domain parameters (9.5.1) that PACE is spoken over here."""

_PACE_VERSION: Final = 2
_CHIP_AUTHENTICATION_VERSION: Final = 1


class SecurityInfo(core.Sequence):
    """One protocol and its parameters."""

    _fields = [("protocol", core.ObjectIdentifier), ("required", core.Any), ("optional", core.Any, {"optional": True})]  # noqa: RUF012 - asn1crypto reads it so


class SecurityInfos(core.SetOf):
    """All of them."""

    _child_spec = SecurityInfo


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """PACE with generic mapping over a curve, in a suite."""

    protocol: str
    suite: Suite
    curve: Curve
    parameter_id: int


@dataclass(frozen=True, slots=True)
class ChipKey:
    """The chip's public key for chip authentication, and the protocol it is for."""

    public_key: keys.PublicKeyInfo
    key_id: int | None
    protocol: str
    suite: Suite


def pace_offers(card_access: bytes) -> list[PaceOffer]:
    """The offers that can be taken up here, the strongest first. Raises CardError MALFORMED_DATA."""
    offers = []
    for protocol, required, optional in _parse(card_access):
        suite = SUITES.get(protocol.removeprefix(PACE_ECDH_GENERIC_MAPPING))
        if not protocol.startswith(PACE_ECDH_GENERIC_MAPPING) or suite is None or optional is None:
            continue
        parameter_id = _integer(optional)
        if _integer(required) == _PACE_VERSION and parameter_id in CURVES:
            offers.append(PaceOffer(protocol, suite, CURVES[parameter_id], parameter_id))
    return sorted(offers, key=lambda offer: offer.protocol, reverse=True)


def chip_key(infos: bytes) -> ChipKey | None:
    """The chip's key, None where it has none that can be used here. Raises CardError MALFORMED_DATA."""
    found: tuple[keys.PublicKeyInfo, int | None] | None = None
    protocols: dict[int | None, str] = {}
    for protocol, required, optional in _parse(infos):
        key_id = None if optional is None else _integer(optional)
        if protocol == CHIP_KEY_ECDH and found is None:
            found = (_key_info(required), key_id)
        elif protocol.startswith(CHIP_AUTHENTICATION_ECDH) and _integer(required) == _CHIP_AUTHENTICATION_VERSION:
            protocols[key_id] = protocol
    if found is None:
        return None
    public_key, key_id = found
    # 9.2.6: a chip that names no protocol speaks the oldest
    protocol = protocols.get(key_id, CHIP_AUTHENTICATION_ECDH + "1")
    suite = SUITES.get(protocol.removeprefix(CHIP_AUTHENTICATION_ECDH))
    return None if suite is None else ChipKey(public_key, key_id, protocol, suite)


def _parse(infos: bytes) -> list[tuple[str, Any, Any | None]]:
    try:
        return [
            (info["protocol"].dotted, info["required"], info["optional"] if info["optional"].contents else None)
            for info in asn1.load(SecurityInfos, infos)
        ]
    except asn1.MALFORMED as error:
        raise CardError(CardFault.MALFORMED_DATA, "no security infos") from error


def _key_info(value: Any) -> keys.PublicKeyInfo:
    try:
        info: keys.PublicKeyInfo = asn1.whole(value.parse(keys.PublicKeyInfo))
        return info
    except asn1.MALFORMED as error:
        raise CardError(CardFault.MALFORMED_DATA, "no public key in the security infos") from error


def _integer(value: Any) -> int:
    try:
        return int(value.parse(core.Integer).native)
    except asn1.MALFORMED as error:
        raise CardError(CardFault.MALFORMED_DATA, "no number in the security infos") from error
