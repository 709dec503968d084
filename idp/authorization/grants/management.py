"""What a client may do with a grant that it manages: look at it, end it (Grant Management for OAuth 2.0 §6)."""

from datetime import datetime
from typing import Any

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.model import Grant
from idp.authorization.grants.service import Grants, RevocationReason
from idp.kernel.ids import ClientId
from idp.protocol.claims_request import VERIFIED_CLAIMS, claim_names, verified_claim_names
from idp.protocol.grant_management import MANAGED_ID, grant_status
from idp.protocol.scopes import claims_of, claims_within, personal_claims
from idp.storage.storage import UnitOfWork


class GrantManagement:
    """Answers about grants to the client that holds them, and to nobody else. Every method joins the caller's unit of
    work.

    A grant of another client, one that has ended and one that never was are the same here: there is none.
    """

    def __init__(self, *, clients: Clients, grants: Grants) -> None:
        self._clients = clients
        self._grants = grants

    async def status(self, uow: UnitOfWork, client_id: ClientId, managed_id: str) -> dict[str, Any] | None:
        """What was granted, and until when (§6.4)."""
        client = await self._clients.live(uow, client_id)
        found = None if client is None else await self._found(uow, client, managed_id)
        if client is None or found is None:
            return None
        grant, opened_at = found
        return grant_status(
            scope=grant.scope,
            resources=() if grant.resource is None else (grant.resource,),
            claims=_claims(client, grant),
            authorization_details=[detail.to_json() for detail in grant.details],
            created_at=opened_at,
            expires_at=grant.expires_at,
        )

    async def end(self, uow: UnitOfWork, client_id: ClientId, managed_id: str) -> bool:
        """End the grant with all its tokens; False when there is none.

        §6.5: "The AS MUST revoke the grant and all refresh tokens issued based on that particular grant"; access tokens
        rest on the grant too.
        """
        client = await self._clients.live(uow, client_id)
        found = None if client is None else await self._found(uow, client, managed_id)
        if client is None or found is None:
            return False
        await self._grants.revoke(uow, found[0], reason=RevocationReason.BY_CLIENT, client=client)
        return True

    async def _found(self, uow: UnitOfWork, client: Client, managed_id: str) -> tuple[Grant, datetime] | None:
        if not MANAGED_ID.fullmatch(managed_id):
            return None
        return await self._grants.managed(uow, managed_id, client.id)


def _claims(client: Client, grant: Grant) -> tuple[str, ...]:
    """The claims of a grant by name: of its scopes, and those asked for one by one."""
    named = claims_within(claim_names(grant.claims), client_scopes=client.scopes)
    verified = (VERIFIED_CLAIMS,) if verified_claim_names(grant.claims) else ()
    return tuple(dict.fromkeys((*personal_claims((*claims_of(grant.scope), *named)), *verified)))
