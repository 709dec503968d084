"""The kiosk's own screen: `/kiosk`, for the one browser that was bound to the station."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from idp.authentication.model import AuthenticationProblem
from idp.authentication.passkey_links import PasskeyLinks, page_of_link
from idp.authentication.pins import Pins
from idp.enrolment.unattended.kiosk import KioskEnrolments, Seen
from idp.enrolment.unattended.kiosk_browsers import KioskBrowsers
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.provider.pages.enrol_reader import PIN_REFUSALS
from idp.stations.mail_slots import MailSlots
from idp.stations.model import Station, StationProblem
from idp.stations.rules import MAX_MESSAGE_LENGTH
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_body, read_form, read_picture
from idp.web.pages import Pages
from idp.web.qr import qr_picture
from idp.web.routes import Access, Entry

KIOSK: Final = "/kiosk"
PIN: Final = f"{KIOSK}/pin"
START: Final = "start"
FORM: Final = "kiosk"
LOOK_EVERY: Final = 0.3
"""A card that is pulled takes its owner's data off the screen within a second."""
STREAM_SECONDS: Final = 600.0
COOKIE_SECONDS: Final = 400 * 24 * 3600
CAMERA: Final = {"permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"}
SHOWN_AT_START: Final = frozenset(
    {UnattendedProblem.STATION_AWAY, UnattendedProblem.NOT_OFFERED, StationProblem.STATION_BUSY}
)


class KioskPages:
    """`/kiosk`, and `/agent/kiosk` where its agent asks for the code that binds the browser."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        browsers: KioskBrowsers,
        enrolments: KioskEnrolments,
        mail_slots: MailSlots,
        pins: Pins,
        links: PasskeyLinks,
        issuer: str,
        https: bool,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._browsers = browsers
        self._enrolments = enrolments
        self._mail_slots = mail_slots
        self._pins = pins
        self._links = links
        self._issuer = issuer
        self._https = https
        self._cookie = "__Host-id-kiosk" if https else "id-kiosk"

    def entries(self) -> tuple[Entry, ...]:
        """Anybody may stand before a kiosk; only its own browser is one."""
        rows: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]], str], ...] = (
            (KIOSK, "GET", self._page, "kiosk"),
            (f"{KIOSK}/bind", "POST", self._bind, "kiosk_bind"),
            (f"{KIOSK}/start", "POST", self._start, "kiosk_start"),
            (f"{KIOSK}/events", "GET", self._events, "kiosk_events"),
            (f"{KIOSK}/picture", "POST", self._picture, "kiosk_picture"),
            (f"{KIOSK}/retry", "POST", self._retry, "kiosk_retry"),
            (f"{KIOSK}/leave", "POST", self._leave, "kiosk_leave"),
            (PIN, "GET", self._pin_page, "kiosk_pin"),
            (PIN, "POST", self._choose_pin, "kiosk_pin_chosen"),
        )
        agent = Entry("/agent/kiosk", ("POST",), self._offer, Access.STATION, "agent_kiosk")
        return (agent, *(Entry(path, (method,), page, Access.ANYONE, name) for path, method, page, name in rows))

    async def _offer(self, request: Request) -> Response:
        """A hello signed by the kiosk's own key; 200 with the code for its browser."""
        body = await read_body(request)
        if len(body) > MAX_MESSAGE_LENGTH or not body.isascii():
            return _not_offered(StationProblem.BAD_MESSAGE.value)
        try:
            code = await self._browsers.offer(await self._mail_slots.hello(body.decode("ascii")))
        except Refused as refused:
            return _not_offered(refused.code.value)
        return JSONResponse({"code": f"{code[:4]}-{code[4:]}"}, headers={"cache-control": "no-store"})

    async def _page(self, request: Request) -> Response:
        return await self._show(request)

    async def _bind(self, request: Request) -> Response:
        form = await self._form(request)
        try:
            secret = await self._browsers.bind(form.one("code"))
        except Refused as refused:
            return await self._show(request, beside=UnattendedProblem(refused.code))
        response = RedirectResponse(KIOSK, 303)
        response.set_cookie(
            self._cookie,
            secret,
            max_age=COOKIE_SECONDS,
            path="/",
            secure=self._https,
            httponly=True,
            samesite="strict",
        )
        return response

    async def _start(self, request: Request) -> Response:
        await self._form(request)
        station, browser = await self._here(request)
        try:
            await self._enrolments.start(station, browser)
        except (Refused, Conflict) as refused:
            if refused.code in SHOWN_AT_START:
                shown = UnattendedProblem.STATION_AWAY
                if refused.code is UnattendedProblem.NOT_OFFERED:
                    shown = UnattendedProblem.NOT_OFFERED
                return await self._show(request, beside=shown)
            if refused.code is not UnattendedProblem.WRONG_STEP:
                raise
        return _back()

    async def _picture(self, request: Request) -> Response:
        self._csrf.check_origin(request)
        _, browser = await self._here(request)
        picture = await read_picture(request)
        try:
            await self._enrolments.compare(browser, picture)
        except Refused as refused:
            text = self._problems.text(refused.code)
            return JSONResponse({"code": text.code}, text.status)
        except (Conflict, NotFound):
            return JSONResponse({"next": KIOSK})
        return JSONResponse({"next": KIOSK})

    async def _retry(self, request: Request) -> Response:
        await self._form(request)
        _, browser = await self._here(request)
        try:
            await self._enrolments.retry(browser)
        except (Conflict, NotFound) as passed:
            if passed.code not in (UnattendedProblem.WRONG_STEP, UnattendedProblem.NOT_THIS_BROWSER):
                raise
        return _back()

    async def _leave(self, request: Request) -> Response:
        await self._form(request)
        _, browser = await self._here(request)
        await self._enrolments.leave(browser)
        return _back()

    async def _events(self, request: Request) -> Response:
        _, browser = await self._here(request)
        return StreamingResponse(
            self._steps(request, browser),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _pin_page(self, request: Request) -> Response:
        await self._link(request)
        return self._pin_form(request, None)

    async def _choose_pin(self, request: Request) -> Response:
        form = await self._form(request)
        browser, link = await self._link(request)
        try:
            await self._pins.choose_by_link(self._links, link, form.one("pin"), repeated=form.one("pin_again"))
        except Refused as refused:
            if refused.code not in PIN_REFUSALS:
                raise
            return self._pin_form(request, AuthenticationProblem(refused.code))
        await self._enrolments.leave(browser)
        return self._pages.render(request, "kiosk_pin_chosen.html")

    async def _show(self, request: Request, *, beside: UnattendedProblem | None = None) -> Response:
        browser = request.cookies.get(self._cookie)
        station = await self._browsers.station_of(browser)
        if station is None or browser is None:
            unbound = self._problems.text(UnattendedProblem.NOT_A_KIOSK)
            refused = None if beside is None else self._problems.text(beside)
            status = (refused or unbound).status
            return self._pages.render(
                request, "kiosk_unbound.html", status_code=status, problem=unbound, refused=refused
            )
        seen = await self._enrolments.look(browser)
        application = seen.application
        problem = beside or (None if application is None else application.problem)
        link = None if seen.link is None else f"{self._issuer}{page_of_link(seen.link)}"
        response = self._pages.render(
            request,
            "kiosk.html",
            status_code=200 if beside is None else self._problems.text(beside).status,
            station=station,
            step=_step_of(seen),
            watches=application is not None,
            problem=None if problem is None else self._problems.text(problem),
            unclear=self._problems.text(UnattendedProblem.FACE_UNCLEAR),
            ial=None if application is None else application.ial,
            link=link,
            link_picture=None if link is None else qr_picture(link),
        )
        response.headers.update(CAMERA)
        return response

    def _pin_form(self, request: Request, problem: AuthenticationProblem | None) -> Response:
        text = None if problem is None else self._problems.text(problem)
        status = 200 if text is None else text.status
        return self._pages.render(
            request, "enrol_pin.html", status_code=status, problem=text, action=PIN, form=FORM, back=KIOSK
        )

    async def _here(self, request: Request) -> tuple[Station, str]:
        """The kiosk and its browser. Raises Refused (NOT_A_KIOSK)."""
        browser = request.cookies.get(self._cookie)
        station = await self._browsers.station_of(browser)
        if station is None or browser is None:
            raise Refused(UnattendedProblem.NOT_A_KIOSK)
        return station, browser

    async def _link(self, request: Request) -> tuple[str, str]:
        _, browser = await self._here(request)
        link = (await self._enrolments.look(browser)).link
        if link is None:
            raise Refused(AuthenticationProblem.LINK_UNUSABLE)
        return browser, link

    async def _form(self, request: Request) -> Form:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        return form

    async def _steps(self, request: Request, browser: str) -> AsyncIterator[str]:
        shown, deadline = "", asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
            step = _step_of(await self._enrolments.look(browser))
            if step != shown:
                yield f"event: state\ndata: {json.dumps({'state': step})}\n\n"
                shown = step
            if step == START:
                return
            await asyncio.sleep(LOOK_EVERY)


def _step_of(seen: Seen) -> str:
    application: Application | None = seen.application
    if application is None:
        return START
    return application.state.value


def _not_offered(code: str) -> Response:
    said = "no kiosk's agent is believed to ask this"
    return JSONResponse({"error": code, "error_description": said}, 403, {"cache-control": "no-store"})


def _back() -> Response:
    return RedirectResponse(KIOSK, 303)
