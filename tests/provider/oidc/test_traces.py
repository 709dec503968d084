"""Refusals leave a trace: a line for callers that nobody has proven, an entry for a proven one."""

import pytest

from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import World

pytestmark = pytest.mark.anyio


async def test_requests_refused_before_anybody_is_proven_leave_a_line(world: World, jobs: Program) -> None:
    assert (await jobs.http.get("/authorize?client_id=a&client_id=b")).text == "OID-03"
    assert (await jobs.http.get("/authorize?flow=1.AAAA")).text == "OID-05"
    for path in ("/par", "/token", "/revoke"):
        assert (await jobs.http.post(path, data={"a": "b"})).status_code == 401
    for body in ({"grant_type": "authorization_code"}, {"grant_type": "password"}):
        assert (await jobs.http.post("/token", data=jobs.authenticated(body))).status_code == 400
    two = [("dpop", "a"), ("dpop", "b")]
    assert (await jobs.http.post("/par", data=jobs.authenticated(jobs.request()), headers=two)).status_code == 400
    assert world.security_log.events == ["request.unreadable"] * 8


async def test_a_client_that_shows_another_clients_token_for_revocation_is_on_record(
    world: World, jobs: Program
) -> None:
    tokens = (await jobs.redeem(await jobs.code([PERSON]))).json()
    other = Program(world, "other")
    answer = await other.http.post("/revoke", data=other.authenticated({"token": tokens["refresh_token"]}))
    assert answer.status_code == 200
    entry = await world.last_entry()
    assert (entry["event"], entry["client"], entry["outcome"]) == ("grant.revocation_refused", "other", "refused")
    assert (await jobs.pull(tokens["access_token"])).status_code == 200
