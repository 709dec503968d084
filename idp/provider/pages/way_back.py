"""The way back to the service that sent the citizen here: from a refusal, and from a sign-in that is not wanted."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.requests.model import OidcProblem, PendingRequest
from idp.authorization.requests.service import AuthorizationRequests
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId
from idp.protocol.errors import AccessDeniedError
from idp.provider.pages.client_answer import NO_STORE, answer_client
from idp.storage.spent import is_spent
from idp.storage.storage import Storage
from idp.web.browsers import BrowserIds
from idp.web.errors import WayBack
from idp.web.forms import FORM_TYPE, read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LEAVE = "/leave"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a citizen here: the program as it is registered now, and what it asked where a flow tells."""

    client: Client
    pending: PendingRequest | None

    @property
    def start(self) -> str | None:
        """The program's own first page, by what is registered of it; None for an app, or a program, that has none."""
        client = self.client
        # a program that asks by itself has no address to which anybody is sent
        sent_from = client.redirect_uris[:1] if self.pending is None else (self.pending.request.redirect_uri,)
        for address in (client.client_uri, *sent_from):
            parts = urlsplit(address or "")
            if parts.scheme in ("http", "https") and parts.netloc:
                return address if address == client.client_uri else f"{parts.scheme}://{parts.netloc}/"
        return None


class WaysBack:
    """Finds who sent the citizen of a request, for pages that have to say no."""

    def __init__(self, *, storage: Storage, requests: AuthorizationRequests, clients: Clients) -> None:
        self._storage = storage
        self._requests = requests
        self._clients = clients

    async def of(self, request: Request) -> WayBack | None:
        """The way back to whoever sent the citizen to this page; None for who came by themselves."""
        flow, client_id = await _named(request)
        try:
            found = await self.sender(flow, client_id)
        except (SQLAlchemyError, OSError):
            # the page has something else to say, most likely just this: it is shown without a way back
            return None
        if found is None or found.start is None:
            return None
        query = {"flow": flow} if found.pending is not None else {"client_id": client_id}
        return WayBack(found.client.name_th, found.client.name_en, f"{LEAVE}?{urlencode(query)}")

    async def sender(self, flow: str, client_id: str) -> Sender | None:
        """Who sent this flow, or the program of this id; None where it is not live."""
        pending = self._requests.sent_with(flow) if flow else None
        named = client_id if pending is None else pending.client_id
        if not named or "\0" in named:
            return None
        async with self._storage.reading() as uow:
            client = await self._clients.live(uow, ClientId(named))
        return None if client is None else Sender(client, pending)


class LeavePages:
    """`/leave`: back to the service without going on here.

    A service that waits is answered `access_denied`; nothing is spent by that, since anybody may follow a link. One
    that waits no more (the flow is over, done, or another browser's) is opened at its own first page.
    """

    def __init__(
        self,
        *,
        pages: Pages,
        storage: Storage,
        requests: AuthorizationRequests,
        browsers: BrowserIds,
        ways_back: WaysBack,
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._requests = requests
        self._browsers = browsers
        self._ways_back = ways_back

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may leave."""
        return (Entry(LEAVE, ("GET",), self._leave, Access.ANYONE, "leave"),)

    async def _leave(self, request: Request) -> Response:
        flow, client_id = await _named(request)
        found = await self._ways_back.sender(flow, client_id)
        if found is None:
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        if found.pending is not None and await self._waits(request, flow, found.pending):
            error = AccessDeniedError("the citizen went back without signing in")
            answer = await self._requests.refuse(found.pending, None, error)
            return answer_client(self._pages, request, answer, ui_locales=found.pending.request.ui_locales)
        if found.start is None:
            raise Refused(OidcProblem.FLOW_UNUSABLE)
        return RedirectResponse(found.start, 303, headers=NO_STORE)

    async def _waits(self, request: Request, flow: str, pending: PendingRequest) -> bool:
        try:
            self._requests.open_flow(flow, self._browsers.of(request))
        except Refused:
            return False
        return not await is_spent(self._storage, pending.spend)


async def _named(request: Request) -> tuple[str, str]:
    """The flow and the program that an address or a form names."""
    query = request.query_params
    flow, client_id = query.get("flow", ""), query.get("client_id", "")
    if flow or request.method != "POST" or not request.headers.get("content-type", "").startswith(FORM_TYPE):
        return flow, client_id
    try:
        form = await read_form(request)
        return form.one("flow"), client_id or form.one("client_id")
    except Refused:
        return "", client_id
