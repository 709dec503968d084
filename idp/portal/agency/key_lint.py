"""What is wrong with a key set that somebody pasted, key by key; pure. What it says quotes nothing of a key."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from idp.protocol.client_registration import MOST_KEYS
from idp.protocol.jose import JwtRefused, import_public_key

PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
PUBLIC_MEMBERS: Final = frozenset(
    {"kty", "use", "key_ops", "alg", "kid", "x5u", "x5c", "x5t", "x5t#S256", "crv", "x", "y", "n", "e"}
)
"""RFC 7517, section 4, and RFC 7518, section 6: all that stands in a public key."""


class KeyFault(StrEnum):
    """What a finding is about; the texts are the page's."""

    NOT_JSON = "not_json"
    NOT_A_SET = "not_a_set"
    NO_KEYS = "no_keys"
    TOO_MANY = "too_many"
    PRIVATE = "private"
    SYMMETRIC = "symmetric"
    KIND = "kind"
    UNREADABLE = "unreadable"
    KID_MISSING = "kid_missing"
    KID_TWICE = "kid_twice"
    NONE_SIGNS = "none_signs"


ONLY_ADVICE: Final = frozenset({KeyFault.KID_MISSING})
"""It works without, while there is one key of its kind."""


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """What is wrong with the key at this place (from 1), or with the whole set (0)."""

    place: int
    fault: KeyFault

    @property
    def stops(self) -> bool:
        """True for what cannot be kept as it is."""
        return self.fault not in ONLY_ADVICE


@dataclass(frozen=True, slots=True, repr=False)
class Linted:
    """The set as it was read, and all that is wrong with it; None where nothing could be read."""

    jwks: Mapping[str, Any] | None
    findings: tuple[KeyFinding, ...]

    @property
    def is_usable(self) -> bool:
        """True when nothing stops it."""
        return self.jwks is not None and not any(one.stops for one in self.findings)


def lint_keys(text: str) -> Linted:
    """Judge a JWK set, or a single JWK, as it was pasted."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return Linted(None, (KeyFinding(0, KeyFault.NOT_JSON),))
    if isinstance(read, dict) and "kty" in read:
        read = {"keys": [read]}
    keys = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        return Linted(None, (KeyFinding(0, KeyFault.NOT_A_SET),))
    if not 0 < len(keys) <= MOST_KEYS:
        return Linted(None, (KeyFinding(0, KeyFault.TOO_MANY if keys else KeyFault.NO_KEYS),))
    of_keys = [KeyFinding(place, fault) for place, jwk in enumerate(keys, start=1) if (fault := _fault_of(jwk))]
    return Linted({"keys": keys}, (*of_keys, *_of_the_set(keys)))


def shown_keys(text: str) -> str:
    """The key set that was pasted, for the page to show again, as it was read.

    Empty where a key has anything but public members, and where nothing can be read: what it is cannot be told then.
    """
    jwks = lint_keys(text).jwks
    if jwks is None or not all(jwk.keys() <= PUBLIC_MEMBERS for jwk in jwks["keys"]):
        return ""
    return json.dumps(jwks, indent=2)


def _fault_of(jwk: Mapping[str, Any]) -> KeyFault | None:
    if jwk.get("kty") == "oct":
        return KeyFault.SYMMETRIC
    if PRIVATE_MEMBERS & jwk.keys():
        return KeyFault.PRIVATE
    if jwk.get("kty") not in ("EC", "RSA", "OKP"):
        return KeyFault.KIND
    try:
        import_public_key(jwk)
    except JwtRefused:
        return KeyFault.UNREADABLE
    return None if isinstance(jwk.get("kid"), str) else KeyFault.KID_MISSING


def _of_the_set(keys: list[dict[str, Any]]) -> list[KeyFinding]:
    # a kind may be anything that JSON has, also what cannot be counted by
    named = Counter((str(jwk.get("kty")), jwk["kid"]) for jwk in keys if isinstance(jwk.get("kid"), str))
    found = [KeyFinding(0, KeyFault.KID_TWICE)] if any(count > 1 for count in named.values()) else []
    if all(jwk.get("use", "sig") != "sig" for jwk in keys):
        found.append(KeyFinding(0, KeyFault.NONE_SIGNS))
    return found
