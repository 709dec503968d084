"""The session cookie of the issuer, and the citizen behind it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem, SsoSession, StartedSession
from idp.authentication.rules import SESSION_LIFE
from idp.authentication.sessions import Sessions
from idp.kernel.assurance import Aal
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.protocol.logout import browser_state
from idp.storage.storage import Storage
from idp.subscribers.model import Subscriber


class SessionCookie:
    """Reads and sets the cookie. Over https its name makes browsers refuse one that another host planted.

    Beside it stands what the check_session_iframe may read: a digest that changes with the session (Session Management
    §3.2). It works in the frames of other sites, and leads nowhere.
    """

    def __init__(self, *, https: bool) -> None:
        self._name = "__Host-id-session" if https else "id-session"
        self._state_name = "__Host-id-browser-state" if https else "id-browser-state"
        self._https = https

    def read(self, request: Request) -> str | None:
        """The secret this browser shows, None when it shows none."""
        return request.cookies.get(self._name)

    def set(self, response: Response, started: StartedSession) -> None:
        """Hand the secret of a new session to the browser."""
        response.set_cookie(
            self._name,
            started.cookie_value,
            max_age=int(SESSION_LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )
        response.set_cookie(
            self._state_name,
            browser_state(started.session.id),
            max_age=int(SESSION_LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=False,
            samesite="none" if self._https else "lax",
        )

    def clear(self, response: Response) -> None:
        """Take both cookies away."""
        response.delete_cookie(self._name, path="/", secure=self._https, httponly=True, samesite="lax")
        response.delete_cookie(
            self._state_name, path="/", secure=self._https, samesite="none" if self._https else "lax"
        )


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody signed in whose identity may be used."""

    session: SsoSession
    subscriber: Subscriber


class Citizens:
    """Finds who is signed in."""

    def __init__(self, *, storage: Storage, sessions: Sessions, cookie: SessionCookie) -> None:
        self._storage = storage
        self._sessions = sessions
        self.cookie = cookie

    async def find(self, request: Request) -> Citizen | None:
        """The citizen of this request: a live session of a live identity. Its idle time starts again."""
        now = self._storage.clock.now()
        found = await self._sessions.signed_in(self._storage, self.cookie.read(request), now=now)
        if found is None:
            return None
        await self.keep_awake(found.session)
        return Citizen(found.session, found.subscriber)

    async def keep_awake(self, session: SsoSession) -> None:
        """The session was used: its idle time starts again."""
        if self._sessions.needs_touch(session, now=self._storage.clock.now()):
            async with self._storage.unit_of_work() as uow:
                await self._sessions.touch(uow, session)

    async def renew(
        self, request: Request, subscriber_id: SubscriberId, *, aal: Aal, amr: tuple[str, ...]
    ) -> StartedSession:
        """A session with a new secret for who was just authenticated here: the same session where the browser had one
        of the same person, else a new one; somebody else's ends with it.
        """
        async with self._storage.unit_of_work() as uow:
            before = await self._sessions.find(uow, self.cookie.read(request))
            if before is not None and before.subscriber_id == subscriber_id:
                renewed = await self._sessions.renew(uow, before, aal=aal, amr=amr)
                if renewed is not None:
                    return renewed
            if before is not None:
                await self._sessions.end(uow, before)
            return await self._sessions.start(uow, subscriber_id, aal=aal, amr=amr)

    async def require(self, request: Request) -> Citizen:
        """The citizen of this request. Raises Refused (SIGN_IN_NEEDED): pages answer with `to_sign_in` instead."""
        citizen = await self.find(request)
        if citizen is None:
            raise Refused(AuthenticationProblem.SIGN_IN_NEEDED)
        return citizen


def to_sign_in(request: Request) -> Response:
    """Send to sign-in and come back to this page."""
    return RedirectResponse(f"/sign-in?{urlencode({'return': request.url.path})}", 303)
