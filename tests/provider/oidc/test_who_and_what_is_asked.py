"""Prompts, hints and single claims: OpenID Connect Core §3.1.2.1 and §5.5."""

import json
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.provider.oidc.program import Program, allow, query_of
from tests.provider.oidc.registered import register
from tests.provider.oidc.world import World

pytestmark = pytest.mark.anyio


async def authorize(browser: httpx2.AsyncClient, program: Program, **changes: Any) -> str:
    response = await browser.get("/authorize", params=program.request(**changes))
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


async def id_token(program: Program, location: str) -> str:
    answer = await program.token(program.redemption(query_of(location)["code"]), dpop=None)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id_token"])


async def claims_in(world: World, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await world.browser().get("/jwks")).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims)


@pytest.mark.parametrize("prompt", ["login", "select_account"])
async def test_an_account_is_chosen_by_signing_in_anew(world: World, prompt: str) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    world.clock.advance(2)
    location = await authorize(browser, program, prompt=prompt)
    assert location.startswith("/sign-in?flow=")
    await world.sign_in(browser)
    again = await browser.get("/authorize", params=query_of(location))
    assert "code" in query_of(again.headers["location"])


async def test_prompt_consent_asks_also_where_nothing_personal_is_given(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    location = await authorize(browser, program, prompt="consent")
    assert location.startswith("/consent?flow=")
    assert "code" in query_of(await allow(world, browser, location))


async def test_a_hint_of_the_person_signed_in_is_no_hindrance(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    hint = await id_token(program, await authorize(browser, program))
    world.clock.advance(3000)  # the hint has expired long since
    assert "code" in query_of(await authorize(browser, program, prompt="none", id_token_hint=hint))


async def test_a_hint_of_somebody_else_is_login_required(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    claims = await claims_in(world, await id_token(program, await authorize(browser, program)))
    hint = await world.keys.sign_jwt({**claims, "sub": "somebody-else"}, typ="JWT")
    world.clock.advance(2)
    refused = await authorize(browser, program, prompt="none", id_token_hint=hint)
    assert query_of(refused)["error"] == "login_required"
    # without prompt none somebody else may sign in; when the same person does, the answer is no
    location = await authorize(browser, program, id_token_hint=hint)
    assert location.startswith("/sign-in?flow=")
    await world.sign_in(browser)
    again = await browser.get("/authorize", params=query_of(location))
    assert query_of(again.headers["location"])["error"] == "login_required"


async def test_a_hint_that_is_none_of_the_clients_id_tokens_is_refused(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    good = await id_token(program, await authorize(browser, program))
    claims = await claims_in(world, good)
    hints = [
        "a.b.c",
        good[:-8] + "AAAAAAAA",
        await world.keys.sign_jwt({**claims, "aud": "jobs"}, typ="JWT"),
        await world.keys.sign_jwt({**claims, "iss": "https://other.example"}, typ="JWT"),
        await world.keys.sign_jwt(claims, typ="at+jwt"),
        await world.keys.sign_jwt({**claims, "exp": claims["exp"] - 31 * 86_400}, typ="JWT"),
    ]
    for hint in hints:
        assert query_of(await authorize(browser, program, id_token_hint=hint))["error"] == "invalid_request"


async def test_a_subject_that_the_claims_demand(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    sub = (await claims_in(world, await id_token(program, await authorize(browser, program))))["sub"]
    for value, answer in ((sub, "code"), ("somebody-else", "error")):
        claims = json.dumps({"id_token": {"sub": {"value": value}}})
        assert answer in query_of(await authorize(browser, program, prompt="none", claims=claims))


async def test_single_claims_are_asked_for_and_kept_to_what_the_client_may_have(world: World) -> None:
    program = await register(world, scope="openid profile")
    browser = world.browser()
    await world.sign_in(browser)
    asked = {"userinfo": {"given_name": {"essential": True}, "email": None, "surprise": None}}
    location = await authorize(browser, program, claims=json.dumps(asked))
    assert location.startswith("/consent?flow=")
    pending = world.requests.open_flow(query_of(location)["flow"], str(browser.cookies["id-browser"]))
    assert pending.request.claims == {"userinfo": {"given_name": {"essential": True}}}
    await allow(world, browser, location)
    entry = await world.last_entry()
    assert (entry["event"], entry["details"]["claims"]) == ("authorization.issued", ["given_name"])
    # what was allowed is remembered; what goes beyond it is asked for
    assert "code" in query_of(await authorize(browser, program, claims=json.dumps(asked), prompt="none"))
    beyond = {"userinfo": {"given_name": None, "family_name": None}}
    silent = await authorize(browser, program, claims=json.dumps(beyond), prompt="none")
    assert query_of(silent)["error"] == "consent_required"


async def test_claims_beyond_the_client_ask_nobody(world: World) -> None:
    program = await register(world, scope="openid")
    browser = world.browser()
    await world.sign_in(browser)
    claims = json.dumps({"userinfo": {"email": {"essential": True}}, "id_token": {"auth_time": {"essential": True}}})
    assert "code" in query_of(await authorize(browser, program, claims=claims))


@pytest.mark.parametrize(
    ("acr", "outcome"),
    [
        ({"essential": True, "values": ["urn:tuaton:ial:2.1:aal:2.1"]}, "code"),
        ({"essential": True, "values": ["urn:tuaton:ial:3:aal:1"]}, "unmet_authentication_requirements"),
        ({"essential": True, "values": ["urn:other:1"]}, "unmet_authentication_requirements"),
        ({"values": ["urn:other:1"]}, "code"),
    ],
)
async def test_an_essential_acr_is_required(world: World, acr: dict[str, Any], outcome: str) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    answer = query_of(await authorize(browser, program, claims=json.dumps({"id_token": {"acr": acr}})))
    assert ("code" if "code" in answer else answer["error"]) == outcome


async def test_what_the_client_registered_holds_where_it_asks_for_nothing_else(world: World) -> None:
    program = await register(world, default_max_age=60, default_acr_values=["urn:tuaton:ial:3:aal:1"])
    browser = world.browser()
    await world.sign_in(browser)
    assert query_of(await authorize(browser, program))["error"] == "unmet_authentication_requirements"
    low = "urn:tuaton:ial:1.1:aal:1"
    assert "code" in query_of(await authorize(browser, program, acr_values=low))
    world.clock.advance(61)
    assert (await authorize(browser, program, acr_values=low)).startswith("/sign-in")
    assert "code" in query_of(await authorize(browser, program, acr_values=low, max_age="600"))


async def test_hints_and_unknown_parameters_do_no_harm(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    harmless = {"login_hint": "someone", "display": "popup", "claims_locales": "th", "ui_locales": "en", "extra": "1"}
    assert "code" in query_of(await authorize(browser, program, **harmless))


async def test_a_confidential_client_may_be_registered_without_pkce(world: World) -> None:
    program = await register(world, pkce_required=False)
    browser = world.browser()
    await world.sign_in(browser)
    bare = {"code_challenge": "", "code_challenge_method": ""}
    assert query_of(await authorize(browser, program, **bare, nonce=""))["error"] == "invalid_request"
    code = query_of(await authorize(browser, program, **bare))["code"]
    # RFC 9700 §4.8.2: a verifier without a challenge is a downgrade
    refused = await program.token(program.redemption(code), dpop=None)
    assert refused.json()["error"] == "invalid_grant"
    code = query_of(await authorize(browser, program, **bare))["code"]
    assert (await program.token(program.redemption(code, code_verifier=""), dpop=None)).status_code == 200


async def test_neither_pkce_nor_a_nonce_only_where_the_registration_says_so(world: World) -> None:
    bare = {"code_challenge": "", "code_challenge_method": "", "nonce": ""}
    for client_id, excepted in (("with-nonce", True), ("legacy", False)):
        program = await register(world, client_id=client_id, pkce_required=False, nonce_required=excepted)
        browser = world.browser()
        await world.sign_in(browser)
        answer = query_of(await authorize(browser, program, **bare))
        assert ("code" in answer, answer.get("error")) == ((False, "invalid_request") if excepted else (True, None))
    redeemed = await program.token(program.redemption(answer["code"], code_verifier=""), dpop=None)
    assert "nonce" not in await claims_in(world, redeemed.json()["id_token"])


async def test_proof_of_a_claim_is_more_than_the_claim(world: World) -> None:
    program = await register(world, scope="openid profile")
    browser = world.browser()
    await world.sign_in(browser)
    await allow(world, browser, await authorize(browser, program, scope="openid profile"))
    assert "code" in query_of(await authorize(browser, program, scope="openid profile", prompt="none"))
    verified = {"verification": {"trust_framework": None}, "claims": {"birthdate": None}}
    asked = {"scope": "openid profile", "claims": json.dumps({"userinfo": {"verified_claims": verified}})}
    silent = await authorize(browser, program, **asked, prompt="none")
    assert query_of(silent)["error"] == "consent_required"
    await allow(world, browser, await authorize(browser, program, **asked))
    given = [entry for entry in await world.entries() if entry["event"] == "consent.given"]
    assert given[-1]["details"]["claims"][-2:] == ["verified_claims", "verified_claims/birthdate"]
    assert "code" in query_of(await authorize(browser, program, **asked, prompt="none"))


async def test_access_while_the_person_is_away_is_asked_for(world: World) -> None:
    program = await register(world, scope="openid offline_access")
    browser = world.browser()
    await world.sign_in(browser)
    location = await authorize(browser, program, scope="openid offline_access")
    assert location.startswith("/consent?flow=")
    await allow(world, browser, location)
    assert "code" in query_of(await authorize(browser, program, scope="openid offline_access", prompt="none"))


async def test_a_silent_request_that_finds_nobody_leaves_a_line(world: World) -> None:
    program = await register(world)
    location = await authorize(world.browser(), program, prompt="none")
    assert query_of(location)["error"] == "login_required"
    assert world.security_log.events == ["authorize.refused"]
