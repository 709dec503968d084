"""Who may go on with what was granted: clients that begin with DPoP later, and others that hold a token on behalf."""

import pytest
from sqlalchemy import update

from idp.authorization.client_registration.model import ClientStatus
from idp.authorization.client_registration.store import client
from tests.provider.oidc.baseline import ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE, register
from tests.provider.oidc.program import is_refused
from tests.provider.oidc.world import World

pytestmark = pytest.mark.anyio


def refreshing(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


async def reasons(world: World) -> list[object]:
    return [entry["details"].get("reason") for entry in await world.entries() if entry["event"] == "grant.revoked"]


async def test_a_confidential_client_may_begin_with_dpop(world: World) -> None:
    plain = await register(world)
    first = await plain.tokens()
    answer = await plain.token(refreshing(first["refresh_token"]))
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert given["token_type"] == "DPoP"
    # RFC 9449 §7.2: bound from now on
    assert (await plain.userinfo(given["access_token"])).status_code == 200
    shown = await plain.http.get("/userinfo", headers={"authorization": f"Bearer {given['access_token']}"})
    assert is_refused(shown, "invalid_token", 401)
    assert (await plain.refresh(given["refresh_token"])).status_code == 200
    assert await reasons(world) == []


async def test_a_public_client_cannot_and_loses_nothing(world: World) -> None:
    plain = await register(
        world, token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"]
    )
    named = {"client_id": plain.client_id}
    code = await plain.plain_code()
    first = (await plain.http.post("/token", data={**plain.redemption(code), **named})).json()["refresh_token"]
    # RFC 9449 §5: its refresh tokens "MUST be bound to the respective public key" when it shows one
    refused = await plain.http.post("/token", data={**refreshing(first), **named}, headers={"dpop": plain.proof()})
    assert is_refused(refused, "invalid_grant")
    assert (await plain.http.post("/token", data={**refreshing(first), **named})).status_code == 200
    assert await reasons(world) == []


async def test_a_holder_that_is_suspended_anywhere_is_told_nothing_more(world: World) -> None:
    plain, helper = await register(world), await register(world, "helper")
    token = (await plain.tokens())["access_token"]
    asked = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN_TYPE}
    given = (await helper.token(asked, dpop=None)).json()["access_token"]
    assert (await helper.told(given))["sub"]
    # as another node does it: this one is not told
    async with world.storage.unit_of_work() as uow:
        suspended = update(client).where(client.c.id == "helper").values(status=ClientStatus.SUSPENDED.value)
        await uow.execute(suspended)
    shown = await helper.http.get("/userinfo", headers={"authorization": f"Bearer {given}"})
    assert is_refused(shown, "invalid_token", 401)
    assert (await plain.told(token))["sub"]
