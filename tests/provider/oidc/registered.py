"""Clients of other kinds than the seeded ones, registered for one test."""

from typing import Any

from joserfc.jwk import Key

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.protocol.signing import GONE, signed
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import CALLBACK, ISSUER, SERVICE, World

PLAIN = "plain"


async def register(
    world: World,
    *,
    client_id: str = PLAIN,
    profile: ClientProfile = ClientProfile.BASELINE,
    pkce_required: bool = True,
    nonce_required: bool = True,
    **metadata: Any,
) -> Program:
    """A client with the key of `other`, and its program."""
    key = world.sown.other_key
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId(client_id),
            agency_id=world.sown.agency_id,
            name_th=client_id,
            name_en=client_id,
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [key.as_dict(private=False)]},
                "scope": "openid profile email",
                **metadata,
            },
            profile=profile,
            pkce_required=pkce_required,
            nonce_required=nonce_required,
            services=[SERVICE],
            by=SYSTEM,
        )
    return Program(world, client_id, key)


def request_object(
    program: Program, parameters: dict[str, Any], *, alg: str = "ES256", key: Key | None = None, **changes: Any
) -> str:
    """The request inside a signed object, good for five minutes."""
    moment = int(program.world.clock.now().timestamp())
    about = {"iss": program.client_id, "aud": ISSUER, "nbf": moment, "exp": moment + 300}
    claims = {name: value for name, value in {**about, **parameters, **changes}.items() if value is not GONE}
    signing_key = key or program.key
    return signed({"alg": alg, "kid": signing_key.kid, "typ": "oauth-authz-req+jwt"}, claims, signing_key)
