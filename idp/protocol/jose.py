"""JSON Web Signatures as we accept them: RFC 7515, RFC 7519 and RFC 8725, compact form, a closed list of algorithms."""

import re
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, Key, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact
from joserfc.util import urlsafe_b64decode

from idp.protocol.strict_json import parse_json

SIGNING_ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
"""What clients may sign with (FAPI 2.0 §5.4.1); `Ed25519` is RFC 9864's name for the same signature."""
NARROWER_NAMES = {"EdDSA": "Ed25519"}
"""RFC 9864 §2.2 splits `EdDSA` by curve: who expects the old name takes the new one, which newer libraries write."""

COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_COMPACT_LENGTH = 16_384
MIN_RSA_BITS = 2048
MAX_NUMERIC_DATE = 253_402_300_799  # the end of the year 9999


class JwtRefused(ValueError):
    """The token is not one we accept; the message is ASCII and says what is wrong, never a value."""


class WideHeaderRegistry(JWSRegistry):
    """The default header limit of 512 bytes refuses every RSA proof (facts/security-and-reliability, T5)."""

    max_header_length = 4096


@dataclass(frozen=True, slots=True)
class VerifiedJwt:
    """A token whose signature by `key` is good; its claims are still to be judged."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: Key


def verify_jwt_signature(
    token: str, *, find_key: Callable[[Mapping[str, Any]], Key], expected_algorithms: Collection[str]
) -> VerifiedJwt:
    """Check form and signature of a compact JWS with a JSON payload. Times and audience are NOT judged here.

    `find_key` chooses the key from the header, which is not yet proven. Raises JwtRefused.
    """
    header, claims = read_unverified(token)
    algorithms = [
        *expected_algorithms,
        *(NARROWER_NAMES[name] for name in expected_algorithms if name in NARROWER_NAMES),
    ]
    # RFC 8725 §3.1: "Libraries MUST enable the caller to specify a supported set of algorithms and MUST NOT use any
    # other algorithms when performing cryptographic operations."
    if header.get("alg") not in algorithms:
        raise JwtRefused("the algorithm is not accepted")
    # RFC 7515 §4.1.11: "If any of the listed extension Header Parameters are not understood … the JWS is invalid."
    if "crit" in header or "b64" in header:
        raise JwtRefused("critical extensions are not accepted")
    key = find_key(header)
    registry = WideHeaderRegistry(algorithms=algorithms, strict_check_header=False)
    try:
        with warnings.catch_warnings():
            # FAPI 2.0 names the algorithm `EdDSA`; joserfc warns of that name since RFC 9864.
            warnings.simplefilter("ignore", SecurityWarning)
            deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise JwtRefused("the signature does not verify") from error
    return VerifiedJwt(header, claims, key)


def read_unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a token that nobody has verified; good for looking up whose key to try, for nothing else.

    Raises JwtRefused when it is not a compact JWS with two JSON objects.
    """
    if len(token) > MAX_COMPACT_LENGTH or not COMPACT.fullmatch(token):
        raise JwtRefused("not a compact JSON Web Signature")
    try:
        header_segment, payload_segment, _ = token.split(".")
        WideHeaderRegistry().validate_header_size(header_segment.encode())
        return _json_object(header_segment), _json_object(payload_segment)
    except (JoseError, ValueError) as error:
        raise JwtRefused("the token cannot be read") from error


def import_public_key(jwk: Mapping[str, Any]) -> Key:
    """A public verification key from its JWK; raises JwtRefused for private, symmetric, weak or malformed keys."""
    if not isinstance(jwk, dict) or jwk.get("kty") not in ("EC", "RSA", "OKP"):
        raise JwtRefused("the key is not an asymmetric public key")
    try:
        with warnings.catch_warnings():
            # joserfc only warns of a short key; here it is refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            # "EdDSA" in a key says no more than its curve does, and would bar the newer name of the same signature
            key = JWKRegistry.import_key({name: jwk[name] for name in jwk if jwk[name] != "EdDSA"})
        if key.is_private:
            raise JwtRefused("the key is private")
        if isinstance(key, RSAKey) and key.raw_value.key_size < MIN_RSA_BITS:
            raise JwtRefused("the RSA key is too short")
    except (JoseError, ValueError, TypeError, KeyError) as error:  # a KeyError is an unknown curve
        if isinstance(error, JwtRefused):
            raise
        raise JwtRefused("the key cannot be read") from error
    return key


def numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate claim in seconds (RFC 7519 §2), None when absent; raises JwtRefused when it is no such number."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_NUMERIC_DATE:
        raise JwtRefused(f"{name} is not a time")
    return float(value)


def bounded_text(claims: Mapping[str, Any], name: str, *, longest: int) -> str:
    """A claim that must be a string of 1 to `longest` printable ASCII characters; raises JwtRefused otherwise.

    JSON may spell half a character (a lone surrogate), which no digest and no database takes.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not (value.isascii() and value.isprintable()):
        raise JwtRefused(f"{name} is missing or malformed")
    return value


def seconds(moment: datetime) -> int:
    """A moment as NumericDate."""
    return int(moment.timestamp())


def _json_object(segment: str) -> Mapping[str, Any]:
    # RFC 7519 §4: "The Claim Names within a JWT Claims Set MUST be unique"
    value = parse_json(urlsafe_b64decode(segment.encode("ascii")))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
