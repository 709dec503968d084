"""Signing out at a client's word: the end session endpoint, its page, and the frame that watches the session."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authorization.logout.model import EndedSession, LogoutProblem, LogoutRequest
from idp.authorization.logout.service import Logouts
from idp.kernel.errors import Refused
from idp.protocol.errors import OAuth2Error
from idp.protocol.logout import origin_of
from idp.protocol.parameters import parse_parameters
from idp.provider.oidc.wire import NO_STORE, read_parameters
from idp.provider.pages.session_cookie import Citizens
from idp.provider.pages.sign_out import signed_out
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "logout"


class LogoutPages:
    """`/end-session` takes a request in, `/logout` asks the citizen: nobody is signed out without a word."""

    def __init__(self, *, pages: Pages, csrf: Csrf, citizens: Citizens, logouts: Logouts) -> None:
        self._pages = pages
        self._csrf = csrf
        self._citizens = citizens
        self._logouts = logouts

    def entries(self) -> tuple[Entry, ...]:
        """RP-Initiated Logout §2: providers "MUST support the use of the HTTP GET and POST methods"."""
        anyone = Access.ANYONE
        return (
            Entry("/end-session", ("GET", "POST"), self._receive, anyone, "end_session"),
            Entry("/logout", ("GET",), self._ask, anyone, "logout"),
            Entry("/logout", ("POST",), self._end, anyone, "logout_decision"),
            Entry("/check-session", ("GET",), self._watch, anyone, "check_session"),
        )

    async def _receive(self, request: Request) -> Response:
        try:
            if request.method == "POST":
                parameters = await read_parameters(request)
            else:
                parameters = parse_parameters(request.url.query)
        except OAuth2Error as error:
            raise Refused(LogoutProblem.REQUEST_UNUSABLE) from error
        # The page comes at an address of its own: a form of another site brings no cookie along (SameSite=Lax), the
        # navigation that follows does, and the ID token does not stay in the browser's history.
        handle = await self._logouts.receive(parameters)
        return RedirectResponse(f"/logout?{urlencode({'request': handle})}", 303, headers=NO_STORE)

    async def _ask(self, request: Request) -> Response:
        handle = request.query_params.get("request", "")
        asked = self._logouts.open(handle)
        if await self._citizens.find(request) is None:
            # Nobody is signed in here: what was wanted is so already.
            return self._done(request, asked, EndedSession(()))
        return self._pages.render(
            request,
            "logout.html",
            form_action=() if asked.return_to is None else (origin_of(asked.return_to),),
            ui_locales=asked.ui_locales,
            client=await self._logouts.client_of(asked),
            handle=handle,
        )

    async def _end(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        asked = self._logouts.open(form.one("request"))
        citizen = await self._citizens.find(request)
        ended = EndedSession(()) if citizen is None else await self._logouts.end(citizen.session)
        response = self._done(request, asked, ended)
        self._citizens.cookie.clear(response)
        return response

    def _done(self, request: Request, asked: LogoutRequest, ended: EndedSession) -> Response:
        if asked.return_to is not None and not ended.frames:
            return RedirectResponse(asked.return_to, 303, headers=NO_STORE)
        return signed_out(self._pages, request, ended.frames, return_to=asked.return_to, ui_locales=asked.ui_locales)

    async def _watch(self, request: Request) -> Response:
        return self._pages.render(request, "check_session.html", frame_ancestors="*")
