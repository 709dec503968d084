"""The counter journey on the officer's screen."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from idp.agencies.model import Member, Role
from idp.approvals.model import ApprovalProblem
from idp.authentication.passkey_links import page_of_link
from idp.enrolment.face_check import FaceWord
from idp.enrolment.journeys import BY_PASSPORT, JOURNEYS, undone
from idp.enrolment.model import ENDS, Enrolment, EnrolmentProblem, EnrolmentState, JourneyKey
from idp.enrolment.overrides import Overriding
from idp.enrolment.presented import Presented
from idp.enrolment.service import FACE_STEPS, Enrolments
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import EnrolmentId, StationId
from idp.portal.reader_watch import ReaderNews, ReaderWatch
from idp.portal.staff import StaffGate
from idp.portal.typed_card import typed_card
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue, ProblemText
from idp.web.forms import read_form, read_picture
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.qr import qr_picture
from idp.web.routes import Access, Entry

LOOK_EVERY: Final = 0.3
"""Seconds between two looks at the journey: a card that is pulled is off the screen within one second."""

STREAM_SECONDS: Final = 300.0
"""How long one stream lives before the browser asks again, so that a session that ended is noticed."""

FORM: Final = "enrolment"
CAMERA: Final = {"permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"}


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
        overriding: Overriding,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._stations = stations
        self._reader = ReaderWatch(storage=storage, stations=stations)
        self._enrolments = enrolments
        self._overriding = overriding
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the journey."""
        rows = (
            ("/enrolments/new", "GET", self.new, "enrolment_new"),
            ("/enrolments", "POST", self.start, "enrolment_start"),
            ("/enrolments/{enrolment_id}", "GET", self.show, "enrolment"),
            ("/enrolments/{enrolment_id}/events", "GET", self.events, "enrolment_events"),
            ("/enrolments/{enrolment_id}/photo", "GET", self.photo, "enrolment_photo"),
            ("/enrolments/{enrolment_id}/comparison", "POST", self.compare_face, "enrolment_comparison"),
            ("/enrolments/{enrolment_id}/face", "POST", self.decide_face, "enrolment_face"),
            ("/enrolments/{enrolment_id}/retry", "POST", self.retry, "enrolment_retry"),
            ("/enrolments/{enrolment_id}/later", "POST", self.finish_later, "enrolment_later"),
            ("/enrolments/{enrolment_id}/type", "POST", self.type_card, "enrolment_type"),
            ("/enrolments/{enrolment_id}/typed", "POST", self.check_typed, "enrolment_typed"),
            ("/enrolments/{enrolment_id}/back", "POST", self.go_back, "enrolment_back"),
            ("/enrolments/{enrolment_id}/stop", "POST", self.stop, "enrolment_stop"),
            ("/enrolments/{enrolment_id}/override", "POST", self.ask_override, "enrolment_override"),
            ("/enrolments/{enrolment_id}/resume", "POST", self.resume, "enrolment_resume"),
        )
        role = Role.ENROLMENT_OFFICER
        return tuple(
            Entry(path, (method,), self._gate.requires(role, page), Access.STAFF, name)
            for path, method, page, name in rows
        )

    async def new(self, request: Request, officer: Member) -> Response:
        """Which journey, at which station? Its agent's presence is shown."""
        return await self._new(request, officer, chosen=JourneyKey.COUNTER, problem=None)

    async def start(self, request: Request, officer: Member) -> Response:
        """Ask for the card."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        journey = _journey(form.one("journey", JourneyKey.COUNTER.value), self._enrolments.journeys)
        try:
            started = await self._enrolments.start(
                station_id=StationId(form.one("station_id")),
                officer=officer,
                journey=journey,
                passport_line=form.one("mrz_line"),
            )
        except Refused as refused:
            if refused.code is not EnrolmentProblem.PASSPORT_LINES_WRONG:
                raise
            answer = await self._new(request, officer, chosen=journey, problem=refused)
            await self._gate.note_refusal(officer, request, refused)
            return answer
        return _to(started.id)

    async def show(self, request: Request, officer: Member) -> Response:
        """The step the journey stands at."""
        return await self._show(request, officer, refused=None)

    async def events(self, request: Request, officer: Member) -> Response:
        """Server-sent events: `state` whenever the journey takes a step, `reader` whenever light or progress change."""
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

    async def compare_face(self, request: Request, officer: Member) -> Response:
        """The picture of the counter's camera, compared and forgotten; the page is asked for anew."""
        self._csrf.check_origin(request)
        picture = await read_picture(request)
        await self._enrolments.compare_face(_enrolment_id(request), picture, officer=officer)
        return Response(status_code=204)

    async def decide_face(self, request: Request, officer: Member) -> Response:
        """The officer's decision."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        decision = form.one("decision")
        enrolment_id = _enrolment_id(request)
        if decision == "related":
            await self._enrolments.stop(enrolment_id, officer=officer, is_related=True)
        elif decision in ("matches", "differs"):
            await self._enrolments.decide_face(
                enrolment_id,
                officer=officer,
                matches=decision == "matches",
                is_unrelated=form.one("unrelated") == "yes",
            )
        else:
            raise Refused(WebProblem.MALFORMED, "decision")
        return _to(enrolment_id)

    async def retry(self, request: Request, officer: Member) -> Response:
        """Ask the registry again."""
        self._csrf.check(request, await read_form(request), form=FORM)
        enrolment_id = _enrolment_id(request)
        await self._enrolments.retry(enrolment_id, officer=officer)
        return _to(enrolment_id)

    async def finish_later(self, request: Request, officer: Member) -> Response:
        """The registry does not answer: the officer's decision now, the registry's word when it comes."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        is_unrelated = form.one("unrelated") == "yes"
        await self._enrolments.finish_later(_enrolment_id(request), officer=officer, is_unrelated=is_unrelated)
        return _to(_enrolment_id(request))

    async def type_card(self, request: Request, officer: Member) -> Response:
        """The chip cannot be read."""
        self._csrf.check(request, await read_form(request), form=FORM)
        await self._enrolments.type_card(_enrolment_id(request), officer=officer)
        return _to(_enrolment_id(request))

    async def check_typed(self, request: Request, officer: Member) -> Response:
        """What is printed on the card; the form comes back with what was typed where it cannot be."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            card = typed_card(form)
        except Refused as refused:
            answer = await self._show(request, officer, refused=refused)
            await self._gate.note_refusal(officer, request, refused)
            return answer
        await self._enrolments.check_typed(_enrolment_id(request), card, officer=officer)
        return _to(_enrolment_id(request))

    async def go_back(self, request: Request, officer: Member) -> Response:
        """One step back."""
        self._csrf.check(request, await read_form(request), form=FORM)
        await self._enrolments.go_back(_enrolment_id(request), officer=officer)
        return _to(_enrolment_id(request))

    async def stop(self, request: Request, officer: Member) -> Response:
        """The officer ends it."""
        self._csrf.check(request, await read_form(request), form=FORM)
        await self._enrolments.stop(_enrolment_id(request), officer=officer)
        return _to(_enrolment_id(request))

    async def ask_override(self, request: Request, officer: Member) -> Response:
        """Two reviewers are asked to let pass what stopped it."""
        self._csrf.check(request, await read_form(request), form=FORM)
        await self._overriding.ask(_enrolment_id(request), officer=officer)
        return _to(_enrolment_id(request))

    async def resume(self, request: Request, officer: Member) -> Response:
        """They said yes, and the person is here again."""
        self._csrf.check(request, await read_form(request), form=FORM)
        await self._overriding.resume(_enrolment_id(request), officer=officer)
        return _to(_enrolment_id(request))

    async def _new(self, request: Request, officer: Member, *, chosen: JourneyKey, problem: Refused | None) -> Response:
        async with self._storage.reading() as uow:
            stations = await self._stations.of_agency(uow, officer.agency_id)
            present = {station.id for station in stations if station.is_present_at(uow.now)}
        return self._pages.render(
            request,
            "enrolment_new.html",
            status_code=200 if problem is None else 400,
            members=(officer,),
            stations=stations,
            present=present,
            journeys=[journey.value for journey in self._enrolments.journeys],
            chosen=chosen.value,
            problem=None if problem is None else self._problems.text(problem.code),
        )

    async def _show(self, request: Request, officer: Member, *, refused: Refused | None) -> Response:
        enrolment_id = _enrolment_id(request)
        await self._enrolments.get(enrolment_id, officer=officer)
        enrolment = await self._enrolments.advance(enrolment_id)
        state, journey = enrolment.state, JOURNEYS[enrolment.journey]
        row = journey.row(state)
        link = await self._link(enrolment, officer)
        face_word = await self._enrolments.face_word(enrolment)
        shown = self._pages.render(
            request,
            "enrolment.html",
            status_code=200 if refused is None else 400,
            members=(officer,),
            enrolment=enrolment,
            journey=journey.key.value,
            outcome=journey.outcome.value,
            state=state.value,
            is_passport=journey.key in BY_PASSPORT,
            has_ended=state in ENDS,
            moves_by_itself=state not in (*ENDS, EnrolmentState.TYPING_CARD),
            may_finish_later=row is not None and EnrolmentState.AWAITING_REGISTRY in row.next,
            may_type=row is not None and EnrolmentState.TYPING_CARD in row.next,
            may_go_back=undone(journey, at=state) is not None,
            presented=await self._presented(enrolment, officer),
            typing_problem=None if refused is None else self._problems.about(refused),
            problem=None if enrolment.problem is None else self._problems.text(enrolment.problem),
            fault=None if enrolment.fault is None else self._problems.text(enrolment.fault),
            reasons=[self._problems.text(reason) for reason in enrolment.reasons],
            override=(await self._overriding.standing(enrolment)).value,
            link=link,
            link_picture=None if link is None else qr_picture(link),
            face_word=face_word.value,
            unclear=self._problems.text(EnrolmentProblem.FACE_UNCLEAR),
            holder_problem=self._holder_problem(request),
        )
        if face_word in (FaceWord.TO_ASK, FaceWord.SILENT):
            shown.headers.update(CAMERA)
        return shown

    def _holder_problem(self, request: Request) -> ProblemText | None:
        """Why the passport was not found to be anybody's, when the form was sent before."""
        named = request.query_params.get("holder", "")
        codes: dict[str, StrEnum] = {problem.value: problem for problem in (*EnrolmentProblem, *ApprovalProblem)}
        return self._problems.text(codes[named]) if named in codes else None

    async def _states(self, request: Request, enrolment_id: EnrolmentId) -> AsyncIterator[str]:
        shown: EnrolmentState | None = None
        told: ReaderNews | None = None
        deadline = asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
            enrolment = await self._enrolments.advance(enrolment_id)
            state = enrolment.state
            if state is not shown:
                yield f"event: state\ndata: {json.dumps({'state': state.value})}\n\n"
                shown = state
            if state in ENDS:
                return
            news = await self._reader.look(enrolment.card_session_id)
            if news is not None and news != told:
                yield f"event: reader\ndata: {json.dumps(asdict(news))}\n\n"
                told = news
            await asyncio.sleep(LOOK_EVERY)

    async def _presented(self, enrolment: Enrolment, officer: Member) -> Presented | None:
        if enrolment.state not in FACE_STEPS:
            return None
        try:
            return await self._enrolments.presented(enrolment.id, officer=officer)
        except NotFound:  # pulled between two looks: the page shows the step without the data and moves on by itself
            return None

    async def _link(self, enrolment: Enrolment, officer: Member) -> str | None:
        token = await self._enrolments.passkey_link_of(enrolment.id, officer=officer)
        return None if token is None else f"{self._issuer}{page_of_link(token)}"


def _enrolment_id(request: Request) -> EnrolmentId:
    return EnrolmentId(request.path_params["enrolment_id"])


def _journey(named: str, offered: Collection[JourneyKey]) -> JourneyKey:
    for journey in offered:
        if journey.value == named:
            return journey
    raise Refused(WebProblem.MALFORMED, "journey")


def _to(enrolment_id: EnrolmentId) -> Response:
    return RedirectResponse(f"/enrolments/{enrolment_id}", 303)
