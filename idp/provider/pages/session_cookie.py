"""The session cookie of the issuer, and the citizen behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.known_devices import KnownDevices
from idp.authentication.model import AuthenticatedPin, AuthenticationProblem, SsoSession, StartedSession
from idp.authentication.rules import SESSION_IDLE, SESSION_LIFE, ends_at, is_fresh
from idp.authentication.sessions import COOKIE_VALUE_LENGTH, Sessions
from idp.kernel.assurance import Aal
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.protocol.logout import browser_state
from idp.provider.pages.device_words import device_words
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import Subscriber

DEVICE_LIFE: Final = timedelta(days=400)


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
            browser_state(started.session.visit_id),
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


class DeviceCookie:
    """By what a device is known again at the next sign-in: it opens nothing, it counts tries apart from strangers'."""

    def __init__(self, *, https: bool, randomness: Randomness = system_randomness) -> None:
        self._name = "__Host-id-device" if https else "id-device"
        self._https = https
        self._randomness = randomness

    def read(self, request: Request) -> str | None:
        """What this browser shows, None when it shows nothing of ours."""
        shown = request.cookies.get(self._name, "")
        return shown if len(shown) == COOKIE_VALUE_LENGTH else None

    def of(self, request: Request) -> str:
        """The device of this browser, a new one when it has none: then the answer must go through `keep`."""
        known = self.read(request)
        if known is not None:
            return known
        if not hasattr(request.state, "new_device"):
            request.state.new_device = random_text(self._randomness)
        return str(request.state.new_device)

    def keep(self, request: Request, response: Response) -> None:
        """Set the cookie, for as long as browsers keep one."""
        response.set_cookie(
            self._name,
            self.of(request),
            max_age=int(DEVICE_LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody signed in whose identity may be used."""

    session: SsoSession
    subscriber: Subscriber


class Citizens:
    """Finds who is signed in."""

    def __init__(
        self,
        *,
        storage: Storage,
        sessions: Sessions,
        known_devices: KnownDevices,
        cookie: SessionCookie,
        device_cookie: DeviceCookie,
    ) -> None:
        self._storage = storage
        self._sessions = sessions
        self._known_devices = known_devices
        self.cookie = cookie
        self._device_cookie = device_cookie

    async def find(self, request: Request) -> Citizen | None:
        """The citizen of this request: a live session of a live identity. Its idle time starts again."""
        now = self._storage.clock.now()
        found = await self._sessions.signed_in(self._storage, self.cookie.read(request), now=now)
        if found is None:
            return None
        await self.keep_awake(found.session)
        # the page says in time that it ends
        longest = found.session.auth_time + SESSION_LIFE - now
        request.state.session_seconds = int(min(SESSION_IDLE, longest).total_seconds())
        return Citizen(found.session, found.subscriber)

    async def left(self, request: Request) -> int:
        """How many seconds the sign-in of this browser lasts if nothing happens. Asking prolongs nothing."""
        now = self._storage.clock.now()
        found = await self._sessions.signed_in(self._storage, self.cookie.read(request), now=now)
        return 0 if found is None else int((ends_at(found.session) - now).total_seconds())

    async def stay(self, request: Request) -> int:
        """The idle time starts again; gives what is left then."""
        await self.find(request)
        return await self.left(request)

    async def person(self, request: Request) -> str | None:
        """Who is signed in, for limits: the same on every device. None for nobody."""
        found = await self._sessions.signed_in(self._storage, self.cookie.read(request), now=self._storage.clock.now())
        return None if found is None else found.subscriber.id

    async def keep_awake(self, session: SsoSession) -> None:
        """The session was used: its idle time starts again."""
        if self._sessions.needs_touch(session, now=self._storage.clock.now()):
            async with self._storage.unit_of_work() as uow:
                await self._sessions.touch(uow, session)

    async def renew(
        self,
        request: Request,
        authenticated: AuthenticatedPin,
        *,
        still_counts: Callable[[UnitOfWork], Awaitable[None]],
        is_own_device: bool = True,
    ) -> StartedSession:
        """A session with a new id and a new secret for who was just authenticated here; the one before ends with it.

        One act with the PIN as it is now: `still_counts` refuses one that was taken away since it was judged. The
        answer must go through `hand_over`; the device is not remembered where it is not the citizen's own.
        """
        async with self._storage.unit_of_work() as uow:
            started = await self.renew_in(
                uow,
                request,
                authenticated.subscriber_id,
                aal=authenticated.aal,
                amr=authenticated.amr,
                is_own_device=is_own_device,
            )
            await still_counts(uow)
            return started

    async def renew_in(
        self,
        uow: UnitOfWork,
        request: Request,
        subscriber_id: SubscriberId,
        *,
        aal: Aal,
        amr: tuple[str, ...],
        is_own_device: bool = True,
    ) -> StartedSession:
        """As one act with what the session stands on: what is revoked meanwhile is revoked before it or ends it."""
        if is_own_device:
            await self._known_devices.remember(uow, subscriber_id, self._device_cookie.of(request))
        return await self._sessions.authenticated(
            uow,
            self.cookie.read(request),
            subscriber_id,
            aal=aal,
            amr=amr,
            device=device_words(request.headers.get("user-agent", "")),
        )

    def device(self, request: Request) -> str | None:
        """By what this browser's device is known, None when it never signed in."""
        return self._device_cookie.read(request)

    def hand_over(self, request: Request, response: Response, started: StartedSession) -> None:
        """Give the browser what `renew` made for it."""
        self.cookie.set(response, started)
        self._device_cookie.keep(request, response)

    async def fresh(self, request: Request, *, returning: str) -> Citizen | Response:
        """The citizen who signed in with a passkey minutes ago; for anybody else the way to do so and come back."""
        citizen = await self.find(request)
        if citizen is not None and is_fresh(session=citizen.session, now=self._storage.clock.now()):
            return citizen
        return RedirectResponse(f"/sign-in?{urlencode({'return': returning, 'again': '1'})}", 303)

    async def require(self, request: Request) -> Citizen:
        """The citizen of this request. Raises Refused (SIGN_IN_NEEDED): pages answer with `to_sign_in` instead."""
        citizen = await self.find(request)
        if citizen is None:
            raise Refused(AuthenticationProblem.SIGN_IN_NEEDED)
        return citizen


def to_sign_in(request: Request) -> Response:
    """Send to sign-in and come back to this page."""
    return RedirectResponse(f"/sign-in?{urlencode({'return': request.url.path})}", 303)
