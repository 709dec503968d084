"""A sign-in that is about to end says so in time, and one press keeps it (WCAG 2.2, success criterion 2.2.1).

The page asks when its time is up: other tabs of the same browser may have kept the sign-in alive.
"""

from typing import Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.web.csrf import Csrf
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class SessionTimes(Protocol):
    """How long the sign-in of a browser lasts if nothing happens, in whole seconds; 0 for nobody."""

    async def left(self, request: Request) -> int:
        """Only looked at: asking prolongs nothing."""

    async def stay(self, request: Request) -> int:
        """Its idle time starts again."""


class SessionPages:
    """`/session/left`, `/session/stay`, `/session/ended`: the same at every door where people sign in."""

    def __init__(self, *, pages: Pages, csrf: Csrf, times: SessionTimes) -> None:
        self._pages = pages
        self._csrf = csrf
        self._times = times

    def entries(self) -> tuple[Entry, ...]:
        """Who is not signed in has no time left: that is no secret."""
        return (
            Entry("/session/left", ("GET",), self._left, Access.ANYONE, "session_left"),
            Entry("/session/stay", ("POST",), self._stay, Access.ANYONE, "session_stay"),
            Entry("/session/ended", ("GET",), self._ended, Access.ANYONE, "session_ended"),
        )

    async def _left(self, request: Request) -> Response:
        return JSONResponse({"seconds": await self._times.left(request)})

    async def _stay(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        return JSONResponse({"seconds": await self._times.stay(request)})

    async def _ended(self, request: Request) -> Response:
        # the sign-in judges where it may lead back to
        returning = request.query_params.get("return", "/")
        return self._pages.render(
            request, "session_ended.html", is_public=True, again=f"/sign-in?{urlencode({'return': returning})}"
        )
