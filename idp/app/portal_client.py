"""The portal's registration at the issuer: one, whoever fills the store."""

from dataclasses import replace
from typing import Final

from idp.app.issuer_agency import ISSUER_CODE
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from idp.keys.derived import derive_p256_key
from idp.keys.files import FIRST_VERSION
from idp.portal.onboarding.sign_in_pages import CALLBACK
from idp.portal.openid import PortalClient
from idp.settings import Settings
from idp.storage.storage import UnitOfWork

PORTAL_CLIENT_ID: Final = "portal"


def portal_client(settings: Settings, rooms: Rooms) -> PortalClient:
    """The portal as a client; its key is the same on every node."""
    return PortalClient(
        client_id=PORTAL_CLIENT_ID,
        key=derive_p256_key(rooms.ground.root_keys, "portal-client", version=FIRST_VERSION),
        redirect_uri=f"{settings.portal_url}/callback",
    )


def applicants_client(settings: Settings, rooms: Rooms) -> PortalClient:
    """The same client, where people come back to who are members of no agency yet."""
    return replace(portal_client(settings, rooms), redirect_uri=f"{settings.portal_url}{CALLBACK}")


async def register_portal(uow: UnitOfWork, rooms: Rooms, settings: Settings) -> None:
    """The portal is a client like any other, and the issuer's own; nothing happens where it is registered."""
    portal = portal_client(settings, rooms)
    if await rooms.clients.get(uow, ClientId(portal.client_id)) is not None:
        return
    issuer = await rooms.agencies.agency_by_code(uow, ISSUER_CODE)
    assert issuer is not None, "the issuer's agency is made when the house opens"
    await rooms.clients.register(
        uow,
        client_id=ClientId(portal.client_id),
        agency_id=issuer.id,
        name_th="ระบบงานเจ้าหน้าที่",
        name_en="Staff portal",
        metadata={
            "redirect_uris": [portal.redirect_uri, applicants_client(settings, rooms).redirect_uri],
            "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "scope": "openid staff",
            "dpop_bound_access_tokens": False,
            "id_token_signed_response_alg": "ES256",
            "jwks": {"keys": [{**portal.key.as_dict(private=False), "kid": portal.key.thumbprint(), "use": "sig"}]},
        },
        profile=ClientProfile.BASELINE,
        first_party=True,
        by=SYSTEM,
    )
