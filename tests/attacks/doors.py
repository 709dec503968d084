"""Every door that takes a token, asked so that the token alone can be the reason for a refusal."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from joserfc.jwk import ECKey

from idp.protocol.backchannel import CIBA_GRANT
from idp.protocol.device import DEVICE_CODE_GRANT
from tests.attacks.hostile_tokens import Kind
from tests.attacks.house import House
from tests.attacks.material import Material, parts_of
from tests.provider.oidc.baseline import ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE, Plain, register
from tests.provider.oidc.program import COMPANY, PERSON, Program, query_of
from tests.provider.oidc.registered import request_object
from tests.provider.oidc.world import GATEWAY, ISSUER

SIGNED_OUT = "http://jobs.localhost:8010/signed-out"
OWN_AUTHORITY = {"grant_type": "client_credentials", "authorization_details": json.dumps([COMPANY])}
LONGEST_QUERY = 16_000
ERROR_CODE = re.compile(r'id="error_code">([A-Z]+-[0-9]+)<')


@dataclass(frozen=True)
class Caller:
    """Two clients with everything they have come by: what is offered beside the hostile token is in order."""

    house: House
    jobs: Program
    plain: Plain
    own_token: str
    userinfo_token: str
    plain_token: str
    exchange_token: str
    id_token: str
    issuer_key: ECKey

    def post(self, url: str, body: Mapping[str, str], **headers: str) -> Awaitable[httpx2.Response]:
        return self.jobs.http.post(url, data=dict(body), headers=_sendable(headers))


async def caller_of(house: House) -> Caller:
    """Register, sign in, ask for one of each token."""
    jobs = Program(house)
    plain = await register(
        house,
        grant_types=["authorization_code", "refresh_token", TOKEN_EXCHANGE, DEVICE_CODE_GRANT, CIBA_GRANT],
        backchannel_token_delivery_mode="poll",
        id_token_signed_response_alg="ES256",
        post_logout_redirect_uris=[SIGNED_OUT],
    )
    own, bound = await jobs.token(OWN_AUTHORITY), await jobs.redeem(await jobs.code())
    signed = await jobs.redeem(await jobs.code([PERSON]))
    told = await plain.tokens()
    keys = (await house.browser().get("/jwks")).json()["keys"]
    kid = parts_of(own.json()["access_token"])[0]["kid"]
    return Caller(
        house=house,
        jobs=jobs,
        plain=plain,
        own_token=own.json()["access_token"],
        userinfo_token=bound.json()["access_token"],
        plain_token=told["access_token"],
        exchange_token=signed.json()["access_token"],
        id_token=told["id_token"],
        issuer_key=ECKey.import_key(next(key for key in keys if key["kid"] == kid)),
    )


# what genuine tokens are made of


def jobs_assertion(caller: Caller) -> Material:
    return _own(caller.jobs, caller.jobs.assertion())


def plain_assertion(caller: Caller) -> Material:
    return _own(caller.plain, caller.plain.assertion())


def jobs_request(caller: Caller) -> Material:
    return _own(caller.jobs, request_object(caller.jobs, caller.jobs.request()), name_claim="client_id")


def plain_request(caller: Caller) -> Material:
    return _own(caller.plain, request_object(caller.plain, caller.plain.request()), name_claim="client_id")


def _own(program: Program, token: str, name_claim: str = "sub") -> Material:
    header, claims = parts_of(token)
    return Material(header, claims, program.key, program.key, name_claim=name_claim)


def _proof(**about: Any) -> Callable[[Caller], Material]:
    def make(caller: Caller) -> Material:
        token = getattr(caller, about["token"]) if "token" in about else None
        made = caller.jobs.proof(url=about["url"], method=about.get("method", "POST"), access_token=token)
        header, claims = parts_of(made)
        key = caller.jobs.dpop_key
        return Material(header, claims, key, key, time_claim="iat", name_claim="htu")

    return make


def _issued(name: str) -> Callable[[Caller], Material]:
    def make(caller: Caller) -> Material:
        genuine = getattr(caller, name)
        header, claims = parts_of(genuine)
        return Material(header, claims, ECKey.generate_key("P-256"), caller.issuer_key, genuine=genuine)

    return make


# the doors


async def _assertion_at(
    caller: Caller, program: Program, url: str, body: Mapping[str, str], token: str
) -> httpx2.Response:
    headers = {"dpop": caller.jobs.proof()} if url == "/token" else {}
    return await caller.post(url, {**program.authenticated(dict(body)), "client_assertion": token}, **headers)


async def _bearing(caller: Caller, token: str, method: str, url: str, scheme: str, **headers: str) -> httpx2.Response:
    return await caller.jobs.http.request(
        method, url, headers=_sendable({"authorization": f"{scheme} {token}", "idempotency-key": "x", **headers})
    )


def _sendable(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers.items()]


Ask = Callable[[Caller, str], Awaitable[httpx2.Response]]
TOO_LARGE = (413, "WEB-06")
"""What the door says of any body past its limit, before an endpoint sees it."""
UNREADABLE = {(400, "invalid_request"), (413, "invalid_request")}
NOT_THE_CLIENT = {(401, "invalid_client"), *UNREADABLE}
NO_REQUEST = {(400, "invalid_request_object"), *UNREADABLE}
NO_PROOF = {(400, "invalid_dpop_proof")}
NO_PROOF_AT_RESOURCE = {(401, "invalid_dpop_proof")}
NO_TOKEN = {(401, "invalid_token")}


@dataclass(frozen=True)
class Door:
    """`refusals`: status and code that say no. `in_header`: what HTTP itself does not carry is not asked there."""

    kind: Kind
    material: Callable[[Caller], Material]
    ask: Ask
    refusals: set[tuple[int, str]]
    in_header: bool = False
    at_gateway: bool = False


def _jobs_door(url: str, body: Callable[[Caller], Mapping[str, str]]) -> Door:
    async def ask(caller: Caller, token: str) -> httpx2.Response:
        return await _assertion_at(caller, caller.jobs, url, body(caller), token)

    return Door(Kind.ASSERTION, jobs_assertion, ask, NOT_THE_CLIENT)


def _plain_door(url: str, body: Callable[[Caller], Mapping[str, str]]) -> Door:
    async def ask(caller: Caller, token: str) -> httpx2.Response:
        return await _assertion_at(caller, caller.plain, url, body(caller), token)

    return Door(Kind.ASSERTION, plain_assertion, ask, NOT_THE_CLIENT)


async def _pushed(caller: Caller, token: str) -> httpx2.Response:
    return await caller.post("/par", caller.jobs.authenticated({"client_id": "jobs", "request": token}))


async def _sent(caller: Caller, url: str, parameters: Mapping[str, str]) -> httpx2.Response:
    """In the query, or in a form when no address would hold it."""
    browser = caller.house.browser()
    if sum(map(len, parameters.values())) > LONGEST_QUERY:
        return await browser.post(url, data=dict(parameters))
    return await browser.get(url, params=parameters)


async def _in_the_query(caller: Caller, token: str) -> httpx2.Response:
    return await _sent(caller, "/authorize", {**caller.plain.request(), "request": token})


async def _proof_at_token(caller: Caller, token: str) -> httpx2.Response:
    return await caller.post("/token", caller.jobs.authenticated(OWN_AUTHORITY), dpop=token)


async def _proof_at_par(caller: Caller, token: str) -> httpx2.Response:
    return await caller.post("/par", caller.jobs.authenticated(caller.jobs.request()), dpop=token)


async def _proof_at_userinfo(caller: Caller, token: str) -> httpx2.Response:
    return await _bearing(caller, caller.userinfo_token, "GET", "/userinfo", "DPoP", dpop=token)


async def _proof_at_gateway(caller: Caller, token: str) -> httpx2.Response:
    return await _bearing(caller, caller.own_token, "POST", f"{GATEWAY}/pulls", "DPoP", dpop=token)


async def _token_at_gateway(caller: Caller, token: str) -> httpx2.Response:
    proof = caller.jobs.proof(url=f"{GATEWAY}/pulls", access_token=token.encode("utf-8", "replace").decode())
    return await _bearing(caller, token, "POST", f"{GATEWAY}/pulls", "DPoP", dpop=proof)


async def _token_at_userinfo(caller: Caller, token: str) -> httpx2.Response:
    return await _bearing(caller, token, "GET", "/userinfo", "Bearer")


async def _subject_token(caller: Caller, token: str) -> httpx2.Response:
    body = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN_TYPE}
    return await caller.post("/token", caller.plain.authenticated(body), dpop=caller.jobs.proof())


async def _hint_at_logout(caller: Caller, token: str) -> httpx2.Response:
    return await _sent(caller, "/end-session", {"id_token_hint": token})


async def _hint_at_authorize(caller: Caller, token: str) -> httpx2.Response:
    return await _sent(caller, "/authorize", {**caller.plain.request(), "id_token_hint": token, "prompt": "none"})


async def _hint_at_backchannel(caller: Caller, token: str) -> httpx2.Response:
    body = {"scope": "openid", "id_token_hint": token}
    return await caller.post("/backchannel_authentication", caller.plain.authenticated(body))


def _hint(ask: Ask, *refusals: tuple[int, str]) -> Door:
    return Door(Kind.ISSUED, _issued("id_token"), ask, {*refusals})


DOORS: dict[str, Door] = {
    "assertion at /par": _jobs_door("/par", lambda c: c.jobs.request()),
    "assertion at /token": _jobs_door("/token", lambda c: OWN_AUTHORITY),
    "assertion at /revoke": _jobs_door("/revoke", lambda c: {"token": c.own_token}),
    "assertion at /introspect": _jobs_door("/introspect", lambda c: {"token": c.own_token}),
    "assertion at /device_authorization": _plain_door("/device_authorization", lambda c: {"scope": "openid"}),
    "assertion at /backchannel_authentication": _plain_door(
        "/backchannel_authentication", lambda c: {"scope": "openid", "login_hint": c.house.sown.citizen_id}
    ),
    "request object at /par": Door(Kind.REQUEST, jobs_request, _pushed, NO_REQUEST),
    "request object at /authorize": Door(
        Kind.REQUEST,
        plain_request,
        _in_the_query,
        {(303, "invalid_request_object"), (303, "request_not_supported"), (400, "OID-02"), (400, "OID-03")},
    ),
    "proof at /token": Door(Kind.PROOF, _proof(url=f"{ISSUER}/token"), _proof_at_token, NO_PROOF, in_header=True),
    "proof at /par": Door(Kind.PROOF, _proof(url=f"{ISSUER}/par"), _proof_at_par, NO_PROOF, in_header=True),
    "proof at /userinfo": Door(
        Kind.PROOF,
        _proof(url=f"{ISSUER}/userinfo", method="GET", token="userinfo_token"),
        _proof_at_userinfo,
        NO_PROOF_AT_RESOURCE,
        in_header=True,
    ),
    "proof at the gateway": Door(
        Kind.PROOF,
        _proof(url=f"{GATEWAY}/pulls", token="own_token"),
        _proof_at_gateway,
        NO_PROOF_AT_RESOURCE,
        in_header=True,
        at_gateway=True,
    ),
    "access token at the gateway": Door(
        Kind.ISSUED, _issued("own_token"), _token_at_gateway, NO_TOKEN, in_header=True, at_gateway=True
    ),
    "access token at /userinfo": Door(Kind.ISSUED, _issued("own_token"), _token_at_userinfo, NO_TOKEN, in_header=True),
    "subject token at /token": Door(Kind.ISSUED, _issued("exchange_token"), _subject_token, UNREADABLE),
    "hint at /end-session": _hint(_hint_at_logout, (400, "OID-11"), (400, "OID-13")),
    "hint at /authorize": _hint(_hint_at_authorize, (303, "invalid_request"), (400, "OID-03")),
    "hint at /backchannel_authentication": _hint(_hint_at_backchannel, (400, "unknown_user_id"), *UNREADABLE),
}


def answer_of(response: httpx2.Response) -> tuple[int, str]:
    """Status and code: the OAuth error of a body or of an answer in an address, or the code of a page."""
    if response.is_redirect:
        return response.status_code, query_of(response.headers["location"]).get("error", "")
    if "json" in response.headers.get("content-type", ""):
        members = response.json()
        return response.status_code, str(members.get("error", members.get("code", "")))
    found = ERROR_CODE.search(response.text)
    return response.status_code, found[1] if found else ""


def gives_something(response: httpx2.Response) -> bool:
    """A token, a code, a handle or a session came with the answer."""
    given = ("access_token", "request_uri", "device_code", "auth_req_id", "id_token")
    if response.is_redirect and "code=" in response.headers["location"]:
        return True
    if "id-session" in response.headers.get("set-cookie", ""):
        return True
    return "json" in response.headers.get("content-type", "") and any(name in response.json() for name in given)
