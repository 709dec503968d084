"""Client authentication by a signed assertion: RFC 7521, RFC 7523 and FAPI 2.0 §5.3.2.1 (`private_key_jwt`).

Authlib's verifier accepts what FAPI forbids (facts/security-and-reliability, T4), therefore our own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import Key

from idp.protocol.errors import InvalidClientError
from idp.protocol.jose import (
    SIGNING_ALGORITHMS,
    JwtRefused,
    VerifiedJwt,
    bounded_text,
    import_public_key,
    numeric_date,
    read_unverified,
    verify_jwt_signature,
)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW = timedelta(seconds=10)
"""FAPI 2.0 §5.3.2.1: accept iat or nbf up to 10 seconds in the future, refuse those of 60 seconds and more."""
LONGEST_LIFE = timedelta(seconds=300)
LONGEST_LIFE_OUTSIDE_FAPI = timedelta(hours=1)
"""What Authlib's client writes unless told otherwise; each assertion counts once, however long it lives."""
LONGEST_JTI = 256
LONGEST_KID = 128


@dataclass(frozen=True, slots=True)
class VerifiedClientAssertion:
    """Proof that the holder of the client's key asked, good for one use until `expires_at`."""

    client_id: str
    jti: str
    expires_at: datetime


def claimed_client_id(client_assertion: str) -> str:
    """Whose assertion this says it is: good for finding the keys to try, for nothing else.

    Raises InvalidClientError when it cannot be read.
    """
    try:
        _, claims = read_unverified(client_assertion)
        return bounded_text(claims, "sub", longest=256)
    except JwtRefused as error:
        raise InvalidClientError("the client assertion cannot be read", status_code=401) from error


def verify_client_assertion(
    *,
    client_assertion: str,
    expected_client_id: str,
    expected_audience: str,
    expected_jwks: Mapping[str, Any],
    now: datetime,
    expected_algorithms: Collection[str] = SIGNING_ALGORITHMS,
    other_audiences: Collection[str] = (),
) -> VerifiedClientAssertion:
    """Check an assertion against the client's registered keys. The caller spends its `jti` for that client.

    `other_audiences` are accepted of clients outside FAPI, alone or in a list; their assertions may live an hour.

    Raises InvalidClientError (HTTP 401), whatever is wrong.
    """
    try:
        verified = verify_jwt_signature(
            client_assertion,
            find_key=lambda header: registered_key(header, expected_jwks),
            expected_algorithms=expected_algorithms,
        )
        return _judged_claims(verified, expected_client_id, expected_audience, other_audiences, now)
    except JwtRefused as error:
        raise InvalidClientError(f"client assertion: {error}", status_code=401) from error


def _judged_claims(
    verified: VerifiedJwt,
    expected_client_id: str,
    expected_audience: str,
    other_audiences: Collection[str],
    now: datetime,
) -> VerifiedClientAssertion:
    claims = verified.claims
    # RFC 7523 §3 (2): "For client authentication, the subject MUST be the "client_id" of the OAuth client."
    if claims.get("iss") != expected_client_id or claims.get("sub") != expected_client_id:
        raise JwtRefused("iss and sub must be the client_id")
    # FAPI 2.0 §5.3.2.1: "shall only accept its issuer identifier value … as a string in the aud claim"
    if claims.get("aud") != expected_audience and not _names_any(claims.get("aud"), other_audiences, expected_audience):
        raise JwtRefused("aud must be the issuer, as a string")
    jti = bounded_text(claims, "jti", longest=LONGEST_JTI)
    expires, issued, not_before = (numeric_date(claims, name) for name in ("exp", "iat", "nbf"))
    present, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    # RFC 7523 §3 (4): "The JWT MUST contain an "exp" (expiration time) claim"
    if expires is None or expires <= present - skew:
        raise JwtRefused("exp is missing or past")
    if any(moment is not None and moment > present + skew for moment in (issued, not_before)):
        raise JwtRefused("iat or nbf lies in the future")
    # §3 (4): the server "may reject JWTs with an "exp" claim value that is unreasonably far in the future"
    longest = int((LONGEST_LIFE_OUTSIDE_FAPI if other_audiences else LONGEST_LIFE).total_seconds())
    if expires > (present if issued is None else issued) + longest:
        raise JwtRefused(f"exp must be at most {longest} seconds after iat")
    return VerifiedClientAssertion(expected_client_id, jti, datetime.fromtimestamp(expires, UTC) + CLOCK_SKEW)


def registered_key(header: Mapping[str, Any], jwks: Mapping[str, Any]) -> Key:
    """The one key of a client's registered set that the header of its token fits; raises JwtRefused."""
    # RFC 8725 §3.10: a key comes from the registered set of this client only; `jwk`, `jku` and `x5u` are not looked at.
    kid, kind = header.get("kid"), key_type_of(str(header.get("alg")))
    if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_KID):
        raise JwtRefused("kid is malformed")
    candidates = [
        jwk
        for jwk in jwks.get("keys", ())
        if jwk.get("kty") == kind and jwk.get("use", "sig") == "sig" and (kid is None or jwk.get("kid") == kid)
    ]
    if len(candidates) != 1:
        raise JwtRefused("no single registered key fits")
    return import_public_key(candidates[0])


def _names_any(audience: Any, other_audiences: Collection[str], expected_audience: str) -> bool:
    # OpenID Connect Core §9: "The Audience SHOULD be the URL of the Authorization Server's Token Endpoint." RFC 7519
    # §4.1.3: "In the general case, the "aud" value is an array".
    named = audience if isinstance(audience, list) else [audience]
    return bool(other_audiences) and any(one in (expected_audience, *other_audiences) for one in named)


def key_type_of(algorithm: str) -> str:
    """The JWK `kty` an algorithm of ours works with."""
    return {"ES256": "EC", "PS256": "RSA", "RS256": "RSA"}.get(algorithm, "OKP")
