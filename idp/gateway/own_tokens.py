"""What a client may do at this door on its own authority: its own token, with the right scope."""

from collections.abc import Collection

from starlette.requests import Request

from idp.authorization.tokens.model import VerifiedAccessToken
from idp.gateway.tokens import GatewayTokens
from idp.protocol.errors import InsufficientScopeError


class OwnTokens:
    """Reads tokens that clients have by themselves."""

    def __init__(self, tokens: GatewayTokens) -> None:
        self._tokens = tokens

    async def client(self, request: Request, *, scopes: Collection[str]) -> VerifiedAccessToken:
        """The client's own live token, with at least one of the scopes. Raises an OAuth2Error.

        A token that a person's grant stands behind is refused, whatever its scope says: a person let have data, not
        the managing of an agency's streams.
        """
        token = await self._tokens.verified(request)
        # RFC 6750 §3.1: "The request requires higher privileges than provided by the access token … 403 (Forbidden)"
        if token.grant_id is not None or token.actors or not set(scopes) & set(token.scope):
            raise InsufficientScopeError("the token is not the client's own, or lacks the scope")
        return token

    def nonce(self) -> dict[str, str]:
        """The field that brings the next nonce (RFC 9449 §8.2), and keeps answers out of caches."""
        return {"dpop-nonce": self._tokens.nonce(), "cache-control": "no-store"}
