"""Proofs of possession, at the token endpoint and at the resources behind it: RFC 9449."""

import json
from typing import Any

import pytest

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import COMPANY, PERSON, Program, is_refused
from tests.provider.oidc.world import DUTY_SERVICE, GATEWAY, ISSUER, World

pytestmark = pytest.mark.anyio


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
