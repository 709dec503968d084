"""Access tokens as JSON Web Tokens: RFC 9068, with details (RFC 9396 §9.1) and actors (RFC 8693 §4.1).

Bound to a key (RFC 9449 §6.1) or to a certificate (RFC 8705 §3.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.protocol.errors import InvalidTokenError
from idp.protocol.jose import JwtRefused, bounded_text, numeric_date, seconds
from idp.protocol.parameters import words
from idp.protocol.token_exchange import clients_only

TYP = "at+jwt"


@dataclass(frozen=True, slots=True)
class AccessTokenClaims:
    """What a signed token says: `gid` names the grant behind it, absent when the client acts on its own authority.

    `act` has the clients that it was handed on to, without a person who acts at its end.
    """

    jti: str
    client_id: str
    sub: str
    jkt: str | None
    x5t: str | None
    gid: str | None
    acr: str | None
    act: Mapping[str, Any] | None
    scope: tuple[str, ...]
    authorization_details: Sequence[Mapping[str, Any]]
    expires_at: int


def confirmation(*, jkt: str | None, x5t: str | None) -> dict[str, str]:
    """The `cnf` claim; empty for a token that is bound to nothing."""
    # RFC 9449 §6.1: "the public key information is represented using the jkt confirmation method member"; RFC 8705 §3.1
    # has x5t#S256 for a certificate.
    members = {"jkt": jkt, "x5t#S256": x5t}
    return {name: value for name, value in members.items() if value is not None}


def access_token_claims(
    *,
    issuer: str,
    audience: str,
    jti: str,
    client_id: str,
    sub: str,
    now: datetime,
    lifetime: timedelta,
    scope: tuple[str, ...],
    authorization_details: Sequence[Mapping[str, Any]],
    jkt: str | None,
    gid: str | None,
    acr: str | None,
    auth_time: datetime | None,
    x5t: str | None = None,
    act: Mapping[str, Any] | None = None,
    organisation: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The claims to sign with typ `at+jwt` (§2.2). `organisation` is the juristic person for whom the person acts."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "jti": jti,
        "client_id": client_id,
        "sub": sub,
        "iat": seconds(now),
        "exp": seconds(now + lifetime),
        "authorization_details": list(authorization_details),
    }
    if scope:
        claims["scope"] = " ".join(scope)
    if cnf := confirmation(jkt=jkt, x5t=x5t):
        claims["cnf"] = cnf
    if act is not None:
        claims["act"] = dict(act)
    if organisation is not None:
        claims["organisation"] = dict(organisation)
    if gid is not None:
        claims["gid"] = gid
    if acr is not None:
        claims["acr"] = acr
    if auth_time is not None:
        claims["auth_time"] = seconds(auth_time)
    return claims


def validate_access_token_claims(
    claims: Mapping[str, Any], *, expected_issuer: str, expected_audience: str, now: datetime
) -> AccessTokenClaims:
    """Judge the claims of a token whose signature and typ are proven; raises InvalidTokenError (§4)."""
    try:
        # §4: "The issuer identifier … MUST exactly match the value of the iss claim." "The resource server MUST
        # validate that the aud claim contains a resource indicator value corresponding to an identifier the resource
        # server expects for itself."
        if claims.get("iss") != expected_issuer or claims.get("aud") != expected_audience:
            raise JwtRefused("the token is for somebody else")
        # §4: "The current time MUST be before the time represented by the exp claim."
        expires = numeric_date(claims, "exp")
        if expires is None or now.timestamp() >= expires:
            raise JwtRefused("the token has expired")
        details = claims.get("authorization_details", [])
        if not isinstance(details, list):
            raise JwtRefused("authorization_details is malformed")
        cnf = claims.get("cnf") or {}
        return AccessTokenClaims(
            jti=bounded_text(claims, "jti", longest=256),
            client_id=bounded_text(claims, "client_id", longest=256),
            sub=bounded_text(claims, "sub", longest=256),
            jkt=cnf.get("jkt"),
            x5t=cnf.get("x5t#S256"),
            gid=claims.get("gid"),
            acr=claims.get("acr"),
            act=clients_only(claims.get("act")),
            scope=words(claims.get("scope")),
            authorization_details=details,
            expires_at=int(expires),
        )
    except JwtRefused as error:
        raise InvalidTokenError(str(error)) from error
