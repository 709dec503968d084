"""Signing out, device codes and backchannel questions, over HTTP as strangers and citizens do it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.authorization.deferred.model import DeferredId
from idp.kernel.assurance import Aal
from idp.kernel.ids import ClientId, SsoSessionId
from idp.protocol.backchannel import CIBA_GRANT
from idp.protocol.device import DEVICE_CODE_GRANT
from idp.storage.outbox import outbox
from tests.patience import becomes_true
from tests.protocol.signing import assertion
from tests.provider.oidc.program import Program, query_of
from tests.provider.oidc.test_signed_requests import encrypted, published_key
from tests.provider.oidc.world import CALLBACK, ISSUER, World
from tests.provider.pages.browser import free_port
from tests.provider.pages.house import Fields

pytestmark = pytest.mark.anyio

AFTER = "http://jobs.localhost:8010/signed-out"


class Listening:
    """An agency's own address: what came in, and what it answers next."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    socket = free_port()
    agency = Listening(socket.getsockname()[1])

    async def hear(request: Request) -> Response:
        agency.heard.append((dict(request.headers), await request.body()))
        return Response(status_code=agency.status)

    app = Starlette(routes=[Route("/{rest:path}", hear, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        await becomes_true(lambda: server.started)
        yield agency
    finally:
        server.should_exit = True
        await serving


async def program(world: World, client_id: str = "afar", **metadata: Any) -> Program:
    key = world.sown.jobs_key
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId(client_id),
            agency_id=world.sown.agency_id,
            name_th="ไกล",
            name_en="Afar",
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE_GRANT, CIBA_GRANT],
                "scope": "openid profile",
                "dpop_bound_access_tokens": False,
                "backchannel_token_delivery_mode": "poll",
                "post_logout_redirect_uris": [AFTER],
                **metadata,
            },
            profile=ClientProfile.BASELINE,
            by=SYSTEM,
        )
    return Program(world, client_id, key)


async def signed_in(world: World, afar: Program) -> tuple[httpx2.AsyncClient, dict[str, Any]]:
    """A browser in which the citizen has signed in to the program, and the program's tokens."""
    browser = world.browser()
    await world.sign_in(browser)
    response = await afar.authorize(browser, await afar.pushed_uri())
    answer = query_of(response.headers["location"])
    assert answer["session_state"].count(".") == 1
    tokens = await afar.token(afar.redemption(answer["code"]), dpop=None)
    assert tokens.status_code == 200, tokens.text
    return browser, tokens.json()


async def claims_of(world: World, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = KeySet.import_key_set((await world.browser().get("/jwks")).json())
    decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256"])
    return decoded.header, decoded.claims


async def session_topics(world: World) -> list[Any]:
    async with world.storage.reading() as uow:
        return list(await uow.all(select(outbox).order_by(outbox.c.due_at)))


async def press(browser: httpx2.AsyncClient, page: httpx2.Response, path: str, **more: str) -> httpx2.Response:
    headers = {"origin": ISSUER, "sec-fetch-site": "same-origin"}
    return await browser.post(path, data={**Fields(page.text).hidden, **more}, headers=headers)


async def test_signing_out_asks_ends_the_session_and_goes_back(world: World) -> None:
    afar = await program(world)
    browser, tokens = await signed_in(world, afar)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER, "state": "s 1"}
    taken = await browser.get("/end-session", params=asked)
    assert taken.status_code == 303
    assert tokens["id_token"] not in taken.headers["location"]
    page = await browser.get(taken.headers["location"])
    assert "confirm_logout" in Fields(page.text).ids
    done = await press(browser, page, "/logout")
    assert (done.status_code, done.headers["location"]) == (303, f"{AFTER}?state=s+1")
    again = await browser.post("/end-session", data=asked)
    there = await browser.get(again.headers["location"])
    assert there.headers["location"] == f"{AFTER}?state=s+1"  # nobody is signed in any more: nothing to ask


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"post_logout_redirect_uri": AFTER + "?x=1"}, "OID-12"),
        ({"post_logout_redirect_uri": "https://evil.example/"}, "OID-12"),
        ({"client_id": "jobs"}, "OID-11"),
        ({"id_token_hint": "e30.e30.AA"}, "OID-11"),
        ({"state": "s" * 1025}, "OID-13"),
    ],
)
async def test_a_logout_that_is_not_in_order_is_a_page_and_changes_nothing(
    world: World, change: dict[str, str], code: str
) -> None:
    afar = await program(world)
    browser, tokens = await signed_in(world, afar)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER, **change}
    refused = await browser.get("/end-session", params=asked)
    assert (refused.status_code, refused.text) == (400, code)
    assert "logout.refused" in world.security_log.events
    assert (await browser.get("/account/apps")).status_code == 200


async def test_an_old_hint_is_refused_and_without_one_nobody_is_sent_away(world: World) -> None:
    afar = await program(world)
    browser, tokens = await signed_in(world, afar)
    unnamed = await browser.get("/end-session", params={"post_logout_redirect_uri": AFTER})
    page = await browser.get(unnamed.headers["location"])
    done = await press(browser, page, "/logout")
    assert 'id="signed_out"' in done.text
    world.clock.advance(31 * 24 * 3600)
    refused = await browser.get("/end-session", params={"id_token_hint": tokens["id_token"]})
    assert refused.text == "OID-11"


async def test_clients_are_told_directly_and_in_frames(world: World) -> None:
    async with listening() as agency:
        frame = "http://jobs.localhost:8010/frame"
        told = {"backchannel_logout_uri": f"{agency.url.replace('127.0.0.1', 'localhost')}/out"}
        afar = await program(world, frontchannel_logout_uri=frame, **told)
        browser, tokens = await signed_in(world, afar)
        _, identity = await claims_of(world, tokens["id_token"])
        page = await browser.get("/logout")
        done = await press(browser, page, "/logout")
        assert f"{frame}?iss=" in done.text
        assert f"sid={identity['sid']}" in done.text
        assert "frame-src http://jobs.localhost:8010" in done.headers["content-security-policy"]

        (message,) = await session_topics(world)
        assert message.topic == "session_ended"
        agency.status = 503
        await world.further.logouts.tell_clients(SsoSessionId(message.payload["session_id"]))
        retry = (await session_topics(world))[-1]
        assert (retry.topic, retry.payload["attempt"]) == ("logout_token_due", "2")
        agency.status = 200
        await world.further.logouts.tell_again(
            SsoSessionId(retry.payload["session_id"]), ClientId(retry.payload["client_id"]), attempt=2
        )
    token = parse_qs(agency.heard[-1][1].decode())["logout_token"][0]
    header, claims = await claims_of(world, token)
    assert header["typ"] == "logout+jwt"
    assert (claims["aud"], claims["sub"], claims["sid"]) == ("afar", identity["sub"], identity["sid"])
    assert claims["exp"] - claims["iat"] == 120
    assert "nonce" not in claims
    assert (await world.last_entry())["event"] == "logout.client_told"
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await afar.token(refresh, dpop=None)).json()["error"] == "invalid_grant"


async def test_signing_out_here_tells_the_clients_as_well(world: World) -> None:
    frame = "http://jobs.localhost:8010/frame"
    afar = await program(world, frontchannel_logout_uri=frame)
    browser, tokens = await signed_in(world, afar)
    _, identity = await claims_of(world, tokens["id_token"])
    done = await press(browser, await browser.get("/sign-out"), "/sign-out")
    assert 'id="signed_out"' in done.text
    assert f"{frame}?iss=" in done.text
    assert f"sid={identity['sid']}" in done.text
    assert "frame-src http://jobs.localhost:8010" in done.headers["content-security-policy"]
    assert (await session_topics(world))[-1].topic == "session_ended"
    assert (await browser.get("/account/apps")).status_code == 303


async def test_the_watching_frame_may_be_framed_and_nothing_else(world: World) -> None:
    frame = await world.browser().get("/check-session")
    assert "frame-ancestors *" in frame.headers["content-security-policy"]
    assert "check_session.js" in frame.text


async def ask_by_device(afar: Program) -> dict[str, Any]:
    answer = await afar.http.post("/device_authorization", data=afar.authenticated({"scope": "openid"}))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def poll_device(afar: Program, asked: dict[str, Any]) -> httpx2.Response:
    return await afar.token({"grant_type": DEVICE_CODE_GRANT, "device_code": asked["device_code"]}, dpop=None)


@pytest.mark.parametrize("decision", ["allow", "deny"])
async def test_a_device_waits_for_the_citizen(world: World, decision: str) -> None:
    afar = await program(world)
    asked = await ask_by_device(afar)
    assert (await poll_device(afar, asked)).json()["error"] == "authorization_pending"
    assert (await poll_device(afar, asked)).json()["error"] == "slow_down"
    browser = world.browser()
    await world.sign_in(browser)
    entered = await press(
        browser, await browser.get("/account/device"), "/account/device", user_code=asked["user_code"].lower()
    )
    page = await browser.get(entered.headers["location"])
    assert asked["user_code"] in page.text
    decided = await press(browser, page, entered.headers["location"], decision=decision)
    assert "decided" in Fields(decided.text).ids
    answer = await poll_device(afar, asked)
    if decision == "deny":
        assert answer.json()["error"] == "access_denied"
        return
    assert answer.status_code == 200, answer.text
    assert (await claims_of(world, answer.json()["id_token"]))[1]["aud"] == "afar"
    assert (await poll_device(afar, asked)).json()["error"] == "invalid_grant"


async def test_codes_expire_belong_to_one_client_and_cannot_be_guessed(world: World) -> None:
    afar, near = await program(world), await program(world, "near")
    asked = await ask_by_device(afar)
    assert (await poll_device(near, asked)).json()["error"] == "invalid_grant"
    browser = world.browser()
    await world.sign_in(browser)
    codes = [(await browser.get("/account/device/BBBB-BBBB")).text for _ in range(11)]
    assert codes == ["OID-08"] * 10 + ["OID-09"]
    assert (await browser.get(f"/account/device/{asked['user_code']}")).text == "OID-09"
    assert (await world.last_entry())["event"] == "device.tries_stopped"
    world.clock.advance(601)
    assert (await poll_device(afar, asked)).json()["error"] == "expired_token"


async def test_a_client_without_the_grant_may_not_ask(world: World, jobs: Program) -> None:
    for path in ("/device_authorization", "/backchannel_authentication"):
        body = {"scope": "openid", "login_hint": world.sown.citizen_id}
        answer = await jobs.http.post(path, data=jobs.authenticated(body))
        assert answer.status_code == 400
    assert (await world.last_entry())["outcome"] == "refused"
    assert (await jobs.http.post("/device_authorization", data={"client_id": "jobs"})).status_code == 401


def signed_request(afar: Program, **changes: Any) -> dict[str, str]:
    now = int(afar.world.clock.now().timestamp())
    claims = {"scope": "openid", "login_hint": afar.world.sown.citizen_id, "nbf": now, "sub": None, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    made = assertion(
        afar.key, now=afar.world.clock.now(), client_id="afar", audience=ISSUER, jti=secrets.token_hex(8), claims=claims
    )
    return {"request": made}


async def ask_backchannel(afar: Program, body: dict[str, str]) -> httpx2.Response:
    return await afar.http.post("/backchannel_authentication", data=afar.authenticated(body))


async def poll_backchannel(afar: Program, auth_req_id: str) -> httpx2.Response:
    return await afar.token({"grant_type": CIBA_GRANT, "auth_req_id": auth_req_id}, dpop=None)


async def test_an_agency_asks_the_citizen_answers_and_the_agency_is_pinged(world: World) -> None:
    async with listening() as agency:
        there = f"{agency.url.replace('127.0.0.1', 'localhost')}/ping"
        ping = {"backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": there}
        afar = await program(world, **ping)
        body = {
            "scope": "openid",
            "login_hint": world.sown.citizen_id,
            "binding_message": "W4-SCT",
            "client_notification_token": "t" * 32,
        }
        asked = (await ask_backchannel(afar, body)).json()
        assert (await poll_backchannel(afar, asked["auth_req_id"])).json()["error"] == "authorization_pending"
        browser = world.browser()
        await world.sign_in(browser)
        (request_id,) = Fields((await browser.get("/account/requests")).text).data["data-request"]
        page = await browser.get(f"/account/requests/{request_id}")
        assert "W4-SCT" in page.text
        await press(browser, page, f"/account/requests/{request_id}", decision="allow")
        agency.status = 302
        await world.further.backchannel.ping(DeferredId(request_id))
    ((headers, content),) = agency.heard
    assert headers["authorization"] == f"Bearer {'t' * 32}"
    assert asked["auth_req_id"].encode() in content
    answer = await poll_backchannel(afar, asked["auth_req_id"])
    assert answer.status_code == 200, answer.text
    hinted = await ask_backchannel(
        afar, {"scope": "openid", "id_token_hint": answer.json()["id_token"], "client_notification_token": "t" * 32}
    )
    assert hinted.status_code == 200, hinted.text


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"scope": "openid"}, "invalid_request"),
        ({"scope": "openid", "login_hint": "1", "id_token_hint": "x"}, "invalid_request"),
        ({"scope": "openid", "login_hint_token": "x"}, "invalid_request"),
        ({"scope": "openid", "login_hint": "123"}, "unknown_user_id"),
        ({"scope": "openid", "id_token_hint": "x"}, "unknown_user_id"),
        ({"scope": "openid", "login_hint": "1", "binding_message": "x" * 101}, "invalid_binding_message"),
        ({"scope": "openid", "login_hint": "1", "requested_expiry": "-1"}, "invalid_request"),
        ({"scope": "openid", "login_hint": "1", "user_code": "1"}, "invalid_request"),
        ({"scope": "profile", "login_hint": "1"}, "invalid_scope"),
        ({"scope": "openid email", "login_hint": "1"}, "invalid_scope"),
        # what a client has by itself never comes from a person
        ({"scope": "openid events", "login_hint": "1"}, "invalid_scope"),
    ],
)
async def test_backchannel_requests_that_are_refused(world: World, body: dict[str, str], error: str) -> None:
    afar = await program(world, scope="openid profile events")
    answer = await ask_backchannel(afar, body)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert (await world.last_entry())["event"] == "backchannel.refused"


async def test_a_signed_request_may_be_encrypted_to_us_and_is_judged_as_any_other(world: World) -> None:
    afar = await program(world, backchannel_authentication_request_signing_alg="ES256")
    key = await published_key(world)
    inside = signed_request(afar)
    sealed = {**inside, "request": encrypted(inside["request"], key)}
    assert (await ask_backchannel(afar, sealed)).status_code == 200
    # it counts once, whichever way it comes
    for again in (inside, sealed):
        assert (await ask_backchannel(afar, again)).json()["error"] == "invalid_request"
    bare = json.dumps({"scope": "openid", "login_hint": world.sown.citizen_id})
    for wrong in (encrypted(bare, key), encrypted(signed_request(afar)["request"], ECKey.generate_key("P-256"))):
        assert (await ask_backchannel(afar, {"request": wrong})).json()["error"] == "invalid_request"


async def test_signed_requests_are_judged_and_count_once(world: World) -> None:
    afar = await program(world, backchannel_authentication_request_signing_alg="ES256")
    unsigned = {"scope": "openid", "login_hint": world.sown.citizen_id}
    assert (await ask_backchannel(afar, unsigned)).json()["error"] == "invalid_request"
    good = signed_request(afar)
    assert (await ask_backchannel(afar, good)).status_code == 200
    assert (await ask_backchannel(afar, good)).json()["error"] == "invalid_request"
    now = int(world.clock.now().timestamp())
    for change in ({"nbf": None}, {"exp": now + 3700}, {"aud": "https://other.example"}, {"iss": "jobs"}, {"exp": now}):
        assert (await ask_backchannel(afar, signed_request(afar, **change))).json()["error"] == "invalid_request"
    beside = {**signed_request(afar), "scope": "openid"}
    assert (await ask_backchannel(afar, beside)).json()["error"] == "invalid_request"


async def test_nobody_else_can_answer_and_the_unknown_is_not_told(world: World) -> None:
    afar = await program(world)
    no_number = await ask_backchannel(afar, {"scope": "openid", "login_hint": "1100000000299"})
    assert no_number.json()["error"] == "unknown_user_id"
    unknown = await ask_backchannel(afar, {"scope": "openid", "login_hint": "1100000000296"})
    asked = await ask_backchannel(afar, {"scope": "openid", "login_hint": world.sown.citizen_id})
    assert (unknown.status_code, asked.status_code) == (200, 200)
    assert {**unknown.json(), "auth_req_id": ""} == {**asked.json(), "auth_req_id": ""}
    browser = world.browser()
    await world.sign_in(browser, Aal.AAL1)
    assert (await browser.get("/account/requests/dfr_unknown")).text == "OID-08"
    assert (await world.browser().get("/account/requests")).status_code == 303


async def test_a_citizen_ends_what_a_service_may(world: World) -> None:
    afar = await program(world)
    browser, tokens = await signed_in(world, afar)
    page = await browser.get("/account/apps")
    (grant_id,) = Fields(page.text).data["data-grant"]
    assert (await press(browser, page, f"/account/apps/{grant_id}/end")).status_code == 303
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await afar.token(refresh, dpop=None)).json()["error"] == "invalid_grant"
    assert "data-grant" not in (await browser.get("/account/apps")).text
