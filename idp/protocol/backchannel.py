"""Client-Initiated Backchannel Authentication 1.0 (CIBA) and FAPI-CIBA: the request, its signed form, its answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import Key

from idp.protocol.authorization_request import LONGEST_AUTHORIZATION_DETAILS
from idp.protocol.client_assertion import key_type_of
from idp.protocol.errors import DescribedError, InvalidRequestError
from idp.protocol.jose import (
    SIGNING_ALGORITHMS,
    JwtRefused,
    bounded_text,
    import_public_key,
    numeric_date,
    verify_jwt_signature,
)
from idp.protocol.parameters import words

CIBA_GRANT = "urn:openid:params:grant-type:ciba"
DELIVERY_MODES = ("poll", "ping")
LONGEST_REQUEST_LIFE = timedelta(minutes=60)
CLOCK_SKEW = timedelta(seconds=10)
LONGEST_BINDING_MESSAGE = 100
LONGEST_HINT = 4096
NOTIFICATION_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{22,1024}=*")
CLIENT_AUTHENTICATION = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})
HINTS = ("login_hint_token", "id_token_hint", "login_hint")


class UnknownUserId(DescribedError):
    """CIBA §13: the provider cannot tell from the hint whom the client wants to be authenticated."""

    error = "unknown_user_id"
    description = "the hint names nobody who can be asked"


class InvalidBindingMessage(DescribedError):
    """CIBA §13: the binding message is invalid or unacceptable for use in the context of the given request."""

    error = "invalid_binding_message"
    description = f"binding_message must be plain text of at most {LONGEST_BINDING_MESSAGE} characters"


@dataclass(frozen=True, slots=True, repr=False)
class BackchannelRequest:
    """Who is to be asked (one of the two hints), for what, and the message that both screens show (§7.1)."""

    scope: tuple[str, ...]
    authorization_details: str | None
    acr_values: tuple[str, ...]
    login_hint: str | None
    id_token_hint: str | None
    binding_message: str | None
    requested_expiry: int | None
    client_notification_token: str | None


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The parameters of a signed request whose signature and times are good; the caller spends `jti`."""

    parameters: Mapping[str, str]
    jti: str
    expires_at: datetime


def parse_backchannel_request(parameters: Mapping[str, str], *, ping: bool) -> BackchannelRequest:
    """The request of a client that has proven itself; `ping` when it is to be notified.

    Raises InvalidRequestError, InvalidBindingMessage or UnknownUserId.
    """
    details = parameters.get("authorization_details")
    if details is not None and len(details) > LONGEST_AUTHORIZATION_DETAILS:
        raise InvalidRequestError("authorization_details is too long")
    _judge_hints(parameters)
    notification_token = parameters.get("client_notification_token")
    # §7.1: client_notification_token is "REQUIRED if the Client is registered to use Ping or Push modes"; at most 1024
    # characters of Bearer syntax (RFC 6750 §2.1) with at least 128 bits of entropy: 22 characters of 64 kinds.
    if ping and (notification_token is None or not NOTIFICATION_TOKEN.fullmatch(notification_token)):
        raise InvalidRequestError("client_notification_token is missing or malformed")
    if "user_code" in parameters:
        raise InvalidRequestError("user_code is not supported")
    return BackchannelRequest(
        scope=words(parameters.get("scope")),
        authorization_details=details,
        acr_values=words(parameters.get("acr_values")),
        login_hint=parameters.get("login_hint"),
        id_token_hint=parameters.get("id_token_hint"),
        binding_message=_binding_message(parameters.get("binding_message")),
        requested_expiry=_requested_expiry(parameters.get("requested_expiry")),
        client_notification_token=notification_token if ping else None,
    )


def open_signed_request(
    parameters: Mapping[str, str],
    *,
    expected_client_id: str,
    expected_audience: str,
    expected_algorithm: str | None,
    expected_jwks: Mapping[str, Any],
    now: datetime,
) -> SignedRequest:
    """The request inside `request`, judged (§7.1.1). `expected_algorithm` is the registered one, None for any of ours.

    Raises InvalidRequestError.
    """
    # §7.1.1: with a signed request, authentication request parameters must not stand outside of the JWT.
    if set(parameters) - CLIENT_AUTHENTICATION != {"request"}:
        raise InvalidRequestError("the parameters belong into the signed request alone")
    algorithms = SIGNING_ALGORITHMS if expected_algorithm is None else (expected_algorithm,)
    try:
        verified = verify_jwt_signature(
            parameters["request"],
            find_key=lambda header: _registered_key(header, expected_jwks),
            expected_algorithms=algorithms,
        )
        jti, expires_at = _judge_request_claims(verified.claims, expected_client_id, expected_audience, now)
        return SignedRequest(_parameters_of(verified.claims), jti, expires_at)
    except JwtRefused as error:
        raise InvalidRequestError(f"request: {error}") from error


def backchannel_response(*, auth_req_id: str, expires_in: int, interval: int) -> Mapping[str, Any]:
    """The acknowledgement of §7.3; both times in seconds."""
    return {"auth_req_id": auth_req_id, "expires_in": expires_in, "interval": interval}


def ping_notification(*, auth_req_id: str) -> Mapping[str, Any]:
    """The JSON body of §10.2, which goes with the client_notification_token as its bearer token."""
    return {"auth_req_id": auth_req_id}


def _judge_hints(parameters: Mapping[str, str]) -> None:
    hints = [name for name in HINTS if name in parameters]
    # §7.1: one of the hints is required, and no more than one.
    if len(hints) != 1:
        raise InvalidRequestError("exactly one hint is required")
    if len(parameters[hints[0]]) > LONGEST_HINT:
        raise InvalidRequestError("the hint is too long")
    if hints == ["login_hint_token"]:
        raise InvalidRequestError("login_hint_token is not supported")


def _binding_message(text: str | None) -> str | None:
    if text is not None and (len(text) > LONGEST_BINDING_MESSAGE or not text.isprintable()):
        raise InvalidBindingMessage()
    return text


def _requested_expiry(text: str | None) -> int | None:
    if text is None:
        return None
    # §7.1: requested_expiry is a positive integer, in seconds.
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0):
        raise InvalidRequestError("requested_expiry must be a positive integer")
    return int(text)


def _judge_request_claims(
    claims: Mapping[str, Any], expected_client_id: str, expected_audience: str, now: datetime
) -> tuple[str, datetime]:
    # §7.1.1: iss must be the client_id, and aud must contain the issuer identifier of the provider.
    if claims.get("iss") != expected_client_id:
        raise JwtRefused("iss must be the client_id")
    audience = claims.get("aud")
    if expected_audience not in (audience if isinstance(audience, list) else [audience]):
        raise JwtRefused("aud must hold the issuer")
    jti = bounded_text(claims, "jti", longest=256)
    expires, issued, not_before = (numeric_date(claims, name) for name in ("exp", "iat", "nbf"))
    # §7.1.1: exp, iat, nbf and jti are required. FAPI-CIBA §5.2.2: exp at most 60 minutes after nbf.
    if expires is None or issued is None or not_before is None:
        raise JwtRefused("exp, iat and nbf are required")
    present, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    if expires <= present or issued > present + skew or not_before > present + skew:
        raise JwtRefused("the request is of another time")
    if expires - not_before > LONGEST_REQUEST_LIFE.total_seconds():
        raise JwtRefused("exp must be at most 60 minutes after nbf")
    return jti, datetime.fromtimestamp(expires, tz=now.tzinfo)


def _parameters_of(claims: Mapping[str, Any]) -> Mapping[str, str]:
    parameters: dict[str, str] = {}
    for name, value in claims.items():
        if name in ("iss", "aud", "exp", "iat", "nbf", "jti"):
            continue
        # §7.1.1: requested_expiry may be a JSON string or a JSON number.
        if name == "requested_expiry" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise JwtRefused("a parameter is not a string")
        if value:
            parameters[name] = value
    return parameters


def _registered_key(header: Mapping[str, Any], jwks: Mapping[str, Any]) -> Key:
    # RFC 8725 §3.10: a key comes from the registered set of this client only; `jwk`, `jku` and `x5u` are not looked at.
    kid, kind = header.get("kid"), key_type_of(str(header.get("alg")))
    fitting = [jwk for jwk in jwks.get("keys", ()) if jwk.get("kty") == kind and kid in (None, jwk.get("kid"))]
    if len(fitting) != 1:
        raise JwtRefused("no single registered key fits")
    return import_public_key(fitting[0])
