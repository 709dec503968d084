"""ThaiD as its wire has it, version 2: page, token, userinfo, introspection, revocation, each with its trailing slash.

The page stands for the app on the person's phone: whoever presses a name is that person. It works without JavaScript.
Source: facts/thai-registries, section 5.1; RFC 6749, RFC 7636, RFC 7662, RFC 7009.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.fictitious.personas import PERSONAS, Persona
from connectors.simulators.switchboard import Mode, Service, Switchboard
from connectors.simulators.thaid_claims import IALS, SCOPES, claims_of
from connectors.simulators.thaid_page import auth_page, plain_page

BASE: Final = "/api/v2/oauth2"
CODE_LIFE: Final = timedelta(seconds=60)
TOKEN_LIFE: Final = timedelta(minutes=10)
_LARGEST_FORM: Final = 16_384
_MOST_GRANTS: Final = 10_000
_CARRIED: Final = ("redirect_uri", "scope", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True, repr=False)
class ThaidParty:
    """A registered client of the simulated ThaiD."""

    client_id: str
    client_secret: str
    redirect_uris: Collection[str]


DEMO_THAID_PARTY: Final = ThaidParty("tuaton-demonstration", "demonstration-secret", ())
"""The client that demonstrations are, but for where it is answered to."""


@dataclass(frozen=True, slots=True, repr=False)
class _Grant:
    """What somebody agreed to: behind a code first, then behind an access token."""

    persona: Persona
    ial: str
    asked: Mapping[str, str]
    expires_at: datetime


class Thaid:
    """One ThaiD: its clients, its codes and tokens in memory, its key made at first use."""

    def __init__(
        self, *, issuer: str, party: ThaidParty, clock: Callable[[], datetime], switchboard: Switchboard
    ) -> None:
        self._issuer = issuer
        self._party = party
        self._clock = clock
        self._board = switchboard
        self._codes: dict[str, _Grant] = {}
        self._tokens: dict[str, _Grant] = {}

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def routes(self) -> list[Route]:
        """Every address, behind ThaiD's switch."""
        table = (
            ("/.well-known/openid-configuration", self._metadata, "GET"),
            (f"{BASE}/jwks/", self._jwks, "GET"),
            (f"{BASE}/auth/", self._ask, "GET"),
            (f"{BASE}/auth/", self._decide, "POST"),
            (f"{BASE}/token/", self._token, "POST"),
            (f"{BASE}/userinfo/", self._userinfo, "GET"),
            (f"{BASE}/introspect/", self._introspect, "POST"),
            (f"{BASE}/revoke/", self._revoke, "POST"),
        )
        return [
            Route(path, self._board.gate(Service.THAID, endpoint), methods=[method]) for path, endpoint, method in table
        ]

    async def _metadata(self, _request: Request) -> Response:
        base = self._issuer + BASE
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{base}/auth/",
                "token_endpoint": f"{base}/token/",
                "userinfo_endpoint": f"{base}/userinfo/",
                "introspection_endpoint": f"{base}/introspect/",
                "revocation_endpoint": f"{base}/revoke/",
                "jwks_uri": f"{base}/jwks/",
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _ask(self, request: Request) -> Response:
        fault = self._fault_of(request.query_params)
        if fault is not None:
            return plain_page(fault, status_code=400)
        carried = {name: request.query_params.get(name, "") for name in _CARRIED}
        return HTMLResponse(auth_page(carried | {"client_id": self._party.client_id}, PERSONAS.values(), IALS))

    async def _decide(self, request: Request) -> Response:
        form = await _form(request)
        fault = self._fault_of({**form, "response_type": "code"})
        if fault is not None:
            return plain_page(fault, status_code=400)
        persona, answer = PERSONAS.get(form.get("persona", "")), {"state": form.get("state", "")}
        if persona is None:
            return _to_client(form["redirect_uri"], {"error": "access_denied"} | answer)
        _forget(self._codes, now=self._clock())
        code = secrets.token_urlsafe(32)
        ial = form.get("ial", IALS[0])
        asked = {name: form.get(name, "") for name in _CARRIED}
        self._codes[code] = _Grant(persona, ial if ial in IALS else IALS[0], asked, self._clock() + CODE_LIFE)
        return _to_client(form["redirect_uri"], {"code": code} | answer)

    async def _token(self, request: Request) -> Response:
        form = await _form(request)
        if not self._is_party(request):
            return JSONResponse({"error": "invalid_client"}, 401, {"www-authenticate": "Basic"})
        if form.get("grant_type") != "authorization_code":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        # taken before it is judged: a code is shown once
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or not self._code_holds(grant, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return self._tokens_for(grant)

    async def _userinfo(self, request: Request) -> Response:
        grant = self._live(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return JSONResponse({"error": "invalid_token"}, 401, {"www-authenticate": 'Bearer error="invalid_token"'})
        if self._board.of(Service.THAID).mode is Mode.WRONG_PERSON:
            grant = replace(grant, persona=next(one for one in PERSONAS.values() if one is not grant.persona))
        return JSONResponse({"sub": _sub_of(grant.persona)} | _told(grant))

    async def _introspect(self, request: Request) -> Response:
        form = await _form(request)
        if not self._is_party(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self._live(form.get("token", ""))
        return JSONResponse({"active": grant is not None})

    async def _revoke(self, request: Request) -> Response:
        form = await _form(request)
        if not self._is_party(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        self._tokens.pop(form.get("token", ""), None)
        return Response(status_code=200)

    def _fault_of(self, asked: Mapping[str, str]) -> str | None:
        if asked.get("client_id") != self._party.client_id:
            return "unknown client_id"
        if asked.get("redirect_uri") not in self._party.redirect_uris:
            return "redirect_uri is not registered"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "response_type code and scope openid are needed"
        return None

    def _is_party(self, request: Request) -> bool:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        shown = f"{unquote(client_id)}:{unquote(secret)}".encode()
        known = f"{self._party.client_id}:{self._party.client_secret}".encode()
        return kind.lower() == "basic" and hmac.compare_digest(shown, known)

    def _code_holds(self, grant: _Grant, form: Mapping[str, str]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            self._board.of(Service.THAID).mode is not Mode.EXPIRED_CODE
            and self._clock() < grant.expires_at
            and form.get("redirect_uri") == grant.asked["redirect_uri"]
            and grant.asked["code_challenge"] in ("", challenge)
        )

    def _tokens_for(self, grant: _Grant) -> Response:
        now = self._clock()
        _forget(self._tokens, now=now)
        access_token = secrets.token_urlsafe(32)
        self._tokens[access_token] = replace(grant, expires_at=now + TOKEN_LIFE)
        is_for_us = self._board.of(Service.THAID).mode is not Mode.WRONG_AUDIENCE
        claims = {
            "iss": self._issuer,
            "sub": _sub_of(grant.persona),
            "aud": self._party.client_id if is_for_us else "another-client",
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "nonce": grant.asked["nonce"],
        }
        id_token = jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)
        return JSONResponse(
            {
                "access_token": access_token,
                "refresh_token": secrets.token_urlsafe(32),
                "expires_in": int(TOKEN_LIFE.total_seconds()),
                "token_type": "Bearer",
                "scope": grant.asked["scope"],
                "id_token": id_token,
            }
            | _told(grant),
            headers={"cache-control": "no-store"},
        )

    def _live(self, access_token: str) -> _Grant | None:
        grant = self._tokens.get(access_token)
        return grant if grant is not None and self._clock() < grant.expires_at else None


def _told(grant: _Grant) -> dict[str, object]:
    return claims_of(grant.persona, scope=grant.asked["scope"], ial=grant.ial)


def _sub_of(persona: Persona) -> str:
    return hashlib.sha256(f"thaid {persona.person.citizen_id.digits}".encode()).hexdigest()[:32]


def _to_client(redirect_uri: str, answer: Mapping[str, str]) -> Response:
    return RedirectResponse(f"{redirect_uri}?{urlencode(answer)}", 303)


def _forget(grants: dict[str, _Grant], *, now: datetime) -> None:
    for secret in [secret for secret, grant in grants.items() if now >= grant.expires_at]:
        del grants[secret]
    if len(grants) >= _MOST_GRANTS:
        grants.clear()


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body())[:_LARGEST_FORM]
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
