"""Revocation: a client ends a grant of its own by either of its tokens (RFC 7009)."""

from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.minting import REFRESH_TOKEN_KIND, USERINFO_TOKEN
from idp.kernel.ids import GrantId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import TYP
from idp.protocol.errors import OAuth2Error
from idp.protocol.token_request import ClientCredentials
from idp.storage.storage import Storage, UnitOfWork


class Revocation:
    """Ends grants at the word of the client they belong to."""

    def __init__(
        self,
        *,
        storage: Storage,
        authentication: ClientAuthentication,
        grants: Grants,
        sealer: TokenSealer,
        keys: SigningKeys,
    ) -> None:
        self._storage = storage
        self._authentication = authentication
        self._grants = grants
        self._sealer = sealer
        self._keys = keys

    async def revoke(self, credentials: ClientCredentials, token: str) -> None:
        """End the grant behind `token`; a token that is not this client's, or not valid, changes nothing.

        Raises InvalidClientError when the client does not prove who it is.
        """
        await self._keys.refresh()  # before the transaction: a call must not need two connections
        async with self._storage.unit_of_work() as uow:
            refusal = await self._revoke(uow, credentials, token)
        if refusal is not None:
            raise refusal

    async def _revoke(self, uow: UnitOfWork, credentials: ClientCredentials, token: str) -> OAuth2Error | None:
        try:
            client = await self._authentication.authenticate(uow, credentials)
        except OAuth2Error as unproven:
            return unproven
        grant_id = await self._grant_of(uow, token)
        grant = None if grant_id is None else await self._grants.live(uow, grant_id)
        # §2.1: the server "verifies whether the token was issued to the client making the revocation request"; §2.2:
        # "invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable
        # way."
        if grant is not None and grant.client_id != client.id:
            await self._grants.note_stranger(uow, grant, client=client)
        elif grant is not None:
            await self._grants.revoke(uow, grant, reason=RevocationReason.BY_CLIENT, client=client)
        return None

    async def _grant_of(self, uow: UnitOfWork, token: str) -> GrantId | None:
        for kind in (REFRESH_TOKEN_KIND, USERINFO_TOKEN):
            try:
                return GrantId(self._sealer.open(kind, token, now=uow.now)["gid"])
            except (SealBroken, SealExpired):
                continue
        try:
            gid = (await self._keys.verify_jwt(token, expected_typ=TYP)).get("gid")
        except SealBroken:
            return None
        return None if gid is None else GrantId(gid)
