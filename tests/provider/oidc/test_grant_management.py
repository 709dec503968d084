"""Clients that manage their grants: naming, replacing, looking, ending (Grant Management for OAuth 2.0, draft 03)."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from connectors.contracts.identifiers import CitizenId, check_digit
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.assurance import Aal, Ial
from idp.protocol.grant_management import MANAGED_ID
from tests.clock import FrozenClock
from tests.provider.oidc.baseline import register as register_baseline
from tests.provider.oidc.certificates import AUTHORITY, header_of
from tests.provider.oidc.program import COMPANY, PERSON, Program, allow, is_refused, query_of
from tests.provider.oidc.registered import register, request_object
from tests.provider.oidc.sowing import identity
from tests.provider.oidc.world import GATEWAY, ISSUER, World

pytestmark = pytest.mark.anyio

QUERY, REVOKE = "grant_management_query", "grant_management_revoke"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
PLAIN_PERSON = {**PERSON, "fields": ["name_th"]}


async def manager(
    world: World, client_id: str = "manager", *, scope: str = f"openid profile {QUERY} {REVOKE}"
) -> Program:
    """A FAPI client with every scope for its grants."""
    return await register(
        world, client_id=client_id, profile=ClientProfile.FAPI2, grant_types=list(GRANT_TYPES), scope=scope
    )


@pytest.fixture
async def managing(world: World) -> Program:
    return await manager(world)


async def own_token(program: Program, scope: str = f"{QUERY} {REVOKE}", **changes: str) -> str:
    response = await program.token({"grant_type": "client_credentials", "scope": scope, **changes})
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


async def call(program: Program, method: str, grant_id: str, token: str, **changes: Any) -> httpx2.Response:
    url = f"{ISSUER}/grants/{grant_id}"
    shown = changes.pop("shown_method", method)
    dpop = program.proof(**{"url": url, "method": shown, "access_token": token, **changes})
    return await program.http.request(method, url, headers={"authorization": f"DPoP {token}", "dpop": dpop})


async def granted(program: Program, details: list[dict[str, Any]] | None = None, **changes: str) -> dict[str, Any]:
    response = await program.redeem(await program.code(details, **changes))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def refreshed(program: Program, tokens: dict[str, Any]) -> httpx2.Response:
    return await program.token({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


# the name of a grant


async def test_only_who_asks_or_registered_for_it_learns_a_grant_id(
    world: World, jobs: Program, managing: Program
) -> None:
    assert "grant_id" not in await granted(jobs)
    asked = await granted(jobs, grant_management_action="create")
    registered = await granted(managing)
    again = await granted(managing, grant_management_action="create")
    names = [asked["grant_id"], registered["grant_id"], again["grant_id"]]
    assert len(set(names)) == 3
    assert all(MANAGED_ID.fullmatch(name) and len(name) >= 22 for name in names)
    assert (await refreshed(managing, registered)).json()["grant_id"] == registered["grant_id"]


async def test_what_is_supported_is_in_the_metadata(world: World) -> None:
    told = (await world.browser().get("/.well-known/oauth-authorization-server")).json()
    assert told["grant_management_endpoint"] == f"{ISSUER}/grants"
    assert told["grant_management_actions_supported"] == ["query", "revoke", "create", "replace"]
    assert told["grant_management_action_required"] is False
    assert {QUERY, REVOKE} <= set(told["scopes_supported"])


# requests that are refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_management_action": "merge", "grant_id": "x"}, "invalid_request"),
        ({"grant_management_action": "update"}, "invalid_request"),
        ({"grant_management_action": "CREATE"}, "invalid_request"),
        ({"grant_id": "x"}, "invalid_request"),
        ({"grant_management_action": "create", "grant_id": "x"}, "invalid_request"),
        ({"grant_management_action": "replace"}, "invalid_request"),
        ({"grant_management_action": "replace", "grant_id": "unknown"}, "invalid_grant_id"),
        ({"grant_management_action": "replace", "grant_id": "no/name"}, "invalid_grant_id"),
        ({"grant_management_action": "replace", "grant_id": "x" * 65}, "invalid_grant_id"),
    ],
)
async def test_requests_that_do_not_add_up(managing: Program, changes: dict[str, str], error: str) -> None:
    assert is_refused(await managing.push(managing.request(None, **changes)), error)


async def test_a_refusal_in_the_browser_goes_to_the_client(world: World) -> None:
    plain = await register_baseline(world)
    for changes, error in (
        ({"grant_management_action": "merge", "grant_id": "x"}, "invalid_request"),
        ({"grant_management_action": "replace", "grant_id": "unknown"}, "invalid_grant_id"),
    ):
        response = await world.browser().get("/authorize", params=plain.request(None, **changes))
        assert query_of(response.headers["location"])["error"] == error


async def test_a_public_client_may_not(world: World) -> None:
    public = await register_baseline(
        world, "public", token_endpoint_auth_method="none", grant_types=["authorization_code"]
    )
    response = await world.browser().get("/authorize", params=public.request(grant_management_action="create"))
    assert query_of(response.headers["location"])["error"] == "unauthorized_client"


async def test_the_grant_of_another_client_is_as_unknown_as_none(world: World, managing: Program) -> None:
    grant_id = (await granted(managing))["grant_id"]
    other = await manager(world, "stranger")
    wrong = other.request(grant_management_action="replace", grant_id=grant_id)
    nothing = other.request(grant_management_action="replace", grant_id="unknown")
    answers = [await other.push(body) for body in (wrong, nothing)]
    assert [is_refused(answer, "invalid_grant_id") for answer in answers] == [True, True]
    assert answers[0].content == answers[1].content
    token = await own_token(other)
    theirs, none = await call(other, "GET", grant_id, token), await call(other, "GET", "unknown", token)
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    theirs, none = await call(other, "DELETE", grant_id, token), await call(other, "DELETE", "unknown", token)
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    assert (await call(managing, "GET", grant_id, await own_token(managing))).status_code == 200


# replacing


async def test_a_replaced_grant_ends_as_the_new_one_opens_under_its_name(world: World, managing: Program) -> None:
    older = await granted(managing, [PERSON])
    newer = await granted(managing, [PLAIN_PERSON], grant_management_action="replace", grant_id=older["grant_id"])
    assert newer["grant_id"] == older["grant_id"]
    assert is_refused(await refreshed(managing, older), "invalid_grant")
    assert is_refused(await managing.pull(older["access_token"]), "invalid_token", 401)
    assert (await refreshed(managing, newer)).status_code == 200
    assert (await managing.pull(newer["access_token"])).status_code == 200
    status = (await call(managing, "GET", newer["grant_id"], await own_token(managing))).json()
    assert status["authorization_details"] == newer["authorization_details"]
    assert status["authorization_details"][0]["fields"] == ["name_th"]
    ended = [entry for entry in await world.entries() if entry["event"] == "grant.revoked"]
    assert [(entry["details"]["reason"], entry["client"]) for entry in ended] == [("replaced", "manager")]


async def test_replacing_by_more_still_asks(world: World, managing: Program) -> None:
    grant_id = (await granted(managing))["grant_id"]
    browser = world.browser()
    await world.sign_in(browser)
    uri = await managing.pushed_uri([PERSON], grant_management_action="replace", grant_id=grant_id)
    location = (await managing.authorize(browser, uri)).headers["location"]
    assert location.startswith("/consent")
    # as long as the new one is not redeemed, the older one stays
    code = query_of(await allow(world, browser, location))["code"]
    assert (await call(managing, "GET", grant_id, await own_token(managing))).json()["authorization_details"] == []
    assert (await managing.redeem(code)).status_code == 200
    told = (await call(managing, "GET", grant_id, await own_token(managing))).json()
    assert told["authorization_details"][0]["dataset"] == "dopa.person"


async def test_the_grant_of_another_person_is_not_replaced(world: World, managing: Program) -> None:
    tokens = await granted(managing)
    first12 = "110000000002"
    async with world.storage.unit_of_work() as uow:
        person = identity()
        other = await world.subscribers.create(
            uow,
            identity=type(person)(
                citizen_id=CitizenId.parse(first12 + check_digit(first12)),
                name_th=person.name_th,
                name_en=person.name_en,
                birth_date=person.birth_date,
                sex=person.sex,
            ),
            ial=Ial.IAL2_3,
            by=SYSTEM,
        )
        started = await world.sessions.start(uow, other, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
    browser = world.browser()
    browser.cookies.set("id-session", started.cookie_value, domain="id.localhost")
    for details in (None, [PERSON]):
        uri = await managing.pushed_uri(details, grant_management_action="replace", grant_id=tokens["grant_id"])
        answer = query_of((await managing.authorize(browser, uri)).headers["location"])
        assert answer["error"] == "invalid_grant_id"
        assert "code" not in answer
    assert (await refreshed(managing, tokens)).status_code == 200


async def test_what_ended_meanwhile_is_not_replaced(world: World, managing: Program) -> None:
    tokens = await granted(managing)
    code = await managing.code(grant_management_action="replace", grant_id=tokens["grant_id"])
    ended = await call(managing, "DELETE", tokens["grant_id"], await own_token(managing))
    assert ended.status_code == 204
    assert is_refused(await managing.redeem(code), "invalid_grant")
    assert is_refused(await managing.redeem(code), "invalid_grant")
    request = managing.request(grant_management_action="replace", grant_id=tokens["grant_id"])
    assert is_refused(await managing.push(request), "invalid_grant_id")


async def test_a_code_that_replaces_is_good_once(world: World, managing: Program) -> None:
    tokens = await granted(managing)
    code = await managing.code(grant_management_action="replace", grant_id=tokens["grant_id"])
    newer = (await managing.redeem(code)).json()
    assert is_refused(await managing.redeem(code), "invalid_grant")
    assert is_refused(await refreshed(managing, newer), "invalid_grant")


async def test_inside_a_request_object_what_is_outside_does_not_count(world: World) -> None:
    signing = await register(
        world, client_id="signing", profile=ClientProfile.FAPI2_MESSAGE_SIGNING, grant_types=list(GRANT_TYPES)
    )
    inside = signing.request(grant_management_action="create")
    body = {"client_id": "signing", "request": request_object(signing, inside), "grant_management_action": "merge"}
    response = await signing.push(body)
    assert response.status_code == 201, response.text
    browser = world.browser()
    await world.sign_in(browser)
    location = (await signing.authorize(browser, response.json()["request_uri"])).headers["location"]
    answer = (await signing.redeem(query_of(location)["code"])).json()
    assert "grant_id" in answer
    wrong = request_object(signing, signing.request(grant_management_action="merge", grant_id="x"))
    assert is_refused(await signing.push({"client_id": "signing", "request": wrong}), "invalid_request")


# looking and ending


async def test_a_grant_says_what_was_granted_and_until_when(
    world: World, clock: FrozenClock, managing: Program
) -> None:
    opened = clock.now()
    claims = json.dumps({"userinfo": {"birthdate": None, "acr": None}})
    tokens = await granted(managing, [PERSON], scope="openid", claims=claims, resource=GATEWAY)
    response = await call(managing, "GET", tokens["grant_id"], await own_token(managing))
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    told = response.json()
    assert told["scopes"] == [{"scope": "openid", "resource": [GATEWAY]}]
    assert told["claims"] == ["birthdate"]
    assert told["authorization_details"] == tokens["authorization_details"]
    assert told["created_at"] == opened.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["expires_at"] == (opened + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert set(told) == {"scopes", "claims", "authorization_details", "created_at", "expires_at"}
    assert not re.search(r"\d{13}", response.text)


async def test_a_client_ends_a_grant_with_all_its_tokens(world: World, managing: Program) -> None:
    tokens = await granted(managing, [PERSON])
    token = await own_token(managing)
    response = await call(managing, "DELETE", tokens["grant_id"], token)
    assert (response.status_code, response.content) == (204, b"")
    entry = next(entry for entry in await world.entries() if entry["event"] == "grant.revoked")
    assert (entry["client"], entry["details"]["reason"]) == ("manager", "by_client")
    assert entry["actor"] == {"kind": "client", "id": "manager"}
    assert entry["subject"]
    assert is_refused(await refreshed(managing, tokens), "invalid_grant")
    assert is_refused(await managing.pull(tokens["access_token"]), "invalid_token", 401)
    for method in ("GET", "DELETE"):
        assert is_refused(await call(managing, method, tokens["grant_id"], token), "invalid_grant_id", 404)


async def test_the_owner_sees_a_replaced_grant_once_and_an_ended_one_no_more(world: World, managing: Program) -> None:
    tokens = await granted(managing)
    await granted(managing, grant_management_action="replace", grant_id=tokens["grant_id"])
    owner = world.browser()
    await world.sign_in(owner)
    listed = (await owner.get("/account/apps")).text
    assert listed.count('/end"') == 1
    assert (await call(managing, "DELETE", tokens["grant_id"], await own_token(managing))).status_code == 204
    assert '/end"' not in (await owner.get("/account/apps")).text


async def test_each_act_needs_its_scope(world: World, managing: Program) -> None:
    grant_id = (await granted(managing))["grant_id"]
    reading, ending = await own_token(managing, QUERY), await own_token(managing, REVOKE)
    for name in (grant_id, "unknown"):
        refused = await call(managing, "DELETE", name, reading)
        assert is_refused(refused, "insufficient_scope", 403)
        assert is_refused(await call(managing, "GET", name, ending), "insufficient_scope", 403)
    assert (await call(managing, "GET", grant_id, reading)).status_code == 200
    assert (await call(managing, "DELETE", grant_id, ending)).status_code == 204


async def test_who_may_have_a_token_for_it(world: World, jobs: Program, managing: Program) -> None:
    body = {"grant_type": "client_credentials", "scope": QUERY}
    assert is_refused(await jobs.token(body), "invalid_scope")
    assert is_refused(await managing.token({**body, "resource": GATEWAY}), "invalid_target")
    assert await own_token(managing, QUERY, resource=f"{ISSUER}/grants")
    both = await register(
        world,
        client_id="both",
        profile=ClientProfile.FAPI2,
        grant_types=list(GRANT_TYPES),
        scope=f"openid events {QUERY}",
    )
    assert is_refused(await both.token({**body, "scope": f"events {QUERY}"}), "invalid_target")
    mixed = await managing.token({**body, "authorization_details": json.dumps([COMPANY])})
    assert is_refused(mixed, "invalid_target")
    asked = await managing.push(managing.request(scope=f"openid {QUERY}"))
    assert is_refused(asked, "invalid_scope")


async def test_a_token_is_shown_with_its_key_and_for_its_own_resource(world: World, managing: Program) -> None:
    tokens = await granted(managing, [PERSON])
    grant_id, token = tokens["grant_id"], await own_token(managing)
    url = f"{ISSUER}/grants/{grant_id}"
    nothing = await managing.http.get(url)
    assert nothing.status_code == 401
    bearer = await managing.http.get(url, headers={"authorization": f"Bearer {token}"})
    assert is_refused(bearer, "invalid_token", 401)
    assert bearer.headers["www-authenticate"].startswith("DPoP")
    assert is_refused(
        await call(managing, "GET", grant_id, token, url=f"{ISSUER}/grants/other"), "invalid_dpop_proof", 401
    )
    assert is_refused(await call(managing, "GET", grant_id, token, shown_method="DELETE"), "invalid_dpop_proof", 401)
    thief = Program(world, "manager", managing.key)
    assert is_refused(await call(thief, "GET", grant_id, token), "invalid_dpop_proof", 401)
    assert is_refused(await call(managing, "GET", grant_id, tokens["access_token"]), "invalid_token", 401)
    assert is_refused(await managing.pull(token), "invalid_token", 401)
    assert (await call(managing, "GET", grant_id, token, jti="once")).status_code == 200
    assert is_refused(await call(managing, "GET", grant_id, token, jti="once"), "invalid_dpop_proof", 401)


async def test_a_client_may_ask_about_its_token_for_grants(managing: Program) -> None:
    token = await own_token(managing, QUERY)
    told = (await managing.http.post("/introspect", data=managing.authenticated({"token": token}))).json()
    assert (told["active"], told["aud"], told["scope"]) == (True, f"{ISSUER}/grants", QUERY)


async def test_a_proof_stays_spent_also_where_nothing_is_found(managing: Program) -> None:
    token = await own_token(managing)
    assert is_refused(await call(managing, "GET", "unknown", token, jti="same"), "invalid_grant_id", 404)
    assert is_refused(await call(managing, "GET", "unknown", token, jti="same"), "invalid_dpop_proof", 401)


async def test_a_token_bound_to_a_certificate_works_over_it_alone(world: World) -> None:
    bound = await register_baseline(
        world,
        "bound",
        tls_client_certificate_bound_access_tokens=True,
        grant_types=list(GRANT_TYPES),
        scope=f"openid {QUERY}",
    )
    bound.http.headers["client-cert"] = header_of(AUTHORITY.certify("bound.example"))
    grant_id = (await bound.tokens())["grant_id"]
    answer = await bound.token({"grant_type": "client_credentials", "scope": QUERY}, dpop=None)
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await bound.http.get(f"/grants/{grant_id}", headers=headers)).status_code == 200
    del bound.http.headers["client-cert"]
    assert is_refused(await bound.http.get(f"/grants/{grant_id}", headers=headers), "invalid_token", 401)


async def test_an_expired_grant_is_none(world: World, clock: FrozenClock, managing: Program) -> None:
    grant_id = (await granted(managing))["grant_id"]
    clock.advance(13 * 3600)
    assert is_refused(await call(managing, "GET", grant_id, await own_token(managing)), "invalid_grant_id", 404)
