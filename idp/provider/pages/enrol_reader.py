"""Enrolling at home with a reader of one's own: the pages of the browser that shows the code."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from idp.authentication.model import AuthenticationProblem
from idp.authentication.passkey_links import PasskeyLinks, page_of_link
from idp.authentication.pins import Pins
from idp.enrolment.model import ENDS, EnrolmentState
from idp.enrolment.unattended.home import HomeEnrolments
from idp.enrolment.unattended.model import Application, UnattendedProblem
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

READER: Final = "/enrol/reader"
PIN: Final = f"{READER}/pin"
FORM: Final = "enrol_reader"
LOOK_EVERY: Final = 0.5
STREAM_SECONDS: Final = 120.0
TOLD_BESIDE_THE_FORM: Final = frozenset({UnattendedProblem.NUMBER_WRONG, UnattendedProblem.LASER_CODE_UNREADABLE})
PIN_REFUSALS: Final = frozenset({AuthenticationProblem.PINS_DIFFER, AuthenticationProblem.PIN_TOO_EASY})


class ReaderPages:
    """`/enrol/reader`. `issuer` is what the person types into the agent."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        enrolments: HomeEnrolments,
        pins: Pins,
        links: PasskeyLinks,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._enrolments = enrolments
        self._pins = pins
        self._links = links
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may begin; only the browser that began goes on."""
        rows: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]], str], ...] = (
            (READER, "GET", self._page, "enrol_reader"),
            (READER, "POST", self._start, "enrol_reader_start"),
            (f"{READER}/events", "GET", self._events, "enrol_reader_events"),
            (f"{READER}/number", "POST", self._confirm, "enrol_reader_number"),
            (f"{READER}/laser", "POST", self._laser, "enrol_reader_laser"),
            (f"{READER}/retry", "POST", self._retry, "enrol_reader_retry"),
            (f"{READER}/stop", "POST", self._stop, "enrol_reader_stop"),
            (PIN, "GET", self._pin_page, "enrol_reader_pin"),
            (PIN, "POST", self._choose_pin, "enrol_reader_pin_chosen"),
        )
        return tuple(Entry(path, (method,), page, Access.ANYONE, name) for path, method, page, name in rows)

    async def _page(self, request: Request) -> Response:
        return await self._show(request)

    async def _start(self, request: Request) -> Response:
        await self._form(request)
        await self._enrolments.start(self._csrf.browsers.of(request))
        return _back()

    async def _confirm(self, request: Request) -> Response:
        form = await self._form(request)
        return await self._answer(
            request, self._enrolments.confirm(self._csrf.browsers.of(request), form.one("number"))
        )

    async def _laser(self, request: Request) -> Response:
        form = await self._form(request)
        typed = None if form.one("without") else form.one("laser")
        return await self._answer(request, self._enrolments.type_laser_code(self._csrf.browsers.of(request), typed))

    async def _retry(self, request: Request) -> Response:
        await self._form(request)
        return await self._answer(request, self._enrolments.retry(self._csrf.browsers.of(request)))

    async def _stop(self, request: Request) -> Response:
        await self._form(request)
        await self._enrolments.stop(self._csrf.browsers.of(request))
        return RedirectResponse("/enrol", 303)

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(
            self._steps(request),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _pin_page(self, request: Request) -> Response:
        await self._link(request)
        return self._pin_form(request, None)

    async def _choose_pin(self, request: Request) -> Response:
        form = await self._form(request)
        link = await self._link(request)
        try:
            await self._pins.choose_by_link(self._links, link, form.one("pin"), repeated=form.one("pin_again"))
        except Refused as refused:
            if refused.code not in PIN_REFUSALS:
                raise
            return self._pin_form(request, AuthenticationProblem(refused.code))
        await self._enrolments.stop(self._csrf.browsers.of(request))
        return self._pages.render(request, "enrol_pin_chosen.html")

    async def _form(self, request: Request) -> Form:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        return form

    async def _answer(self, request: Request, act: Awaitable[Application]) -> Response:
        try:
            await act
        except Refused as refused:
            if refused.code not in TOLD_BESIDE_THE_FORM:
                raise
            return await self._show(request, beside=UnattendedProblem(refused.code))
        except (Conflict, NotFound) as passed:
            if passed.code not in (UnattendedProblem.WRONG_STEP, UnattendedProblem.NOT_THIS_BROWSER):
                raise
        return _back()

    async def _show(self, request: Request, *, beside: UnattendedProblem | None = None) -> Response:
        browser_id = self._csrf.browsers.known(request)
        application = None if browser_id is None else await self._enrolments.advance(browser_id)
        link = None if application is None else await self._enrolments.link_of(application)
        problem = beside or (None if application is None else application.problem)
        return self._pages.render(
            request,
            "enrol_reader.html",
            status_code=200 if beside is None else self._problems.text(beside).status,
            step=step_of(application),
            moves_by_itself=application is not None and application.state not in ENDS,
            code=None if application is None else _spaced(self._enrolments.code_of(application)),
            issuer=self._issuer,
            ial=None if application is None else application.ial,
            link=None if link is None else page_of_link(link),
            pin_page=PIN,
            problem=None if problem is None else self._problems.text(problem),
            fault=None if application is None or application.fault is None else self._problems.text(application.fault),
            is_known=problem in (UnattendedProblem.ALREADY_ENROLLED, UnattendedProblem.IDENTITY_STOPPED),
        )

    def _pin_form(self, request: Request, problem: AuthenticationProblem | None) -> Response:
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "enrol_pin.html",
            status_code=200 if text is None else text.status,
            problem=text,
            action=PIN,
            form=FORM,
            back=READER,
        )

    async def _link(self, request: Request) -> str:
        """The link of this browser's own application. Raises Refused (LINK_UNUSABLE)."""
        browser_id = self._csrf.browsers.known(request)
        application = None if browser_id is None else await self._enrolments.find(browser_id)
        link = None if application is None else await self._enrolments.link_of(application)
        if link is None:
            raise Refused(AuthenticationProblem.LINK_UNUSABLE)
        return link

    async def _steps(self, request: Request) -> AsyncIterator[str]:
        browser_id = self._csrf.browsers.known(request) or ""
        shown, deadline = "", asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
            application = await self._enrolments.advance(browser_id)
            step = step_of(application)
            if step != shown:
                yield f"event: state\ndata: {json.dumps({'state': step})}\n\n"
                shown = step
            if application is None or application.state in ENDS:
                return
            await asyncio.sleep(LOOK_EVERY)


def step_of(application: Application | None) -> str:
    """Which part of the page is shown: the step of the journey, and of waiting which part of it."""
    if application is None:
        return "agree"
    if application.state is not EnrolmentState.WAITING_FOR_CARD:
        return application.state.value
    if application.read_at is not None:
        return "number"
    return "code" if application.taken_at is None else "card"


def _spaced(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def _back() -> Response:
    return RedirectResponse(READER, 303)
