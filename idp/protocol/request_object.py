"""Signed authorization requests: RFC 9101 (JAR), OpenID Connect Core §6.1, FAPI 2.0 Message Signing §5.3.

Nothing outside a request object counts once there is one, and none is fetched from an address of a client. One that is
encrypted is signed first (RFC 9101 §6.1): encryption hides it from the browser and proves nothing.
"""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.protocol.client_assertion import registered_key
from idp.protocol.errors import InvalidRequestObject, RequestNotSupportedError
from idp.protocol.jose import MAX_COMPACT_LENGTH, JwtRefused, numeric_date, read_unverified, verify_jwt_signature

MEDIA_TYPES = frozenset({"oauth-authz-req+jwt", "jwt"})
LONGEST_LIFE = timedelta(minutes=60)
CLOCK_SKEW = timedelta(seconds=10)
"""FAPI 2.0 Message Signing §5.3.1, as for client assertions: 10 seconds are borne, 60 are not."""

OBJECT_ENCRYPTION_ALGORITHMS = ("ECDH-ES",)
OBJECT_ENCRYPTION_METHODS = ("A128CBC-HS256", "A128GCM", "A256GCM")
"""How objects may be encrypted to us. RFC 8725 §3.6: compression is not among it."""

REGISTERED_CLAIMS = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
"""About the object itself, not parameters of the request (RFC 9101 §4)."""


def verify_request_object(
    *,
    request_object: str,
    expected_client_id: str,
    expected_issuer: str,
    expected_jwks: Mapping[str, Any],
    expected_algorithms: Collection[str],
    strict: bool,
    now: datetime,
) -> Mapping[str, str]:
    """The parameters inside, in the form in which they come without an object.

    `strict`: aud, exp and nbf must be there, the times within 60 minutes (FAPI 2.0 Message Signing §5.3.1).
    Raises InvalidRequestObject, or RequestNotSupportedError for an unsigned one that need not be signed.
    """
    try:
        header, _ = read_unverified(_with_signature(request_object))
        # OpenID Connect Core §6.1: who does not support an unsigned object says request_not_supported; where it must be
        # signed, it is an invalid one (RFC 9101 §10.5).
        if header.get("alg") == "none" and not strict:
            raise RequestNotSupportedError("unsigned request objects are not supported")
        # RFC 9101 §10.8 (cross-JWT confusion), RFC 8725 §3.11: an explicit type must be that of a request object.
        if str(header.get("typ", "jwt")).lower().removeprefix("application/") not in MEDIA_TYPES:
            raise JwtRefused("the token is of another type")
        verified = verify_jwt_signature(
            request_object,
            find_key=lambda header: registered_key(header, expected_jwks),
            expected_algorithms=expected_algorithms,
        )
        _judge_parties(verified.claims, expected_client_id, expected_issuer, strict)
        _judge_times(verified.claims, strict, now)
        return {
            name: _parameter(value)
            for name, value in verified.claims.items()
            if name not in REGISTERED_CLAIMS and value is not None and value != ""
        }
    except JwtRefused as error:
        raise InvalidRequestObject(f"request object: {error}") from error


def is_encrypted(request_object: str) -> bool:
    """True for the form of a compact JWE (RFC 7516 §9: five segments), whatever is in it."""
    return len(request_object) <= MAX_COMPACT_LENGTH and request_object.count(".") == 4


def claimed_redirect_uri(request_object: str) -> str | None:
    """Where an object that nobody has verified says to answer: only for telling a registered address of a refusal."""
    try:
        _, claims = read_unverified(_with_signature(request_object))
    except JwtRefused:
        return None
    redirect_uri = claims.get("redirect_uri")
    return redirect_uri if isinstance(redirect_uri, str) else None


def _with_signature(request_object: str) -> str:
    # An unsigned object ends in a dot (RFC 7515, appendix A.5): it is read so far as to say so.
    return f"{request_object}AA" if request_object.endswith(".") else request_object


def _judge_parties(claims: Mapping[str, Any], expected_client_id: str, expected_issuer: str, strict: bool) -> None:
    # RFC 9101 §6.3: "The client ID values in the client_id request parameter and in the Request Object client_id claim
    # MUST be identical."
    if claims.get("client_id") != expected_client_id:
        raise JwtRefused("client_id is not the client")
    # §10.8: a token whose subject is the client could be a client assertion.
    if claims.get("iss", expected_client_id) != expected_client_id or claims.get("sub") == expected_client_id:
        raise JwtRefused("iss must be the client, and sub must not")
    # FAPI 2.0 Message Signing §5.3.1: "shall require the aud claim in the request object to be, or to be an array
    # containing, the authorization server's issuer identifier URL"
    audience = claims.get("aud", None if strict else expected_issuer)
    if expected_issuer not in (audience if isinstance(audience, list) else [audience]):
        raise JwtRefused("aud must be the issuer, or a list with it")
    # RFC 9101 §4: "request and request_uri parameters MUST NOT be included in Request Objects."
    if "request" in claims or "request_uri" in claims:
        raise JwtRefused("a request object holds no other one")


def _judge_times(claims: Mapping[str, Any], strict: bool, now: datetime) -> None:
    expires, not_before = numeric_date(claims, "exp"), numeric_date(claims, "nbf")
    present, skew, longest = now.timestamp(), CLOCK_SKEW.total_seconds(), LONGEST_LIFE.total_seconds()
    # FAPI 2.0 Message Signing §5.3.1: "an nbf claim that is no longer than 60 minutes in the past" and "an exp claim
    # that has a lifetime of no longer than 60 minutes after the nbf claim"
    if strict and (expires is None or not_before is None):
        raise JwtRefused("exp and nbf are required")
    if expires is not None and expires <= present - skew:
        raise JwtRefused("exp is past")
    if not_before is not None and not_before > present + skew:
        raise JwtRefused("nbf lies in the future")
    if strict and (_or(not_before, present) < present - longest or _or(expires, present) > present + longest):
        raise JwtRefused("exp and nbf must lie within 60 minutes")
    if strict and _or(expires, present) > _or(not_before, present) + longest:
        raise JwtRefused("exp must be at most 60 minutes after nbf")


def _or(moment: float | None, otherwise: float) -> float:
    return otherwise if moment is None else moment


def _parameter(value: Any) -> str:
    # OpenID Connect Core §6.1: max_age is a JSON number and claims a JSON object in there; RFC 9396 §3 has
    # authorization_details as a JSON array.
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if any(ord(character) < 0x20 or ord(character) == 0x7F or 0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise JwtRefused("a parameter holds characters that none may hold")
    return text


def decrypted(parameters: Mapping[str, str], *, decrypt: Callable[[str], bytes]) -> Mapping[str, str]:
    """The parameters with a request object that was encrypted to us as it was signed.

    What cannot be opened stays as it is, and is refused as no signed object (RFC 9101 §6.1). `decrypt` raises
    ValueError.
    """
    request_object = parameters.get("request", "")
    if not is_encrypted(request_object):
        return parameters
    try:
        inside = decrypt(request_object).decode("ascii")
    except ValueError:
        return parameters
    return {**parameters, "request": inside}
