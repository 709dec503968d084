"""Revocation: a client ends a grant of its own by either of its tokens (RFC 7009)."""

from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.reading import TokenReader
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.errors import OAuth2Error
from idp.storage.storage import Storage, UnitOfWork


class Revocation:
    """Ends grants at the word of the client they belong to."""

    def __init__(
        self,
        *,
        storage: Storage,
        authentication: ClientAuthentication,
        grants: Grants,
        reader: TokenReader,
    ) -> None:
        self._storage = storage
        self._authentication = authentication
        self._grants = grants
        self._reader = reader

    async def revoke(self, credentials: ClientCredentials, token: str) -> None:
        """End the grant behind `token`; a token that is not this client's, or not valid, changes nothing.

        Raises InvalidClientError when the client does not prove who it is.
        """
        await self._reader.prepare()  # before the transaction: a call must not need two connections
        async with self._storage.unit_of_work() as uow:
            refusal = await self._revoke(uow, credentials, token)
        if refusal is not None:
            raise refusal

    async def _revoke(self, uow: UnitOfWork, credentials: ClientCredentials, token: str) -> OAuth2Error | None:
        try:
            client = await self._authentication.authenticate(uow, credentials)
        except OAuth2Error as unproven:
            return unproven
        read = await self._reader.read(token, now=uow.now)
        grant = None if read is None or read.grant_id is None else await self._grants.live(uow, read.grant_id)
        # §2.1: the server "verifies whether the token was issued to the client making the revocation request"; §2.2:
        # "invalid tokens do not cause an error response since the client cannot handle such an error in a reasonable
        # way."
        if grant is not None and grant.client_id != client.id:
            await self._grants.note_stranger(uow, grant, client=client)
        elif grant is not None:
            await self._grants.revoke(uow, grant, reason=RevocationReason.BY_CLIENT, client=client)
        return None
