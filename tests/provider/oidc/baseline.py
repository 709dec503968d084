"""A plain OpenID client of the same agency, with every scope: tokens unbound, refresh tokens that rotate."""

from typing import Any

from joserfc.jwk import Key

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import Program, allow, query_of
from tests.provider.oidc.world import CALLBACK, SERVICE, World

EVERY_SCOPE = "openid profile email address phone citizen_id pid name_en given_name title"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


class Plain(Program):
    """A baseline client: no proofs."""

    async def plain_code(self, **changes: str) -> str:
        """A code that a signed-in citizen let this program have, asked for in the query."""
        browser = self.world.browser()
        await self.world.sign_in(browser)
        response = await browser.get("/authorize", params=self.request(None, **changes))
        location = response.headers["location"]
        if location.startswith("/consent"):
            location = await allow(self.world, browser, location)
        return query_of(location)["code"]

    async def tokens(self, **changes: str) -> dict[str, Any]:
        """The answer for a fresh code."""
        response = await self.token(self.redemption(await self.plain_code(**changes)), dpop=None)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def refresh(self, refresh_token: str) -> Any:
        return await self.token({"grant_type": "refresh_token", "refresh_token": refresh_token}, dpop=None)

    async def told(self, access_token: str) -> dict[str, Any]:
        response = await self.http.get("/userinfo", headers={"authorization": f"Bearer {access_token}"})
        assert response.status_code == 200, response.text
        claims: dict[str, Any] = response.json()
        return claims


async def register(
    world: World,
    client_id: str = "plain",
    *,
    more_keys: tuple[Key, ...] = (),
    refresh_grace_seconds: int = 10,
    **changes: Any,
) -> Plain:
    """A new baseline client of the seeded agency, with a key of its own."""
    key = ec_key()
    metadata = {
        "redirect_uris": [CALLBACK],
        "jwks": {"keys": [each.as_dict(private=False) for each in (key, *more_keys)]},
        "grant_types": ["authorization_code", "refresh_token", TOKEN_EXCHANGE],
        "scope": EVERY_SCOPE,
        "dpop_bound_access_tokens": False,
        "id_token_signed_response_alg": "RS256",
        **changes,
    }
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId(client_id),
            agency_id=world.sown.agency_id,
            name_th=client_id,
            name_en=client_id,
            metadata=metadata,
            services=[SERVICE],
            profile=ClientProfile.BASELINE,
            refresh_grace_seconds=refresh_grace_seconds,
            by=SYSTEM,
        )
    return Plain(world, client_id, key)
