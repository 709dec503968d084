"""Tokens end with what they rest on, and reach no further."""

import json
from typing import Any

import pytest

from idp.audit.log import AuditLog
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.kernel.ids import ConsentId
from idp.kernel.randomness import system_randomness
from idp.keys.files import RootKeys
from idp.keys.sealing import TokenSealer
from tests.provider.oidc.program import COMPANY, PERSON, Program, is_refused
from tests.provider.oidc.registered import register
from tests.provider.oidc.test_happy_path import claims_of
from tests.provider.oidc.world import GATEWAY, World

pytestmark = pytest.mark.anyio


async def test_withdrawn_consent_ends_tokens_at_once(world: World, jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code([PERSON]))).json()
    given = next(entry for entry in await world.entries() if entry["event"] == "consent.given")
    async with world.storage.unit_of_work() as uow:
        consent_id = ConsentId(given["details"]["consent"])
        await world.consents.withdraw(uow, consent_id, subscriber_id=world.sown.subscriber_id)
    assert is_refused(await jobs.pull(answer["access_token"]), "invalid_token", 401)
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert is_refused(await jobs.token(body), "invalid_grant")


async def test_a_sign_in_rests_on_its_consent(world: World) -> None:
    program = await register(world, scope="openid profile", grant_types=["authorization_code", "refresh_token"])
    tokens = [
        (await program.token(program.redemption(await program.code(scope="openid profile")), dpop=None)).json()
        for _ in range(2)
    ]
    (given,) = [entry for entry in await world.entries() if entry["event"] == "consent.given"]
    bearer = [{"authorization": f"Bearer {answer['access_token']}"} for answer in tokens]
    assert [(await program.http.get("/userinfo", headers=each)).status_code for each in bearer] == [200, 200]
    async with world.storage.unit_of_work() as uow:
        consent_id = ConsentId(given["details"]["consent"])
        await world.consents.withdraw(uow, consent_id, subscriber_id=world.sown.subscriber_id)
    assert [(await program.http.get("/userinfo", headers=each)).status_code for each in bearer] == [401, 401]
    body = {"grant_type": "refresh_token", "refresh_token": tokens[0]["refresh_token"]}
    assert is_refused(await program.token(body, dpop=None), "invalid_grant")


async def test_a_remembered_sign_in_ends_with_its_session(world: World) -> None:
    program = await register(world, scope="openid profile", grant_types=["authorization_code", "refresh_token"])
    code = await program.code(scope="openid profile")
    answer = (await program.token(program.redemption(code), dpop=None)).json()
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "pseudonym", randomness=system_randomness)
    grants = Grants(seals=GrantSeals(TokenSealer(RootKeys({1: bytes(32)}))), audit=audit)
    async with world.storage.unit_of_work() as uow:
        (grant,) = await grants.live_of(uow, world.sown.subscriber_id)
        assert grant.consent_id is not None
        await grants.end_of_session(uow, grant.sso_session_id)
    body = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert is_refused(await program.token(body, dpop=None), "invalid_grant")


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


@pytest.mark.parametrize("resource", [None, GATEWAY])
async def test_a_client_has_events_by_itself_for_the_data_exchange(
    world: World, jobs: Program, resource: str | None
) -> None:
    body = {"grant_type": "client_credentials", "scope": "events"}
    response = await jobs.token(body if resource is None else {**body, "resource": resource})
    assert response.status_code == 200, response.text
    assert response.json()["scope"] == "events"
    header, claims = await claims_of(world, response.json()["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert (claims["aud"], claims["scope"], claims["sub"]) == (GATEWAY, "events", "jobs")
    assert claims["authorization_details"] == []
    # it opens nothing: no details, no data
    assert (await jobs.pull(response.json()["access_token"])).json()["datasets"] == []
    assert (await world.last_entry())["details"]["scope"] == ["events"]


@pytest.mark.parametrize(
    ("client_id", "asked", "error"),
    [
        ("other", {"scope": "events"}, "invalid_scope"),  # not registered for it
        ("jobs", {"scope": "openid"}, "invalid_scope"),  # a person's, never a program's own
        ("jobs", {"scope": "events profile"}, "invalid_scope"),
        ("jobs", {"scope": "events", "resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_by_itself_a_client_has_no_other_scope_and_no_other_resource(
    world: World, client_id: str, asked: dict[str, str], error: str
) -> None:
    body = {"grant_type": "client_credentials", **asked}
    assert is_refused(await Program(world, client_id).token(body), error)


async def test_no_person_gives_a_client_what_is_its_own(world: World, jobs: Program) -> None:
    assert is_refused(await jobs.push(jobs.request(scope="openid events")), "invalid_scope")


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
