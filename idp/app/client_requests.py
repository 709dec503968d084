"""The diary of programs' requests at the doors: what the administrators of an agency see of why one failed."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from idp.app.limits import claimed_client
from idp.authorization.client_registration.request_log import Outcome, RequestLog
from idp.gateway.tokens import token_of
from idp.kernel.errors import Refused, TuatonError
from idp.protocol.errors import OAuth2Error
from idp.protocol.jose import JwtRefused, read_unverified
from idp.provider.oidc.wire import refusal_of
from idp.web.forms import field_values, read_body
from idp.web.model import WebProblem
from idp.web.rate_limits import limited_by
from idp.web.routes import Access, Endpoint, Entry

AT_THE_ISSUER: Final = frozenset(
    {
        "authorize",
        "par",
        "token",
        "revoke",
        "introspect",
        "userinfo",
        "device_authorization",
        "backchannel_authentication",
        "grant_status",
        "grant_end",
        "read_client",
        "change_client",
        "end_client",
        "end_session",
    }
)
"""Not `register_client`: there is no program before it."""
_HINT: Final = re.compile(rb"(?:^|&)id_token_hint=([^&]{1,8192})")
_NAMED: Final = re.compile(r"[A-Za-z0-9._~-]{1,128}")


def kept_at_the_issuer(entries: Iterable[Entry], log: RequestLog) -> tuple[Entry, ...]:
    """The same rows; what became of a program's request at those that it calls is kept."""
    return tuple(
        replace(entry, endpoint=_at_the_issuer(entry, log)) if entry.name in AT_THE_ISSUER else entry
        for entry in entries
    )


def kept_at_the_exchange(entries: Iterable[Entry], log: RequestLog) -> tuple[Entry, ...]:
    """As `kept_at_the_issuer`, of every row that takes a token."""
    return tuple(
        replace(entry, endpoint=_at_the_exchange(entry, log)) if entry.access is Access.ACCESS_TOKEN else entry
        for entry in entries
    )


def kept_where_limited(entries: Iterable[Entry], log: RequestLog) -> tuple[Entry, ...]:
    """The same rows behind their limits, of either door: a request that ran into one never came to its endpoint."""
    return tuple(
        replace(entry, endpoint=_limited(entry, log))
        if entry.name in AT_THE_ISSUER or entry.access is Access.ACCESS_TOKEN
        else entry
        for entry in entries
    )


def _limited(entry: Entry, log: RequestLog) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        response = await entry.endpoint(request)
        limit = limited_by(request)
        if limit is None:
            return response
        outcome = Outcome(entry.name, WebProblem.TOO_MANY_REQUESTS.value, f"too many requests: {limit}")
        if entry.access is Access.ACCESS_TOKEN:
            _note(log, request, _of_token(request), outcome)
            return response
        # the limit is the answer: a body that cannot be read only leaves nobody to tell it to
        with suppress(Refused, ClientDisconnect):
            _note(log, request, await _asking(request), outcome)
        return response

    return endpoint


def _at_the_issuer(entry: Entry, log: RequestLog) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            response = await entry.endpoint(request)
        except TuatonError as refusal:
            _note(log, request, await _asking(request), _outcome(entry, refusal))
            raise
        told = refusal_of(request)
        if told is not None or _is_over(entry, response):
            _note(log, request, await _asking(request), _outcome(entry, told))
        return response

    return endpoint


def _at_the_exchange(entry: Entry, log: RequestLog) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            response = await entry.endpoint(request)
        except (TuatonError, OAuth2Error) as refusal:
            _note(log, request, _of_token(request), _outcome(entry, refusal))
            raise
        _note(log, request, _of_token(request), _outcome(entry, None))
        return response

    return endpoint


def _is_over(entry: Entry, response: Response) -> bool:
    """At the browser's endpoints only what goes back to the program: the steps in between are nobody's success."""
    if entry.name == "end_session":
        return False
    if entry.name != "authorize":
        return True
    return response.headers.get("location", "/").startswith("http") or response.status_code == 200


def _outcome(entry: Entry, refusal: TuatonError | OAuth2Error | None) -> Outcome:
    match refusal:
        case None:
            return Outcome(entry.name)
        case TuatonError(code=code, detail=detail):
            return Outcome(entry.name, code.value, detail)
        case _:
            # what the program is told says little where it asks for more than it may have; its agency may know why
            cause = refusal.__cause__
            reason = cause.detail if isinstance(cause, TuatonError) else refusal.description
            return Outcome(entry.name, str(refusal.error), str(reason or ""))


def _note(log: RequestLog, request: Request, client_id: str | None, outcome: Outcome) -> None:
    if client_id is not None and _NAMED.fullmatch(client_id):
        log.note(client_id, outcome, correlation_id=str(getattr(request.state, "correlation_id", "")))


async def _asking(request: Request) -> str | None:
    """Which program a request says it is of, proven or not."""
    known: str | None = getattr(request.state, "asking_client", None) or request.path_params.get("client_id")
    if known is not None:
        return known
    shown = next(iter(field_values(request, b"authorization")), "")
    if request.method != "POST":
        asked = request.query_params
        return asked.get("client_id") or _named_in(asked.get("id_token_hint") or shown.rpartition(" ")[2])
    body = await read_body(request)
    hint = _HINT.search(body)
    token = shown.rpartition(" ")[2] if hint is None else hint[1].decode("latin-1")
    return claimed_client(body, shown) or _named_in(token)


def _of_token(request: Request) -> str | None:
    """Whose the token is: verified, or as it says where it was refused."""
    token = token_of(request)
    if token is not None:
        return token.acting_client_id
    return _named_in(next(iter(field_values(request, b"authorization")), "").rpartition(" ")[2])


def _named_in(token: str) -> str | None:
    """The client that a JWT names, unverified: of an access token its own, of an ID token whom it is for."""
    try:
        claims = read_unverified(token)[1]
    except JwtRefused:
        return None
    named = claims.get("client_id", claims.get("aud"))
    return named if isinstance(named, str) else None
