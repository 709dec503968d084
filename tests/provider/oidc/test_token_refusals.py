"""The token endpoint, asked in every wrong way."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from idp.storage.model import Contradicted
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.protocol.signing import GONE, ec_key, rsa_key
from tests.provider.oidc.program import COMPANY, PERSON, Program, is_refused
from tests.provider.oidc.sowing import make_world
from tests.provider.oidc.world import GATEWAY, ISSUER, World

pytestmark = pytest.mark.anyio


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


async def test_without_its_audit_entry_nothing_is_minted_and_the_code_is_not_spent(world: World, jobs: Program) -> None:
    code = await jobs.code()
    fault = "CREATE TRIGGER fault BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    async with world.storage.unit_of_work() as uow:
        await uow.execute(text(fault))
    with pytest.raises(Contradicted):
        await jobs.redeem(code)
    async with world.storage.unit_of_work() as uow:
        await uow.execute(text("DROP TRIGGER fault"))
    assert (await jobs.redeem(code)).status_code == 200


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
    for wrong in ("x", changed, code + "A", code.swapcase(), request_uri.rpartition(":")[2]):
        assert is_refused(await jobs.redeem(wrong), "invalid_grant")


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


async def test_a_caller_who_shows_two_authorization_headers_is_refused(jobs: Program) -> None:
    headers = [("authorization", "Basic am9iczpzZWNyZXQ="), ("authorization", "Basic b3RoZXI6c2VjcmV0")]
    response = await jobs.http.post("/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert is_refused(response, "invalid_request")


async def test_a_grant_type_that_was_not_registered(world: World) -> None:
    portal = Program(world, "portal")
    body = {"grant_type": "client_credentials", "authorization_details": json.dumps([COMPANY])}
    assert is_refused(await portal.token(body, dpop=None), "unauthorized_client")


async def test_a_code_in_another_spelling_is_no_code_and_the_code_itself_still_revokes(
    world: World, jobs: Program
) -> None:
    code = await jobs.code([PERSON])
    first = (await jobs.redeem(code)).json()
    for other in ("0" + code, code + "="):
        assert is_refused(await jobs.redeem(other), "invalid_grant")
    assert is_refused(await jobs.redeem(code), "invalid_grant")
    assert (await jobs.pull(first["access_token"])).status_code == 401
    assert [entry["event"] for entry in await world.entries()].count("grant.revoked") == 1
