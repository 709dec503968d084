"""Sign out of this browser."""

from starlette.requests import Request
from starlette.responses import Response

from idp.authentication.sessions import Sessions
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "sign_out"


class SignOutPages:
    """`/sign-out`: asks, then ends the session."""

    def __init__(self, *, pages: Pages, csrf: Csrf, storage: Storage, sessions: Sessions, citizens: Citizens) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._sessions = sessions
        self._citizens = citizens

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may sign out: who is not signed in already is."""
        return (
            Entry("/sign-out", ("GET",), self._ask, Access.ANYONE, "sign_out"),
            Entry("/sign-out", ("POST",), self._sign_out, Access.ANYONE, "signed_out"),
        )

    async def _ask(self, request: Request) -> Response:
        if await self._citizens.find(request) is None:
            return self._pages.render(request, "signed_out.html")
        return self._pages.render(request, "sign_out.html")

    async def _sign_out(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        async with self._storage.unit_of_work() as uow:
            session = await self._sessions.find(uow, self._citizens.cookie.read(request))
            if session is not None:
                await self._sessions.end(uow, session)
        response = self._pages.render(request, "signed_out.html")
        self._citizens.cookie.clear(response)
        return response
