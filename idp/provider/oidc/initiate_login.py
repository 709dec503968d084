"""Starting at a service: the issuer as the third party that begins a sign-in, OpenID Connect Core §4."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authorization.client_registration.service import Clients
from idp.authorization.requests.model import OidcProblem
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId
from idp.protocol.client_registration import initiate_login_url
from idp.provider.oidc.wire import NO_STORE
from idp.storage.storage import Storage
from idp.web.routes import Access, Entry


class InitiateLogin:
    """`/start/{client_id}`: to the address that a client registered for it; to no other, and with nothing of anybody.

    Links to services lead here, from my account or from another agency's pages.
    """

    def __init__(self, *, storage: Storage, clients: Clients, issuer: str) -> None:
        self._storage = storage
        self._clients = clients
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """One address for each client."""
        return (Entry("/start/{client_id}", ("GET",), self._start, Access.ANYONE, "start_at_service"),)

    async def _start(self, request: Request) -> Response:
        async with self._storage.reading() as uow:
            client = await self._clients.live(uow, ClientId(request.path_params["client_id"]))
        if client is None or client.initiate_login_uri is None:
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        address = initiate_login_url(client.initiate_login_uri, issuer=self._issuer)
        return RedirectResponse(address, 303, headers=NO_STORE)
