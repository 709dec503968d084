"""My account: where I am signed in, and ending it there."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem
from idp.authentication.sessions import Sessions
from idp.kernel.errors import NotFound
from idp.kernel.ids import SsoSessionId, is_id
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

DEVICES = "/account/devices"
FORM = "devices"


class DevicePages:
    """`/account/devices`: the sessions in use; ending one, or all but this one."""

    def __init__(self, *, pages: Pages, csrf: Csrf, storage: Storage, citizens: Citizens, sessions: Sessions) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._sessions = sessions

    def entries(self) -> tuple[Entry, ...]:
        """The list, and two ways to end. Ending makes nobody stronger, so that any session may."""
        return (
            Entry(DEVICES, ("GET",), self._list, Access.CITIZEN, "devices"),
            Entry(f"{DEVICES}/end-others", ("POST",), self._end_others, Access.CITIZEN, "end_other_sessions"),
            Entry(f"{DEVICES}/end", ("POST",), self._end, Access.CITIZEN, "end_session_of_device"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            sessions = await self._sessions.live_of(uow, citizen.subscriber.id)
        # of the cookie's session the device is not read
        present = next((session for session in sessions if session.id == citizen.session.id), citizen.session)
        others = [session for session in sessions if session.id != present.id]
        return self._pages.render(request, "account/devices.html", present=present, others=others)

    async def _end(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.require(request)
        session_id = form.one("session")
        if not is_id("ses", session_id):
            raise NotFound(AuthenticationProblem.SESSION_UNKNOWN)
        async with self._storage.unit_of_work() as uow:
            await self._sessions.end_own(uow, SsoSessionId(session_id), subscriber_id=citizen.subscriber.id)
        return RedirectResponse(DEVICES, 303)

    async def _end_others(self, request: Request) -> Response:
        self._csrf.check(request, await read_form(request), form=FORM)
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._sessions.end_others(uow, citizen.session)
        return RedirectResponse(DEVICES, 303)
