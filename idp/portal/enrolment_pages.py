"""The counter journey on the officer's screen."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from connectors.contracts.card import ThaiCardData
from idp.agencies.model import Member, Role
from idp.authentication.passkey_links import page_of_link
from idp.enrolment.model import ENDS, Enrolment, EnrolmentState
from idp.enrolment.service import Enrolments
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import EnrolmentId, StationId
from idp.portal.staff import StaffGate
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LOOK_EVERY: Final = 0.3
"""Seconds between two looks at the journey: a card that is pulled is off the screen within one second."""

STREAM_SECONDS: Final = 300.0
"""How long one stream lives before the browser asks again, so that a session that ended is noticed."""

FORM: Final = "enrolment"


class EnrolmentPages:
    """`/enrolments…`: for members with the role of an enrolment officer, and each his own enrolments only."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        stations: Stations,
        enrolments: Enrolments,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._stations = stations
        self._enrolments = enrolments
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the journey."""
        rows = (
            ("/enrolments/new", "GET", self.new, "enrolment_new"),
            ("/enrolments", "POST", self.start, "enrolment_start"),
            ("/enrolments/{enrolment_id}", "GET", self.show, "enrolment"),
            ("/enrolments/{enrolment_id}/events", "GET", self.events, "enrolment_events"),
            ("/enrolments/{enrolment_id}/photo", "GET", self.photo, "enrolment_photo"),
            ("/enrolments/{enrolment_id}/face", "POST", self.decide_face, "enrolment_face"),
            ("/enrolments/{enrolment_id}/retry", "POST", self.retry, "enrolment_retry"),
        )
        role = Role.ENROLMENT_OFFICER
        return tuple(
            Entry(path, (method,), self._gate.requires(role, page), Access.STAFF, name)
            for path, method, page, name in rows
        )

    async def new(self, request: Request, officer: Member) -> Response:
        """Which station? Its agent's presence is shown."""
        async with self._storage.reading() as uow:
            stations = await self._stations.of_agency(uow, officer.agency_id)
            present = {station.id for station in stations if station.is_present_at(uow.now)}
        return self._pages.render(request, "enrolment_new.html", members=(officer,), stations=stations, present=present)

    async def start(self, request: Request, officer: Member) -> Response:
        """Ask for the card."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        started = await self._enrolments.start(station_id=StationId(form.one("station_id")), officer=officer)
        return _to(started.id)

    async def show(self, request: Request, officer: Member) -> Response:
        """The step the journey stands at."""
        enrolment_id = _enrolment_id(request)
        await self._enrolments.get(enrolment_id, officer=officer)
        enrolment = await self._enrolments.advance(enrolment_id)
        link = await self._link(enrolment, officer)
        return self._pages.render(
            request,
            "enrolment.html",
            members=(officer,),
            enrolment=enrolment,
            state=enrolment.state.value,
            moves_by_itself=enrolment.state not in ENDS,
            card=await self._card(enrolment, officer),
            problem=None if enrolment.problem is None else self._problems.text(enrolment.problem),
            fault=None if enrolment.fault is None else self._problems.text(enrolment.fault),
            link=link,
            link_picture=None if link is None else _qr(link),
        )

    async def events(self, request: Request, officer: Member) -> Response:
        """Server-sent events: one `state` whenever the journey takes a step."""
        enrolment_id = _enrolment_id(request)
        await self._enrolments.get(enrolment_id, officer=officer)
        return StreamingResponse(
            self._states(request, enrolment_id),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def photo(self, request: Request, officer: Member) -> Response:
        """The photo of the card, streamed; kept nowhere."""
        photo = await self._enrolments.photo_of(_enrolment_id(request), officer=officer)
        return Response(photo, media_type="image/jpeg", headers={"cache-control": "no-store"})

    async def decide_face(self, request: Request, officer: Member) -> Response:
        """The officer's decision."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        decision = form.one("decision")
        if decision not in ("matches", "differs"):
            raise Refused(WebProblem.MALFORMED, "decision")
        enrolment_id = _enrolment_id(request)
        await self._enrolments.decide_face(enrolment_id, officer=officer, matches=decision == "matches")
        return _to(enrolment_id)

    async def retry(self, request: Request, officer: Member) -> Response:
        """Ask the registry again."""
        self._csrf.check(request, await read_form(request), form=FORM)
        enrolment_id = _enrolment_id(request)
        await self._enrolments.retry(enrolment_id, officer=officer)
        return _to(enrolment_id)

    async def _states(self, request: Request, enrolment_id: EnrolmentId) -> AsyncIterator[str]:
        shown: EnrolmentState | None = None
        deadline = asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
            state = (await self._enrolments.advance(enrolment_id)).state
            if state is not shown:
                yield f"event: state\ndata: {json.dumps({'state': state.value})}\n\n"
                shown = state
            if state in ENDS:
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _card(self, enrolment: Enrolment, officer: Member) -> ThaiCardData | None:
        if enrolment.state is not EnrolmentState.COMPARE_FACE:
            return None
        try:
            return await self._enrolments.card_of(enrolment.id, officer=officer)
        except NotFound:  # pulled between two looks: the page shows the step without the data and moves on by itself
            return None

    async def _link(self, enrolment: Enrolment, officer: Member) -> str | None:
        token = await self._enrolments.passkey_link_of(enrolment.id, officer=officer)
        return None if token is None else f"{self._issuer}{page_of_link(token)}"


def _enrolment_id(request: Request) -> EnrolmentId:
    return EnrolmentId(request.path_params["enrolment_id"])


def _to(enrolment_id: EnrolmentId) -> Response:
    return RedirectResponse(f"/enrolments/{enrolment_id}", 303)


def _qr(link: str) -> Markup:
    """The link as an SVG drawing without styles; segno escapes what it writes, and the drawing holds no text."""
    drawing = segno.make_qr(link, error="m").svg_inline(scale=5, border=4, svgclass=None, lineclass=None)
    return Markup(drawing)  # noqa: S704 - made by segno from our own link, never by a person
