"""Signing in to an agency's site and out of it, and refusals that every site has alike.

Codes are the site's own letters and a number: 01 an answer that nobody waits for, 02 a form from elsewhere, 04 no such
page; the site has the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

from relying_party_demo.national_id.client import SignedIn
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.program import Ground

Row = TypeVar("Row")


class Door:
    """Who may come in. `name` begins the cookies' names, `letters` the codes."""

    def __init__(self, ground: Ground, *, name: str, letters: str) -> None:
        self._ground = ground
        self._session, self._attempt = f"{name}-session", f"{name}-attempt"
        self._letters = letters

    def app(
        self,
        package: str,
        pages: Sequence[BaseRoute],
        *,
        refused: Callable[[Request, AskRefused], Response],
        lifespan: Lifespan[Starlette] | None = None,
    ) -> Starlette:
        """The site as an ASGI application: its pages, the way out, its files; what goes wrong is said by `refused`."""

        async def no(request: Request, problem: Exception) -> Response:
            assert isinstance(problem, AskRefused)
            return refused(request, problem)

        async def lost(request: Request, error: Exception) -> Response:
            # an address that is none of ours, or asked for in another way
            assert isinstance(error, HTTPException)
            return refused(request, self.problem(request, "04", "page_unknown", status=error.status_code))

        return Starlette(
            routes=[*pages, Route("/logout", self.leave, methods=["POST"]), static_files(package)],
            exception_handlers={AskRefused: no, HTTPException: lost},
            lifespan=lifespan or self._ground.store_open,
        )

    async def begin(self, request: Request, **asked: Any) -> Response:
        """Ask the provider who this is; `asked` as `NationalId.begin` takes it."""
        ground = self._ground
        where, attempt = await ground.national_id.begin(ui_locales=ground.site.language(request), **asked)
        answer = ground.site.redirect(where)
        ground.site.set_cookie(answer, self._attempt, ground.sign_ins.keep_attempt(attempt, now=ground.clock()))
        return answer

    async def who_came(self, request: Request) -> SignedIn:
        """The provider's answer. Raises AskRefused when it says no, or answers another browser."""
        ground, query = self._ground, dict(request.query_params)
        cookie = request.cookies.get(self._attempt, "")
        attempt = ground.sign_ins.take_attempt(query.get("state", ""), cookie=cookie, now=ground.clock())
        if attempt is None:
            raise self.problem(request, "01", "attempt_unknown", status=400)
        return await ground.national_id.finish(attempt=attempt, answer=query)

    def let_in(self, row: int, *, where: str) -> Response:
        """Open a session for a row of the site's own table, and go on."""
        answer = self._ground.site.redirect(where)
        cookie = self._ground.sign_ins.start(row, now=self._ground.clock())
        self._ground.site.set_cookie(answer, self._session, cookie)
        answer.delete_cookie(self._attempt)
        return answer

    def row(self, request: Request) -> int | None:
        """Whose session this browser has."""
        return self._ground.sign_ins.person(request.cookies.get(self._session, ""), now=self._ground.clock())

    async def leave(self, request: Request) -> Response:
        """Leave this site; the National Digital ID stays as it is."""
        self.refuse_foreign(request)
        self._ground.sign_ins.end(request.cookies.get(self._session, ""))
        return self._ground.site.redirect("/")

    def inside(
        self, page: Callable[[Request, Row], Awaitable[Response]], find: Callable[[int], Row]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The page for who is signed in; others are sent to the first page."""

        async def guarded(request: Request) -> Response:
            self.refuse_foreign(request)
            row = self.row(request)
            return self._ground.site.redirect("/") if row is None else await page(request, find(row))

        return guarded

    def refuse_foreign(self, request: Request) -> None:
        """SameSite=Lax keeps other sites' forms from the session; the Origin says so a second time."""
        if self._ground.site.sent_from_elsewhere(request):
            raise self.problem(request, "02", "foreign_form", status=403)

    def problem(self, request: Request, number: str, text: str, *, status: int) -> AskRefused:
        """A refusal of this site, in the reader's language."""
        return AskRefused(f"{self._letters}-{number}", title=self._ground.site.say(request, text), status=status)


def static_files(package: str) -> BaseRoute:
    """The site's own styles and scripts, what all sites share, and the letters."""
    return Mount(
        "/static",
        StaticFiles(packages=[(package, "static"), ("relying_party_demo", "static"), ("fontpkg_sarabun", "files")]),
    )
