"""The token endpoint and the resources behind it, asked in every wrong way."""

import asyncio
import json
from typing import Any

import pytest

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId, ConsentId
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.protocol.signing import GONE, ec_key, rsa_key
from tests.provider.oidc.program import COMPANY, PERSON, Program
from tests.provider.oidc.world import DUTY_SERVICE, GATEWAY, ISSUER, World, make_world

pytestmark = pytest.mark.anyio


def is_refused(response: Any, error: str, status: int = 400) -> bool:
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert "access_token" not in response.json()
    return True


async def test_a_code_used_twice_is_refused_and_ends_its_grant(world: World, jobs: Program) -> None:
    code = await jobs.code([PERSON])
    first = (await jobs.redeem(code)).json()
    assert (await jobs.pull(first["access_token"])).status_code == 200
    assert is_refused(await jobs.redeem(code), "invalid_grant")
    assert is_refused(await jobs.pull(first["access_token"]), "invalid_token", 401)
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert is_refused(await jobs.token(body), "invalid_grant")
    events = [entry["event"] for entry in await world.entries()]
    assert "grant.revoked" in events
    assert events.count("token.refused") == 2


@pytest.mark.parametrize("concurrent", [8])
async def test_one_code_redeemed_at_once_from_many_sides_gives_one_token(
    storage: Storage, clock: FrozenClock, concurrent: int
) -> None:
    world = await make_world(storage, clock)
    jobs = Program(world)
    code = await jobs.code([PERSON])
    answers = await asyncio.gather(*(jobs.redeem(code) for _ in range(concurrent)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (concurrent - 1)
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"code_verifier": "v" * 42},
        {"redirect_uri": "http://jobs.localhost:8010/other"},
        {"redirect_uri": ""},
    ],
)
async def test_a_wrong_binding_spends_the_code(world: World, jobs: Program, changes: dict[str, str]) -> None:
    code = await jobs.code()
    assert is_refused(await jobs.redeem(code, **changes), "invalid_grant")
    assert is_refused(await jobs.redeem(code), "invalid_grant")
    assert (await world.last_entry())["event"] == "token.refused"


async def test_a_code_ends_after_sixty_seconds(world: World, jobs: Program) -> None:
    in_time, late = await jobs.code(), await jobs.code()
    world.clock.advance(59)
    assert (await jobs.redeem(in_time)).status_code == 200
    world.clock.advance(2)
    assert is_refused(await jobs.redeem(late), "invalid_grant")


async def test_another_clients_code_is_refused_and_not_burned(world: World, jobs: Program) -> None:
    code = await jobs.code()
    assert is_refused(await Program(world, "other").redeem(code), "invalid_grant")
    assert (await world.last_entry())["client"] == "other"
    assert (await jobs.redeem(code)).status_code == 200


async def test_things_that_are_no_code(world: World, jobs: Program) -> None:
    code = await jobs.code()
    request_uri = await jobs.pushed_uri()
    changed = code[:-6] + ("AAAAAA" if not code.endswith("AAAAAA") else "BBBBBB")
    for text in ("x", changed, code + "A", code.swapcase(), request_uri.rpartition(":")[2]):
        assert is_refused(await jobs.redeem(text), "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
async def test_unreadable_token_requests(jobs: Program, changes: dict[str, str], error: str) -> None:
    assert is_refused(await jobs.redeem("x", **changes), error)


async def test_a_token_request_is_a_post_with_each_parameter_once(jobs: Program) -> None:
    assert (await jobs.http.get("/token")).status_code == 405
    body = "&".join(f"{name}={value}" for name, value in jobs.authenticated(jobs.redemption("c")).items())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await jobs.http.post("/token", content=(body + "&code=d").encode(), headers=headers)
    assert is_refused(response, "invalid_request")


# --- the client


async def test_an_assertion_is_good_once(world: World, jobs: Program) -> None:
    assertion = jobs.assertion()
    bodies = [{**jobs.authenticated(jobs.request()), "client_assertion": assertion} for _ in range(2)]
    assert (await jobs.http.post("/par", data=bodies[0])).status_code == 201
    assert is_refused(await jobs.http.post("/par", data=bodies[1]), "invalid_client", 401)
    assert is_refused(await jobs.http.post("/token", data=bodies[1] | jobs.redemption("c")), "invalid_client", 401)
    assert world.security_log.events == ["client.not_authenticated"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": [ISSUER]},
        {"audience": f"{ISSUER}/token"},
        {"audience": f"{ISSUER}/par"},
        {"audience": GATEWAY},
        {"claims": {"sub": "other", "iss": "other"}},
        {"claims": {"sub": "nobody", "iss": "nobody"}},
        {"claims": {"exp": 1}},
        {"claims": {"jti": GONE}},
        {"key": ec_key()},
    ],
)
async def test_a_client_that_does_not_prove_itself(world: World, jobs: Program, changes: dict[str, Any]) -> None:
    body = {**jobs.redemption("c"), **jobs.request(client_id=""), "token": "t"}
    for path in ("/par", "/token", "/revoke"):
        response = await jobs.http.post(path, data=jobs.authenticated(body, **changes))
        assert is_refused(response, "invalid_client", 401)
    assert world.security_log.events == ["client.not_authenticated"] * 3


async def test_rs256_and_missing_assertions_are_refused(world: World, jobs: Program) -> None:
    response = await jobs.push(jobs.request(), key=rsa_key(), alg="RS256")
    assert is_refused(response, "invalid_client", 401)
    assert is_refused(await jobs.http.post("/par", data=jobs.request()), "invalid_client", 401)
    secret = {**jobs.redemption("c"), "client_id": "jobs", "client_secret": "secret"}
    assert is_refused(await jobs.http.post("/token", data=secret), "invalid_client", 401)


async def test_a_grant_type_that_was_not_registered(world: World) -> None:
    portal = Program(world, "portal")
    body = {"grant_type": "client_credentials", "authorization_details": json.dumps([COMPANY])}
    assert is_refused(await portal.token(body, dpop=None), "unauthorized_client")


# --- the proof of possession


async def test_a_missing_replayed_or_foreign_proof_at_the_token_endpoint(world: World, jobs: Program) -> None:
    body = jobs.redemption(await jobs.code())
    assert is_refused(await jobs.token(body, dpop=None), "invalid_dpop_proof")
    for wrong in (
        jobs.proof(url=f"{ISSUER}/par"),
        jobs.proof(method="GET"),
        jobs.proof(claims={"iat": 1}),
        "x",
    ):
        assert is_refused(await jobs.token(body, dpop=wrong), "invalid_dpop_proof")
    proof = jobs.proof()
    assert (await jobs.token(body, dpop=proof)).status_code == 200
    assert is_refused(await jobs.token(body, dpop=proof), "invalid_dpop_proof")
    two = [("dpop", jobs.proof()), ("dpop", jobs.proof())]
    assert is_refused(await jobs.http.post("/token", data=jobs.authenticated(body), headers=two), "invalid_dpop_proof")


async def test_a_code_bound_to_a_key_is_redeemed_with_it_alone(world: World, jobs: Program) -> None:
    code = await jobs.code(dpop_jkt=jobs.dpop_key.thumbprint())
    thief = Program(world)
    assert is_refused(await thief.redeem(code), "invalid_grant")
    code = await jobs.code(dpop_jkt=jobs.dpop_key.thumbprint())
    assert (await jobs.redeem(code)).status_code == 200


async def test_a_proof_at_the_pushed_request_binds_the_code(world: World, jobs: Program) -> None:
    headers = {"dpop": jobs.proof(url=f"{ISSUER}/par")}
    other = jobs.request(dpop_jkt=ec_key().thumbprint())
    response = await jobs.http.post("/par", data=jobs.authenticated(other), headers=headers)
    assert is_refused(response, "invalid_dpop_proof")
    headers = {"dpop": jobs.proof(url=f"{ISSUER}/par")}
    response = await jobs.http.post("/par", data=jobs.authenticated(jobs.request()), headers=headers)
    assert response.status_code == 201


async def test_an_unknown_nonce_is_answered_with_a_good_one(world: World, jobs: Program) -> None:
    body = jobs.redemption(await jobs.code())
    response = await jobs.token(body, dpop=jobs.proof(nonce="invented"))
    assert is_refused(response, "use_dpop_nonce")
    nonce = response.headers["dpop-nonce"]
    assert (await jobs.token(body, dpop=jobs.proof(nonce=nonce))).status_code == 200


async def test_a_client_that_needs_nonces_is_told_so_at_every_endpoint(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId("careful"),
            agency_id=world.sown.agency_id,
            name_th="careful",
            name_en="careful",
            metadata={
                "jwks": {"keys": [world.sown.other_key.as_dict(private=False)]},
                "grant_types": ["client_credentials"],
            },
            services=[DUTY_SERVICE],
            dpop_nonce_required=True,
            by=SYSTEM,
        )
    careful = Program(world, "careful")
    body = {"grant_type": "client_credentials", "authorization_details": json.dumps([COMPANY])}
    response = await careful.token(body)
    assert is_refused(response, "use_dpop_nonce")
    nonce = response.headers["dpop-nonce"]
    token = (await careful.token(body, dpop=careful.proof(nonce=nonce))).json()["access_token"]
    assert is_refused(await careful.pull(token), "use_dpop_nonce", 401)
    assert (await careful.pull(token, nonce=nonce)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"key": ec_key()}, "invalid_dpop_proof"),
        ({"access_token": "another"}, "invalid_dpop_proof"),
        ({"access_token": None}, "invalid_dpop_proof"),
        ({"url": f"{GATEWAY}/other"}, "invalid_dpop_proof"),
        ({"method": "GET"}, "invalid_dpop_proof"),
    ],
)
async def test_a_token_shown_without_the_right_proof(
    world: World, jobs: Program, changes: dict[str, Any], error: str
) -> None:
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    assert is_refused(await jobs.pull(token, **changes), error, 401)
    assert world.security_log.events == ["access_token.refused"]


async def test_a_proof_at_a_resource_is_good_once(world: World, jobs: Program) -> None:
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    assert (await jobs.pull(token, jti="same")).status_code == 200
    assert is_refused(await jobs.pull(token, jti="same"), "invalid_dpop_proof", 401)


async def test_a_bound_token_is_no_bearer_token_anywhere(world: World, jobs: Program) -> None:
    gateway = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    response = await jobs.http.post("/pulls", headers={"authorization": f"Bearer {gateway}"})
    assert is_refused(response, "invalid_token", 401)
    userinfo = (await jobs.redeem(await jobs.code())).json()["access_token"]
    response = await jobs.userinfo(userinfo, scheme="Bearer")
    assert is_refused(response, "invalid_token", 401)
    assert response.headers["www-authenticate"].startswith("DPoP algs=")
    response = await jobs.http.get("/userinfo", headers={"authorization": f"DPoP {userinfo}"})
    assert is_refused(response, "invalid_dpop_proof", 401)


async def test_each_token_is_for_its_own_resource(world: World, jobs: Program) -> None:
    both = (await jobs.redeem(await jobs.code([PERSON]))).json()
    assert is_refused(await jobs.userinfo(both["access_token"]), "invalid_token", 401)
    assert is_refused(await jobs.pull(both["id_token"]), "invalid_token", 401)
    assert is_refused(await jobs.userinfo(both["refresh_token"]), "invalid_token", 401)
    opaque = (await jobs.redeem(await jobs.code())).json()["access_token"]
    assert is_refused(await jobs.pull(opaque), "invalid_token", 401)
    nothing = await jobs.http.get("/userinfo")
    assert nothing.status_code == 401
    assert "error=" not in nothing.headers["www-authenticate"]


# --- what tokens rest on


async def test_withdrawn_consent_ends_tokens_at_once(world: World, jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code([PERSON]))).json()
    given = next(entry for entry in await world.entries() if entry["event"] == "consent.given")
    async with world.storage.unit_of_work() as uow:
        consent_id = ConsentId(given["details"]["consent"])
        await world.consents.withdraw(uow, consent_id, subscriber_id=world.sown.subscriber_id)
    assert is_refused(await jobs.pull(answer["access_token"]), "invalid_token", 401)
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert is_refused(await jobs.token(body), "invalid_grant")


async def test_a_refresh_token_under_another_key_ends_the_grant(world: World, jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code([PERSON]))).json()
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    thief = Program(world)
    assert is_refused(await thief.token(body), "invalid_grant")
    assert is_refused(await jobs.token(body), "invalid_grant")
    assert is_refused(await jobs.pull(answer["access_token"]), "invalid_token", 401)


async def test_a_refresh_token_is_its_clients_own_and_widens_nothing(world: World, jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code())).json()
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert is_refused(await Program(world, "other").token(body), "invalid_grant")
    assert is_refused(await jobs.token({**body, "scope": "openid profile"}), "invalid_scope")
    assert is_refused(await jobs.token({**body, "refresh_token": answer["access_token"]}), "invalid_grant")
    assert (await jobs.token(body)).status_code == 200
    world.clock.advance(12 * 3600)
    assert is_refused(await jobs.token(body), "invalid_grant")


@pytest.mark.parametrize(
    ("details", "error"),
    [
        ([{**COMPANY, "fields": ["name_th", "directors"]}], "invalid_authorization_details"),
        ([{**COMPANY, "basis": "consent"}], "invalid_authorization_details"),
        ([{**COMPANY, "purpose": "somebody-else"}], "invalid_authorization_details"),
        ([{**PERSON, "basis": "duty"}], "invalid_authorization_details"),
        (None, "invalid_request"),
    ],
)
async def test_own_authority_reaches_no_further_than_the_right(
    world: World, jobs: Program, details: Any, error: str
) -> None:
    body = {"grant_type": "client_credentials"}
    if details is not None:
        body["authorization_details"] = json.dumps(details)
    assert is_refused(await jobs.token(body), error)
    entry = await world.last_entry()
    assert (entry["event"], entry["outcome"], entry["details"]["error"]) == ("token.refused", "refused", error)


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
@pytest.mark.parametrize("details", [None, [PERSON]])
async def test_a_client_revokes_its_own_grant_and_nobody_elses(
    world: World, jobs: Program, kind: str, details: Any
) -> None:
    answer = (await jobs.redeem(await jobs.code(details))).json()
    use = jobs.pull if details else jobs.userinfo
    other = Program(world, "other")
    assert (await other.http.post("/revoke", data=other.authenticated({"token": answer[kind]}))).status_code == 200
    assert (await use(answer["access_token"])).status_code == 200
    assert (await jobs.http.post("/revoke", data=jobs.authenticated({"token": "nonsense"}))).status_code == 200
    assert (await jobs.http.post("/revoke", data=jobs.authenticated({"token": answer[kind]}))).status_code == 200
    assert is_refused(await use(answer["access_token"]), "invalid_token", 401)
    assert (await world.last_entry())["details"]["reason"] == "by_client"
