"""Sign out of this browser, and how a browser is told that it is signed out."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from idp.authentication.sessions import Sessions
from idp.authorization.logout.service import Logouts
from idp.protocol.logout import origin_of
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "sign_out"


class SignOutPages:
    """`/sign-out`: asks, then ends the session; its clients are told as when one of them had asked."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        sessions: Sessions,
        citizens: Citizens,
        logouts: Logouts,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._sessions = sessions
        self._citizens = citizens
        self._logouts = logouts

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
        async with self._storage.reading() as uow:
            session = await self._sessions.find(uow, self._citizens.cookie.read(request))
        frames = () if session is None else (await self._logouts.end(session)).frames
        response = signed_out(self._pages, request, frames)
        self._citizens.cookie.clear(response)
        return response


def signed_out(
    pages: Pages,
    request: Request,
    frames: Sequence[str],
    *,
    return_to: str | None = None,
    ui_locales: Sequence[str] = (),
) -> Response:
    """The page that says so. `frames` tell the clients of the session (Front-Channel Logout §3); `return_to` is where
    the citizen goes on after that.
    """
    request.state.session_seconds = 0  # of the session that was found there is nothing left
    if not frames and return_to is None:
        return pages.render(request, "signed_out.html", ui_locales=ui_locales)
    return pages.render(
        request,
        "signing_out.html",
        frame_sources=sorted({origin_of(frame) for frame in frames}),
        ui_locales=ui_locales,
        frames=frames,
        return_to=return_to,
    )
