"""grant_type=refresh_token. A sender-constrained client of FAPI keeps its refresh token; a baseline client's rotates.

A rotated token is `{family, generation}` and its successor follows from it alone, so that a client whose answer was
lost, or two calls at once, get the same one within the grace of that client: a family never forks (design, section 6).
"""

from datetime import timedelta

from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.issuing import Issuing
from idp.authorization.tokens.minting import REFRESH_TOKEN_KIND
from idp.authorization.tokens.model import KeyBinding, TokenResponse
from idp.kernel.ids import GrantId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import InvalidGrantError, InvalidScopeError
from idp.protocol.token_request import Refresh
from idp.storage.storage import UnitOfWork


class Refreshing:
    """Steps 4 to 8 of the token endpoint for refresh tokens."""

    def __init__(self, *, sealer: TokenSealer, grants: Grants, issuing: Issuing) -> None:
        self._sealer = sealer
        self._grants = grants
        self._issuing = issuing

    async def answer(self, uow: UnitOfWork, client: Client, request: Refresh, binding: KeyBinding) -> TokenResponse:
        """Fresh tokens of a live grant. Raises InvalidGrantError or InvalidScopeError."""
        # 4. open
        try:
            payload = self._sealer.open(REFRESH_TOKEN_KIND, request.refresh_token, now=uow.now)
        except (SealBroken, SealExpired) as error:
            raise InvalidGrantError("the refresh token is not valid") from error
        grant = await self._grants.live(uow, GrantId(payload["gid"]))
        # 5. RFC 6749 §6: the server MUST "ensure that the refresh token was issued to the authenticated client"
        if grant is None or grant.client_id != client.id:
            raise InvalidGrantError("the refresh token is not valid")
        if not _is_bound(client, grant, binding):
            await self._misused(uow, client, grant)
            raise InvalidGrantError("the refresh token is bound to another key")
        # §6: "The requested scope MUST NOT include any scope not originally granted by the resource owner"
        if not set(grant.scope).issuperset(request.scope):
            raise InvalidScopeError("the scope goes beyond the grant")
        await self._issuing.within_right(uow, client, grant.details)
        # 6. spend
        present = await self._spent(uow, client, grant, payload["generation"])
        # 7. and 8. mint and note
        return await self._issuing.for_grant(
            uow,
            client,
            present,
            request.scope or present.scope,
            binding,
            nonce=None,
            event="token.refreshed",
            with_refresh_token=not client.is_fapi,
        )

    async def _spent(self, uow: UnitOfWork, client: Client, grant: Grant, generation: int) -> Grant:
        if generation == grant.generation:
            if client.is_fapi:
                return grant
            rotated = await self._grants.rotate(uow, grant)
            if rotated is not None:
                return rotated
            # Another call rotated it since it was read: this one is the second showing.
            again = await self._grants.live(uow, grant.id)
            if again is None:
                raise InvalidGrantError("the refresh token is not valid")
            grant = again
        grace = timedelta(seconds=client.refresh_grace_seconds)
        if (
            generation == grant.generation - 1
            and grant.rotated_at is not None
            # either way round: a call that began later may have rotated it first, and the clocks of nodes differ
            and abs(uow.now - grant.rotated_at) < grace
            and not client.is_fapi
        ):
            return grant
        # RFC 9700 §4.14.2: "If a refresh token is compromised and subsequently used by both the attacker and the
        # legitimate client, one of them will present an invalidated refresh token, which will inform the authorization
        # server of the breach. The authorization server cannot determine which party submitted the invalid refresh
        # token, but it will revoke the active refresh token."
        await self._misused(uow, client, grant)
        raise InvalidGrantError("the refresh token was used before")

    async def _misused(self, uow: UnitOfWork, client: Client, grant: Grant) -> None:
        await self._grants.revoke(uow, grant, reason=RevocationReason.REFRESH_TOKEN_MISUSED, client=client)


def _is_bound(client: Client, grant: Grant, binding: KeyBinding) -> bool:
    if grant.jkt != binding.jkt:
        return False
    # RFC 8705 §4: refresh tokens of public clients are bound to the certificate; those of others to the client, whose
    # certificates may be renewed.
    return not client.is_public or grant.x5t == binding.x5t
