"""Requests that must not be granted: each mints nothing, and leaves an entry or a line in the security log."""

from typing import Any

import pytest

from idp.audit.model import SYSTEM
from idp.consent.model import Shown
from idp.kernel.assurance import Aal
from idp.kernel.errors import Conflict
from idp.kernel.ids import AgreementId, MemberId
from idp.protocol.response_mode import GoTo
from idp.subscribers.model import ActingMember
from tests.provider.oidc.program import COMPANY, PERSON, Program, allow, query_of, shown
from tests.provider.oidc.world import CALLBACK, ISSUER, World

pytestmark = pytest.mark.anyio


async def test_an_unknown_client_is_a_page_and_never_a_redirect(world: World) -> None:
    parameters = {**Program(world).request(), "client_id": "nobody"}
    response = await world.browser().get("/authorize", params=parameters)
    assert (response.status_code, response.text) == (400, "OID-01")
    assert "location" not in response.headers
    assert world.security_log.events == ["authorize.unknown_client"]


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK.upper(),
        CALLBACK + "/../other",
        "http://jobs.localhost:8010/call%62ack",
        "http://jobs.localhost:8010@evil.example/callback",
        "https://evil.example/callback",
        "javascript:alert(1)",
    ],
)
async def test_an_unregistered_address_is_a_page_whatever_else_is_wrong(world: World, redirect_uri: str) -> None:
    for extra in ({}, {"response_type": "token"}, {"prompt": "none"}, {"scope": "everything"}):
        parameters = {**Program(world, "portal").request(), "redirect_uri": redirect_uri, **extra}
        response = await world.browser().get("/authorize", params=parameters)
        assert (response.status_code, response.text) == (400, "OID-02")
    assert world.security_log.events == ["authorize.redirect_uri_not_registered"] * 4


async def test_repeated_parameters_are_a_page(world: World) -> None:
    response = await world.browser().get("/authorize?client_id=portal&client_id=jobs")
    assert (response.status_code, response.text) == (400, "OID-03")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"request": "a.b.c"}, "invalid_request_object"),
        ({"resource": "https://evil.example"}, "invalid_target"),
        ({"authorization_details": "["}, "invalid_authorization_details"),
    ],
)
async def test_a_wrong_request_to_a_proven_address_is_told_to_the_client(
    world: World, changes: dict[str, str], error: str
) -> None:
    response = await world.browser().get("/authorize", params=Program(world, "portal").request(**changes))
    assert response.status_code == 303
    location = response.headers["location"]
    assert location.startswith(CALLBACK)
    assert query_of(location)["error"] == error
    assert query_of(location)["state"] == "state-1"
    assert query_of(location)["iss"] == ISSUER
    assert world.security_log.events == ["authorize.refused"]


async def test_a_client_of_the_strict_profile_must_push(world: World, jobs: Program) -> None:
    response = await world.browser().get("/authorize", params=jobs.request())
    assert query_of(response.headers["location"])["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"client_id": "other"}, "invalid_client"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid staff"}, "invalid_scope"),
        ({"state": "s" * 2000}, "invalid_request"),
    ],
)
async def test_a_wrong_pushed_request(world: World, jobs: Program, changes: dict[str, str], error: str) -> None:
    response = await jobs.push(jobs.request(**changes))
    assert response.json()["error"] == error
    assert response.status_code in (400, 401)


@pytest.mark.parametrize(
    "details",
    [
        [{**PERSON, "fields": ["citizen_id", "father_name"]}],
        [{**PERSON, "uses": 6}],
        [{**PERSON, "basis": "duty"}],
        [{**PERSON, "basis": "owner"}],
        [{**PERSON, "purpose": "somebody-else"}],
        [{**PERSON, "purpose": "employer-check"}],
        [{**PERSON, "dataset": "dopa.address", "fields": ["address_text"]}],
        [{**PERSON, "type": "payment"}],
        [{**PERSON, "surprise": 1}],
        [PERSON, PERSON],
        [COMPANY],
        [],
    ],
)
async def test_details_beyond_the_right_are_refused_and_entered(
    world: World, jobs: Program, details: list[dict[str, Any]]
) -> None:
    response = await jobs.push(jobs.request(details))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_authorization_details")
    entry = await world.last_entry()
    assert (entry["event"], entry["outcome"], entry["client"]) == ("authorization.push_refused", "refused", "jobs")


async def test_pushing_is_post_of_a_form_of_bounded_size(world: World, jobs: Program) -> None:
    assert (await jobs.http.get("/par")).status_code == 405
    assert (await jobs.http.post("/par", json={})).json()["error"] == "invalid_request"
    large = await jobs.push(jobs.request(padding="x" * 20_000))
    assert (large.status_code, large.json()["error"]) == (413, "invalid_request")
    repeated = await jobs.http.post(
        "/par", content=b"client_id=a&client_id=b", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert repeated.json()["error"] == "invalid_request"


async def test_a_request_uri_is_the_clients_own_and_ends_after_90_seconds(world: World, jobs: Program) -> None:
    request_uri = await jobs.pushed_uri()
    browser = world.browser()
    strangers = await Program(world, "other").authorize(browser, request_uri)
    assert (strangers.status_code, strangers.text) == (400, "OID-04")
    invented = await jobs.authorize(browser, "urn:ietf:params:oauth:request_uri:1.AAAA")
    assert invented.text == "OID-04"
    world.clock.advance(91)
    assert (await jobs.authorize(browser, request_uri)).text == "OID-04"
    assert set(world.security_log.events) == {"authorize.request_uri_unusable"}


async def test_parameters_beside_a_request_uri_do_not_count(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    response = await browser.get(
        "/authorize",
        params={
            "client_id": "jobs",
            "request_uri": await jobs.pushed_uri(),
            "state": "evil",
            "redirect_uri": "https://evil.example",
            "scope": "openid profile",
        },
    )
    assert query_of(response.headers["location"])["state"] == "state-1"


async def test_a_flow_belongs_to_one_browser_and_ends(world: World, jobs: Program) -> None:
    response = await jobs.authorize(world.browser(), await jobs.pushed_uri())
    flow = query_of(response.headers["location"])["flow"]
    thief = world.browser()
    await world.sign_in(thief)
    assert (await thief.get("/authorize", params={"flow": flow})).text == "OID-05"
    assert (await thief.get("/authorize", params={"flow": flow[:-4] + "AAAA"})).text == "OID-05"
    # a handle of another kind is no flow
    request_uri = await jobs.pushed_uri()
    assert (await thief.get("/authorize", params={"flow": request_uri.rpartition(":")[2]})).text == "OID-05"


async def test_a_flow_ends_after_half_an_hour(world: World, jobs: Program) -> None:
    browser = world.browser()
    response = await jobs.authorize(browser, await jobs.pushed_uri())
    world.clock.advance(1801)
    assert (await browser.get("/authorize", params=query_of(response.headers["location"]))).text == "OID-05"


@pytest.mark.parametrize(("signed_in", "error"), [(False, "login_required"), (True, "consent_required")])
async def test_prompt_none_never_shows_a_page(world: World, jobs: Program, signed_in: bool, error: str) -> None:
    browser = world.browser()
    if signed_in:
        await world.sign_in(browser)
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON], prompt="none"))
    assert query_of(response.headers["location"])["error"] == error


async def test_prompt_none_with_a_weak_session(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser, Aal.AAL1)
    response = await jobs.authorize(browser, await jobs.pushed_uri([PERSON], prompt="none"))
    assert query_of(response.headers["location"])["error"] == "interaction_required"


async def test_an_identity_that_is_not_proofed_enough_is_told_to_the_client(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    response = await jobs.authorize(browser, await jobs.pushed_uri(acr_values="urn:tuaton:ial:3:aal:2.2"))
    assert query_of(response.headers["location"])["error"] == "unmet_authentication_requirements"
    entry = await world.last_entry()
    assert (entry["event"], entry["outcome"]) == ("authorization.refused", "refused")


async def test_a_citizen_who_denies_is_taken_at_their_word(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    request_uri = await jobs.pushed_uri([PERSON])
    response = await jobs.authorize(browser, request_uri)
    pending = world.requests.open_flow(
        query_of(response.headers["location"])["flow"], str(browser.cookies["id-browser"])
    )
    async with world.storage.reading() as uow:
        session = await world.sessions.find(uow, browser.cookies["id-session"])
    assert session is not None
    back = await world.requests.deny(pending, session)
    assert isinstance(back, GoTo)
    assert query_of(back.location)["error"] == "access_denied"
    assert "code" not in query_of(back.location)
    assert (await world.last_entry())["event"] == "authorization.denied"
    with pytest.raises(Conflict):
        await world.requests.allow(pending, session, shown=await shown(world, pending, session))
    assert (await jobs.authorize(browser, request_uri)).text == "OID-04"


async def test_allowing_twice_gives_one_code(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    location = (await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))).headers["location"]
    await allow(world, browser, location)
    before = len(await world.entries())
    with pytest.raises(Conflict):
        await allow(world, browser, location)
    assert len(await world.entries()) == before


async def test_a_session_that_ended_meanwhile_allows_nothing(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    location = (await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))).headers["location"]
    pending = world.requests.open_flow(query_of(location)["flow"], str(browser.cookies["id-browser"]))
    async with world.storage.unit_of_work() as uow:
        session = await world.sessions.find(uow, browser.cookies["id-session"])
        assert session is not None
        await world.sessions.end(uow, session)
    with pytest.raises(Conflict):
        await world.requests.allow(pending, session, shown=Shown("0" * 64))


async def test_a_suspended_identity_and_an_ended_right_are_not_granted(world: World, jobs: Program) -> None:
    code = await jobs.code([PERSON])
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, AgreementId(world.sown.agreement_id), by=SYSTEM)
    response = await jobs.redeem(code)
    assert response.json()["error"] == "invalid_grant"
    assert (await jobs.push(jobs.request([PERSON]))).json()["error"] == "invalid_authorization_details"
    code = await jobs.code()
    async with world.storage.unit_of_work() as uow:
        officer = ActingMember(MemberId("mem_1"), type(world.sown.subscriber_id)("sub_officer"), world.sown.agency_id)
        await world.subscribers.suspend(uow, world.sown.subscriber_id, by=officer, reason="reported lost")
    assert (await jobs.redeem(code)).json()["error"] == "invalid_grant"


async def test_head_issues_nothing(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    parameters = {"client_id": "jobs", "request_uri": await jobs.pushed_uri()}
    response = await browser.head("/authorize", params=parameters)
    assert "code" not in query_of(response.headers["location"])
    assert "code" in query_of((await browser.get("/authorize", params=parameters)).headers["location"])


async def test_a_sign_in_before_the_browser_came_is_not_the_one_asked_for(world: World, jobs: Program) -> None:
    browser = world.browser()
    request_uri = await jobs.pushed_uri(None, prompt="login")
    await world.sign_in(browser)
    world.clock.advance(60)
    assert (await jobs.authorize(browser, request_uri)).headers["location"].startswith("/sign-in")


async def test_a_right_that_ended_while_the_page_was_open_is_not_consented_to(world: World, jobs: Program) -> None:
    browser = world.browser()
    await world.sign_in(browser)
    location = (await jobs.authorize(browser, await jobs.pushed_uri([PERSON]))).headers["location"]
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, AgreementId(world.sown.agreement_id), by=SYSTEM)
    assert query_of(await allow(world, browser, location))["error"] == "access_denied"
    assert "consent.given" not in {entry["event"] for entry in await world.entries()}
