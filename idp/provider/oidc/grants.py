"""The grant management endpoint, Grant Management for OAuth 2.0 §6."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.grants.management import GrantManagement
from idp.authorization.tokens.access import AccessTokens
from idp.kernel.clock import Clock
from idp.kernel.ids import ClientId
from idp.protocol.authorization_header import challenge, only_authorization
from idp.protocol.dpop import only_proof
from idp.protocol.errors import InsufficientScopeError, InvalidGrantId, OAuth2Error
from idp.protocol.scopes import GRANT_MANAGEMENT_QUERY, GRANT_MANAGEMENT_REVOKE
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import NO_STORE, json_answer, oauth_error
from idp.storage.storage import Storage, UnitOfWork
from idp.web.forms import field_values
from idp.web.routes import Access, Entry

Told = TypeVar("Told")


class GrantEndpoints:
    """`/grants/{grant_id}` by GET and DELETE. `url` is the configured address of `/grants`, and the audience of the
    tokens for it.
    """

    def __init__(
        self,
        *,
        url: str,
        storage: Storage,
        callers: Callers,
        access_tokens: AccessTokens,
        management: GrantManagement,
        clock: Clock,
    ) -> None:
        self._url = url
        self._storage = storage
        self._callers = callers
        self._access_tokens = access_tokens
        self._management = management
        self._clock = clock

    def entries(self) -> tuple[Entry, ...]:
        """§6.3: the address of a grant is that of the endpoint, a slash, and the grant_id."""
        path, token = "/grants/{grant_id}", Access.ACCESS_TOKEN
        return (
            Entry(path, ("GET",), self._status, token, "grant_status"),
            Entry(path, ("DELETE",), self._end, token, "grant_end"),
        )

    async def _status(self, request: Request) -> Response:
        nonce = self._access_tokens.nonces.current(now=self._clock.now())
        try:
            status = await self._told(request, GRANT_MANAGEMENT_QUERY, self._management.status)
        except OAuth2Error as error:
            return _refusal(request, error, nonce)
        return json_answer(status, nonce=nonce)

    async def _end(self, request: Request) -> Response:
        nonce = self._access_tokens.nonces.current(now=self._clock.now())
        try:
            await self._told(request, GRANT_MANAGEMENT_REVOKE, self._management.end)
        except OAuth2Error as error:
            return _refusal(request, error, nonce)
        # §6.5: "The authorization server responds with a HTTP status code 204 and an empty response body."
        return Response(status_code=204, headers={**NO_STORE, "dpop-nonce": nonce})

    async def _told(
        self, request: Request, scope: str, act: Callable[[UnitOfWork, ClientId, str], Awaitable[Told | None]]
    ) -> Told:
        """What an act gives for the client of the token and the grant of the path."""
        grant_id: str = request.path_params["grant_id"]
        certificate = self._callers.certificate(request)
        # whatever is refused from here on, the proof stays spent
        token = await self._access_tokens.verify(
            authorization=only_authorization(field_values(request, b"authorization")),
            dpop=only_proof(field_values(request, b"dpop")),
            method=request.method,
            url=f"{self._url}/{grant_id}",
            expected_audience=self._url,
            now=self._clock.now(),
            certificate=None if certificate is None else certificate.thumbprint,
        )
        # §6.6: "If the client is not authorized to perform a call, the authorization server responds with HTTP status
        # code 403."
        if scope not in token.scope:
            raise InsufficientScopeError("the token was not issued with the scope for this")
        async with self._storage.unit_of_work() as uow:
            told = await act(uow, token.client_id, grant_id)
        # §6.6: "If the resource URL is unknown, the authorization server responds with HTTP status code 404."
        if not told:
            raise InvalidGrantId()
        return told


def _refusal(request: Request, error: OAuth2Error, nonce: str) -> Response:
    if isinstance(error, InvalidGrantId):
        error.status_code = 404
        return oauth_error(error, nonce=nonce, request=request)
    response = oauth_error(error, nonce=nonce, request=request)
    response.headers["www-authenticate"] = challenge(error)
    return response
