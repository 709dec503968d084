"""Signing out: OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout 1.0, Session Management 1.0."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from idp.protocol.errors import InvalidRequestError
from idp.protocol.jose import JwtRefused, bounded_text, numeric_date, seconds
from idp.protocol.parameters import words
from idp.protocol.redirection import is_registered

LOGOUT_TOKEN_TYP = "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TOKEN_LIFETIME = timedelta(minutes=2)
HINT_GOOD_FOR = timedelta(days=30)
"""How long after its expiry an ID token still says whose session is meant (attack row 40)."""
LONGEST_STATE = 1024


class HintRefused(ValueError):
    """The id_token_hint is not one to go by; the message is ASCII."""


@dataclass(frozen=True, slots=True, repr=False)
class EndSessionRequest:
    """The parameters of RP-Initiated Logout §2; the hint is not verified yet."""

    id_token_hint: str | None
    client_id: str | None
    post_logout_redirect_uri: str | None
    state: str | None
    ui_locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """Whose session an ID token of ours meant: `sub` and `sid` as `client_id` knows them."""

    client_id: str
    sub: str
    sid: str | None


def parse_end_session_request(parameters: Mapping[str, str]) -> EndSessionRequest:
    """The request; parameters that are unknown, and `logout_hint`, are not looked at. Raises InvalidRequestError."""
    state = parameters.get("state")
    if state is not None and len(state) > LONGEST_STATE:
        raise InvalidRequestError("state is too long")
    return EndSessionRequest(
        id_token_hint=parameters.get("id_token_hint"),
        client_id=parameters.get("client_id"),
        post_logout_redirect_uri=parameters.get("post_logout_redirect_uri"),
        state=state,
        ui_locales=words(parameters.get("ui_locales")),
    )


def judge_id_token_hint(
    claims: Mapping[str, Any], *, expected_issuer: str, expected_client_id: str | None, now: datetime
) -> IdTokenHint:
    """What the claims of a verified ID token say; `expected_client_id` is the client_id beside it. Raises HintRefused.

    RP-Initiated Logout §2 has the provider accept ID tokens of present and recent sessions also when they have expired.
    """
    try:
        audience, subject = (bounded_text(claims, name, longest=256) for name in ("aud", "sub"))
        expires = numeric_date(claims, "exp")
        sid = bounded_text(claims, "sid", longest=256) if "sid" in claims else None
    except JwtRefused as error:
        raise HintRefused(str(error)) from error
    # §2: "When an id_token_hint parameter is present, the OP MUST validate that it was the issuer of the ID Token."
    if claims.get("iss") != expected_issuer:
        raise HintRefused("the token is of another issuer")
    if expires is None or expires + HINT_GOOD_FOR.total_seconds() <= now.timestamp():
        raise HintRefused("the token is too old")
    # §2: "When both client_id and id_token_hint are present, the OP MUST verify that the Client Identifier matches the
    # one used when issuing the ID Token."
    if expected_client_id is not None and expected_client_id != audience:
        raise HintRefused("client_id is not the audience of the token")
    return IdTokenHint(audience, subject, sid)


def post_logout_url(
    *, post_logout_redirect_uri: str | None, registered: Collection[str], state: str | None
) -> str | None:
    """Where the browser goes when all is done; None when it stays with us.

    §3: "The OP MUST NOT perform post-logout redirection if the post_logout_redirect_uri value supplied does not exactly
    match one of the previously registered post_logout_redirect_uris values."
    """
    if post_logout_redirect_uri is None or not is_registered(post_logout_redirect_uri, registered=registered):
        return None
    # §2: "If included in the logout request, the OP passes this value back to the RP using the state parameter"
    return _with_query(post_logout_redirect_uri, {} if state is None else {"state": state})


def logout_token_claims(*, issuer: str, client_id: str, sub: str, sid: str, jti: str, now: datetime) -> dict[str, Any]:
    """The claims to sign with typ `logout+jwt`.

    Back-Channel Logout §2.4: a nonce must not be there; exp should lie at most two minutes in the future (§4).
    """
    return {
        "iss": issuer,
        "sub": sub,
        "aud": client_id,
        "iat": seconds(now),
        "exp": seconds(now + LOGOUT_TOKEN_LIFETIME),
        "jti": jti,
        "sid": sid,
        # §2.4: the one event, whose value is an empty JSON object
        "events": {LOGOUT_EVENT: {}},
    }


def frontchannel_logout_url(frontchannel_logout_uri: str, *, issuer: str, sid: str) -> str:
    """The address of one client's frame (Front-Channel Logout §2): iss and sid are sent together or not at all."""
    return _with_query(frontchannel_logout_uri, {"iss": issuer, "sid": sid})


def origin_of(uri: str) -> str:
    """Scheme, host and port of an address, as policies and Session Management name it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def browser_state(session_id: str) -> str:
    """What a script of the issuer may know of a session: another one for each session, and no way back to it."""
    return hashlib.sha256(f"browser-state {session_id}".encode()).hexdigest()


def session_state(*, client_id: str, origin: str, browser_state: str, salt: str) -> str:
    """Session Management §2: a salted hash of client, origin and the state of the browser at the issuer."""
    digest = hashlib.sha256(" ".join((client_id, origin, browser_state, salt)).encode()).hexdigest()
    return f"{digest}.{salt}"


def _with_query(uri: str, added: Mapping[str, str]) -> str:
    parts = urlsplit(uri)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query))
