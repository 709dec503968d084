"""From the pushed request to the data: what a well-behaved agency and a citizen see."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.kernel.assurance import Aal
from tests.provider.oidc.program import COMPANY, PERSON, VERIFIER, Program, allow, query_of
from tests.provider.oidc.world import CALLBACK, GATEWAY, ISSUER, World

pytestmark = pytest.mark.anyio


async def claims_of(world: World, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = KeySet.import_key_set((await world.browser().get("/jwks")).json())
    decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256"])
    return decoded.header, decoded.claims


async def test_consent_code_token_refresh_and_use(world: World, jobs: Program) -> None:
    browser = world.browser()
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in?flow=")
    assert response.headers["cache-control"] == "no-store"

    await world.sign_in(browser)
    response = await browser.get("/authorize", params=query_of(response.headers["location"]))
    assert response.headers["location"].startswith("/consent?flow=")

    back = await allow(world, browser, response.headers["location"])
    assert back.startswith(CALLBACK)
    assert query_of(back)["state"] == "state-1"
    assert query_of(back)["iss"] == ISSUER

    response = await jobs.redeem(query_of(back)["code"])
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["dpop-nonce"]
    answer = response.json()
    assert answer["token_type"] == "DPoP"
    assert answer["expires_in"] == 300
    assert answer["authorization_details"][0]["fields"] == ["citizen_id", "name_th"]

    header, access = await claims_of(world, answer["access_token"])
    assert header["typ"] == "at+jwt"
    assert access["aud"] == GATEWAY
    assert access["cnf"]["jkt"] == jobs.dpop_key.thumbprint()
    header, identity = await claims_of(world, answer["id_token"])
    assert identity["aud"] == "jobs"
    assert identity["nonce"] == "nonce-1"
    assert (identity["acr"], identity["ial"], identity["aal"]) == ("urn:tuaton:ial:2.3:aal:2.2", "2.3", "2.2")
    assert identity["sub"] == access["sub"]
    assert world.sown.subscriber_id not in str(access) + str(identity)
    assert world.sown.citizen_id not in str(access) + str(identity)

    used = await jobs.pull(answer["access_token"])
    assert used.json() == {
        "sub": identity["sub"],
        "client_id": "jobs",
        "datasets": ["dopa.person"],
        "grant": True,
        "consent": True,
    }

    world.clock.advance(301)
    assert (await jobs.pull(answer["access_token"])).status_code == 401
    refreshed = await jobs.token({"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]})
    assert refreshed.status_code == 200, refreshed.text
    assert "refresh_token" not in refreshed.json()
    assert (await jobs.pull(refreshed.json()["access_token"])).status_code == 200

    events = {entry["event"] for entry in await world.entries()}
    assert {"consent.given", "authorization.issued", "token.issued", "token.refreshed"} <= events


async def test_an_earlier_consent_covers_a_second_request(world: World, jobs: Program) -> None:
    await jobs.code([PERSON])
    browser = world.browser()
    await world.sign_in(browser)
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))
    assert response.headers["location"].startswith(CALLBACK)
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON], prompt="consent"))
    assert response.headers["location"].startswith("/consent")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_userinfo_gives_the_claims_of_the_scope(world: World, jobs: Program, method: str) -> None:
    answer = (await jobs.redeem(await jobs.code(scope="openid profile"))).json()
    response = await jobs.userinfo(answer["access_token"], method)
    assert response.status_code == 200, response.text
    claims = response.json()
    assert claims["name"] == "นายสมมติ ใจดี"
    assert claims["family_name#en"] == "Jaidee"
    assert claims["birthdate"] == "1990-07-12"
    assert claims["sub"] == (await claims_of(world, answer["id_token"]))[1]["sub"]
    assert world.sown.citizen_id not in response.text


async def test_openid_alone_gives_the_pairwise_identifier_and_the_assurance(world: World, jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code())).json()
    claims = (await jobs.userinfo(answer["access_token"])).json()
    assert set(claims) == {"sub", "acr", "ial", "aal", "amr", "auth_time"}


async def test_a_client_on_its_own_authority_gets_a_token_for_its_duty(world: World, jobs: Program) -> None:
    body = {"grant_type": "client_credentials", "authorization_details": json.dumps([COMPANY])}
    response = await jobs.token(body)
    assert response.status_code == 200, response.text
    assert "refresh_token" not in response.json()
    used = await jobs.pull(response.json()["access_token"])
    assert used.json() == {
        "sub": "jobs",
        "client_id": "jobs",
        "datasets": ["dbd.company"],
        "grant": False,
        "consent": False,
    }


async def test_a_first_party_client_signs_officers_in_without_par_dpop_or_consent(world: World) -> None:
    portal = Program(world, "portal")
    browser = world.browser()
    await world.sign_in(browser)
    parameters = portal.request(scope="openid staff", acr_values="urn:tuaton:ial:1.1:aal:2.2")
    response = await browser.get("/authorize", params=parameters)
    location = response.headers["location"]
    assert location.startswith(CALLBACK)
    answer = await portal.token(portal.redemption(query_of(location)["code"]), dpop=None)
    assert answer.json()["token_type"] == "Bearer"
    header, claims = await claims_of(world, answer.json()["id_token"])
    assert header["alg"] == "RS256"
    assert claims["members"] == []
    shown = await world.browser().get("/userinfo", headers={"authorization": f"Bearer {answer.json()['access_token']}"})
    assert shown.json()["members"] == []


async def test_a_posted_request_goes_on_by_navigation(world: World) -> None:
    portal = Program(world, "portal")
    browser = world.browser()
    response = await browser.post("/authorize", data=portal.request())
    assert response.status_code == 303
    assert response.headers["location"].startswith("/authorize?flow=")
    response = await browser.get(response.headers["location"])
    assert response.headers["location"].startswith("/sign-in?flow=")


async def test_a_pushed_request_may_be_shown_again_until_it_is_granted(world: World, jobs: Program) -> None:
    request_uri = await jobs.pushed_uri()
    browser = world.browser()
    for _ in range(2):
        assert (await jobs.authorize(browser, request_uri)).headers["location"].startswith("/sign-in")
    await world.sign_in(browser)
    assert (await jobs.authorize(browser, request_uri)).headers["location"].startswith(CALLBACK)
    again = await jobs.authorize(browser, request_uri)
    assert (again.status_code, again.text) == (400, "OID-04")


async def test_stronger_sign_in_is_asked_for_when_the_session_is_too_weak(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser, Aal.AAL1)
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))
    assert response.headers["location"].startswith("/sign-in?flow=")


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}])
async def test_a_fresh_sign_in_is_asked_for_once(world: World, jobs: Program, changes: dict[str, str]) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    world.clock.advance(120)
    response = await jobs.authorize(browser, await jobs.pushed_uri(**changes))
    assert response.headers["location"].startswith("/sign-in?flow=")
    world.clock.advance(5)
    await world.sign_in(browser)
    response = await browser.get("/authorize", params=query_of(response.headers["location"]))
    assert response.headers["location"].startswith(CALLBACK)


async def test_metadata_and_keys(world: World) -> None:
    browser = world.browser()
    openid = (await browser.get("/.well-known/openid-configuration")).json()
    assert openid == (await browser.get("/.well-known/oauth-authorization-server")).json()
    assert openid["issuer"] == ISSUER
    spoofed = await browser.get("/.well-known/openid-configuration", headers={"host": "evil.example"})
    assert spoofed.json()["issuer"] == ISSUER
    keys = (await browser.get("/jwks")).json()["keys"]
    # the RSA key signs by two algorithms, therefore it names none
    assert {(key["kty"], key.get("alg")) for key in keys if key["use"] == "sig"} == {
        ("EC", "ES256"),
        ("OKP", "EdDSA"),
        ("RSA", None),
    }
    assert all("d" not in key for key in keys)
    assert VERIFIER not in str(openid)
