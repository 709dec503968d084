"""Keys behind a `jwks_uri`: fetched, kept, replaced, believed for a while when the address fails; never too often."""

import asyncio
import secrets
from typing import Any

import pytest
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from tests.protocol.signing import assertion, ec_key
from tests.provider.oidc.client_site import ClientSite, client_site
from tests.provider.oidc.world import CALLBACK, ISSUER, World


def jwks(*keys: ECKey) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in keys]}


async def register(world: World, site: ClientSite) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId("site"),
            agency_id=world.sown.agency_id,
            name_th="site",
            name_en="site",
            metadata={"redirect_uris": [CALLBACK], "jwks_uri": f"{site.origin}/jwks"},
            by=SYSTEM,
        )


async def is_proven(world: World, key: ECKey) -> bool:
    header = {"kid": key.thumbprint()}
    jwt = assertion(
        key, now=world.clock.now(), client_id="site", audience=ISSUER, jti=secrets.token_hex(8), header=header
    )
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    body = {"token": "x", "client_assertion": jwt, "client_assertion_type": kind}
    return (await world.browser().post("/revoke", data=body)).status_code == 200


async def test_a_key_set_is_fetched_once_and_serves_twenty_minutes(world: World) -> None:
    key = ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = jwks(key)
        for _ in range(3):
            assert await is_proven(world, key)
        assert len(site.asked) == 1
        world.clock.advance(1201)
        assert await is_proven(world, key)
        assert len(site.asked) == 2


async def test_a_new_key_is_looked_for_once_a_minute(world: World) -> None:
    old, new, stranger = ec_key(), ec_key(), ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = jwks(old)
        assert await is_proven(world, old)
        site.documents["/jwks"] = jwks(new)
        assert await is_proven(world, new)
        assert not await is_proven(world, old)
        for _ in range(3):
            assert not await is_proven(world, stranger)
        assert len(site.asked) == 2
        world.clock.advance(61)
        site.documents["/jwks"] = jwks(new, stranger)
        assert await is_proven(world, stranger)


async def test_the_last_good_set_is_believed_for_a_day(world: World) -> None:
    key = ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = jwks(key)
        assert await is_proven(world, key)
        site.documents["/jwks"] = None
        world.clock.advance(23 * 3600)
        assert await is_proven(world, key)
        assert "client.keys_not_fetched" in world.security_log.events
    world.clock.advance(2 * 3600)
    assert not await is_proven(world, key)


@pytest.mark.parametrize(
    "document",
    [
        b"x",
        b"[" * 60_000,
        [],
        {"keys": []},
        {"keys": [ec_key().as_dict(private=True)]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [ec_key().as_dict(private=False)] * 21},
    ],
)
async def test_a_key_set_that_is_none_proves_nobody(world: World, document: Any) -> None:
    key = ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = document
        assert not await is_proven(world, key)
        assert not await is_proven(world, key)
        assert len(site.asked) == 1
        world.clock.advance(11)
        site.documents["/jwks"] = jwks(key)
        assert await is_proven(world, key)


async def test_a_redirect_to_a_good_key_set_is_not_followed(world: World) -> None:
    key = ec_key()
    async with client_site() as site:

        async def elsewhere(request: Request) -> Response:
            return RedirectResponse("/moved", 307)

        await register(world, site)
        site.documents |= {"/jwks": elsewhere, "/moved": jwks(key)}
        assert not await is_proven(world, key)
        assert site.asked == ["/jwks"]


async def test_a_key_set_of_more_than_64_kilobytes_is_not_read(world: World) -> None:
    key = ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = {**jwks(key), "padding": "x" * 65_536}
        assert not await is_proven(world, key)


async def test_a_slow_key_set_is_given_up_after_two_and_a_half_seconds(world: World) -> None:
    key, is_given_up = ec_key(), asyncio.Event()
    async with client_site() as site:

        async def slow(request: Request) -> Response:
            await is_given_up.wait()
            return JSONResponse(jwks(key))

        await register(world, site)
        site.documents["/jwks"] = slow
        assert not await is_proven(world, key)
        is_given_up.set()


async def test_what_was_fetched_before_serves_while_the_address_answers_with_nonsense(world: World) -> None:
    key = ec_key()
    async with client_site() as site:
        await register(world, site)
        site.documents["/jwks"] = jwks(key)
        assert await is_proven(world, key)
        site.documents["/jwks"] = b"<html>maintenance</html>"
        world.clock.advance(1300)
        assert await is_proven(world, key)
        assert len(site.asked) == 2
