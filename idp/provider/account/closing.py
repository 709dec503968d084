"""My account: ending the own digital ID for ever, and taking that back while there is time."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.owner_acts import hold_fresh_and_settled
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.subscribers.closing import Closings
from idp.subscribers.rules import COOLING
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PATH, FORM = "/account/close", "close"


class ClosingPages:
    """`/account/close`: asking needs a passkey shown minutes ago and waits after a recovery; taking back, a session."""

    def __init__(self, *, pages: Pages, csrf: Csrf, storage: Storage, citizens: Citizens, closings: Closings) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._closings = closings

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen = Access.CITIZEN
        return (
            Entry(PATH, ("GET",), self._show, citizen, "close"),
            Entry(PATH, ("POST",), self._ask, citizen, "closing_asked"),
            Entry(f"{PATH}/take-back", ("POST",), self._take_back, citizen, "closing_taken_back"),
        )

    async def _show(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            closing = await self._closings.of(uow, citizen.subscriber.id)
        return self._pages.render(request, "account/close.html", closing=closing, days=COOLING.days)

    async def _ask(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        citizen = await self._citizens.fresh(request, returning=PATH)
        if isinstance(citizen, Response):
            return citizen
        async with self._storage.unit_of_work() as uow:
            await hold_fresh_and_settled(uow, citizen.session)
            await self._closings.ask(uow, citizen.subscriber.id)
        return RedirectResponse(PATH, 303)

    async def _take_back(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._closings.take_back(uow, citizen.subscriber.id)
        return RedirectResponse(PATH, 303)
