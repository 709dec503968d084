"""Access tokens at this door: verified against the door's own address, refused with a challenge."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.protocol.authorization_header import challenge, only_authorization
from idp.protocol.dpop import only_proof
from idp.protocol.errors import InsufficientScopeError, InvalidRequestError, OAuth2Error
from idp.storage.storage import Storage
from idp.web.client_certificates import ClientCertificates


def token_of(request: Request) -> VerifiedAccessToken | None:
    """The token that was verified for this request, if one was."""
    return getattr(request.state, "access_token", None)


class GatewayTokens:
    """Reads and verifies the token of a request.

    `base_url` is the gateway's own, which is also the tokens' audience.
    """

    def __init__(
        self, *, access_tokens: AccessTokens, storage: Storage, base_url: str, certificates: ClientCertificates
    ) -> None:
        self._access_tokens = access_tokens
        self._certificates = certificates
        self._storage = storage
        self._base_url = base_url.rstrip("/")

    async def verified(self, request: Request) -> VerifiedAccessToken:
        """The live token of this request; its proof is spent. Outside any unit of work.

        Raises an OAuth2Error, answered by `handlers`; GrantEnded is one of them.
        """
        authorization = only_authorization(request.headers.getlist("authorization"))
        proof = only_proof(request.headers.getlist("dpop"))
        certificate = self._certificates.of(request.scope)
        found = await self._access_tokens.verify(
            authorization=authorization,
            dpop=proof,
            method=request.method,
            url=self._base_url + request.url.path,
            expected_audience=self._base_url,
            now=self._storage.clock.now(),
            certificate=None if certificate is None else certificate.thumbprint,
        )
        request.state.access_token = found
        return found

    def nonce(self) -> str:
        """The `DPoP-Nonce` to hand out with answers (RFC 9449 section 8.2)."""
        now: datetime = self._storage.clock.now()
        return self._access_tokens.nonces.current(now=now)

    def handlers(self) -> dict[Any, Any]:
        """For Starlette's `exception_handlers`:

        token errors become a challenge (RFC 6750 section 3, RFC 9449 section 7.1).
        """

        async def on_oauth_error(_request: Request, error: Exception) -> Response:
            assert isinstance(error, OAuth2Error)
            # RFC 6750 §3.1 has one HTTP status for each error code
            match error:
                case InvalidRequestError():
                    status = 400
                case InsufficientScopeError():
                    status = 403
                case _:
                    status = 401
            body = {"error": error.error, "error_description": error.get_error_description()}
            headers = {"www-authenticate": challenge(error), "dpop-nonce": self.nonce()}
            return JSONResponse(body, status, headers=headers)

        return {OAuth2Error: on_oauth_error}
