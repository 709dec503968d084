"""The daily notice, the front page of look-ups, and a visit: begun, opened, followed, ended."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Refused, TuatonError
from idp.kernel.ids import MemberId, ServiceId, StationId
from idp.portal.look_ups import store
from idp.portal.look_ups.counter import FORM, HOME, NOT_KEPT, NOTICE, OFFICER, Counter, menu_of, others_of, place_of
from idp.portal.look_ups.errands import Errands
from idp.portal.look_ups.gateway import NotDone
from idp.portal.look_ups.grounds import case_in, ground_in, laws_of
from idp.portal.look_ups.model import Acknowledged, LookUpProblem, Purpose, Visit, VisitKind
from idp.portal.look_ups.photo_requests import DATASET
from idp.portal.look_ups.purposes import GROUNDS, needs_registry
from idp.web.forms import Form, read_form
from idp.web.routes import Entry

NEWS: Final = ("light", "need", "card", "percent", "fault", "ready", "reason", "codes", "over")
"""What a page is told of a card session: nothing of it says who holds the card."""


class VisitPages:
    """`/look-ups`, `/look-ups/notice`, `/look-ups/new/{kind}`, `/look-ups/visits/{id}` and its events."""

    def __init__(self, *, counter: Counter, errands: Errands, audit: AuditLog) -> None:
        self._counter = counter
        self._errands = errands
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """The route table; the notice itself is read before it was read."""
        notice = ((NOTICE, "GET", self.notice, "look_up_notice"), (NOTICE, "POST", self.read, "look_up_notice_read"))
        one = f"{HOME}/visits/{{visit_id}}"
        return (
            *self._counter.gate.entries_at_one_agency(OFFICER, notice),
            *self._counter.entries(
                (
                    (HOME, "GET", self.home, "look_ups"),
                    (f"{HOME}/new/{{kind}}", "GET", self.new, "look_up_new"),
                    (f"{HOME}/new/{{kind}}", "POST", self.begin, "look_up_begun"),
                    (one, "GET", self.show, "look_up_visit"),
                    (f"{one}/end", "POST", self.end, "look_up_ended"),
                    (f"{one}/events", "GET", self.events, "look_up_events"),
                )
            ),
        )

    async def notice(self, request: Request, officer: Member) -> Response:
        """Who looks up is liable: read once a day."""
        return await self._counter.render(request, "notice.html", officer)

    async def read(self, request: Request, officer: Member) -> Response:
        """The officer has read it; put on record once a day."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        async with self._counter.storage.unit_of_work() as uow:
            day = uow.now.astimezone(BANGKOK).date()
            if await store.acknowledge(uow, Acknowledged(officer.id, day, uow.now)):
                event = AuditEvent(
                    "look_up.notice_read", actor=Actor(ActorKind.MEMBER, officer.id), agency_id=officer.agency_id
                )
                await self._audit.append(uow, event)
        return RedirectResponse(HOME, 303)

    async def home(self, request: Request, officer: Member) -> Response:
        """What can be looked up, in the words of the menu; and the visit that is open."""
        ways = []
        async with self._counter.storage.reading() as uow:
            for kind in VisitKind:
                purposes = await self._counter.purposes.of(uow, officer, kind)
                offers = {offer.dataset.id: offer for purpose in purposes for offer in purpose.offers}
                ways.append((kind.value, menu_of(list(offers.values()))))
        shown = dict(ways)
        current = await self._counter.visits.current(officer)
        return await self._counter.render(
            request,
            "home.html",
            officer,
            current=current,
            by_card=shown[VisitKind.CARD.value],
            by_number=bool(shown[VisitKind.NUMBER.value]),
            companies=shown[VisitKind.COMPANY.value],
        )

    async def new(self, request: Request, officer: Member) -> Response:
        """For what, for which case, on which ground, and where."""
        return await self._new(request, officer, _kind(request), problem=None)

    async def begin(self, request: Request, officer: Member) -> Response:
        """Begin a visit. Where a person is looked up, the officer is sent past the issuer, which vouches for them."""
        form, kind = await read_form(request), _kind(request)
        self._counter.csrf.check(request, form, form=FORM)
        try:
            visit = await self._begin(officer, kind, form, others=others_of(request, officer))
        except Refused as refused:
            if not isinstance(refused.code, LookUpProblem):
                raise
            answer = await self._new(request, officer, kind, problem=refused.code)
            await self._counter.gate.note_refusal(officer, request, refused)
            return answer
        if kind is VisitKind.COMPANY:
            return RedirectResponse(place_of(visit), 303)
        return await self._errands.begin(request, visit, "open")

    async def show(self, request: Request, officer: Member) -> Response:
        """Where the visit stands: the light and what to do next, or what can be looked up now."""
        visit = await self._counter.visits.mine(request.path_params["visit_id"], officer)
        offers = await self._counter.offers_of(visit, officer)
        is_over = visit.is_over(self._counter.storage.clock.now())
        standing: dict[str, Any] = {}
        if not is_over and visit.kind is VisitKind.CARD and visit.anchor is not None:
            standing = await self._standing(request, visit)
        is_opened = visit.kind is VisitKind.COMPANY or visit.anchor is not None
        return await self._counter.render(
            request,
            "visit.html",
            officer,
            visit=visit,
            is_over=is_over or bool(standing.get("over")),
            is_opened=is_opened,
            is_ready=is_opened and (visit.kind is not VisitKind.CARD or bool(standing.get("ready"))),
            standing=standing,
            faults=self._faults(standing),
            menu=menu_of(offers),
            with_registry=needs_registry(offers),
            may_ask_photo=any(offer.dataset.id == DATASET for offer in offers),
        )

    async def end(self, request: Request, officer: Member) -> Response:
        """The visit is over: what was read is thrown away."""
        self._counter.csrf.check(request, await read_form(request), form=FORM)
        visit = await self._counter.visits.mine(request.path_params["visit_id"], officer)
        await self._counter.visits.end(visit)
        return RedirectResponse(place_of(visit), 303)

    async def events(self, request: Request, officer: Member) -> Response:
        """Server-sent events: `state` whenever the card session changes."""
        visit = await self._counter.visits.running(request.path_params["visit_id"], officer)
        return StreamingResponse(
            self._news(visit),
            media_type="text/event-stream",
            headers={**NOT_KEPT, "x-accel-buffering": "no"},
        )

    async def _news(self, visit: Visit) -> AsyncIterator[str]:
        # a line that broke is asked for again at once: data stand on the screen meanwhile
        yield "retry: 500\n\n"
        if visit.anchor is None:
            return
        try:
            token = await self._counter.visits.following(visit)
            exchange = await self._counter.ways.exchange(visit.agency_id, language="en")
        except TuatonError:
            return
        async for news in exchange.events(token, visit.anchor):
            said = json.loads(news)
            yield f"event: state\ndata: {json.dumps({name: said.get(name) for name in NEWS})}\n\n"

    async def _standing(self, request: Request, visit: Visit) -> dict[str, Any]:
        exchange = await self._counter.exchange(request, visit)
        try:
            token = await self._counter.visits.following(visit)
            return dict(await exchange.session(token, visit.anchor or ""))
        except NotDone:
            return {"over": True}  # the exchange knows it no more

    def _faults(self, standing: dict[str, Any]) -> list[Any]:
        """What is wrong with card, reader or the officer's session, in words."""
        named = [standing.get("fault"), *standing.get("codes", [])]
        return [text for code in named if code and (text := self._counter.problems.find(code))]

    async def _begin(self, officer: Member, kind: VisitKind, form: Form, *, others: Sequence[MemberId]) -> Visit:
        async with self._counter.storage.reading() as uow:
            purpose = await self._counter.purposes.one(uow, officer, kind, ServiceId(form.one("purpose")))
        if purpose is None:
            raise Refused(LookUpProblem.NO_PURPOSE)
        case = case_in(form)
        ground = ground_in(form, allowed=GROUNDS[kind] & purpose.bases, service=purpose.service)
        return await self._counter.visits.begin(
            officer,
            kind,
            service_id=purpose.service.id,
            case=case,
            ground=ground,
            station_id=await self._station(officer, form) if kind is VisitKind.CARD else None,
            number=_number(kind, form),
            others=others,
        )

    async def _station(self, officer: Member, form: Form) -> StationId:
        async with self._counter.storage.reading() as uow:
            known = {station.id for station in await self._counter.stations_of(uow, officer)}
        chosen = StationId(form.one("station"))
        if chosen not in known:
            raise Refused(LookUpProblem.STATION_MISSING)
        return chosen

    async def _new(
        self, request: Request, officer: Member, kind: VisitKind, *, problem: LookUpProblem | None
    ) -> Response:
        async with self._counter.storage.reading() as uow:
            purposes = await self._counter.purposes.of(uow, officer, kind)
            lights = [
                (station, self._counter.desk.light(station, now=uow.now))
                for station in await self._counter.stations_of(uow, officer)
            ]
        return await self._counter.render(
            request,
            "new.html",
            officer,
            status_code=200 if problem is None else self._counter.text(problem).status,
            form_action=(self._counter.issuer_origin,),
            kind=kind.value,
            purposes=purposes,
            bases=sorted(_bases(kind, purposes)),
            laws=[(one.service, laws_of(one.service)) for one in purposes],
            lights=lights if kind is VisitKind.CARD else (),
            problem=None if problem is None else self._counter.text(problem),
        )


def _bases(kind: VisitKind, purposes: tuple[Purpose, ...]) -> set[str]:
    return {basis.value for purpose in purposes for basis in purpose.bases & GROUNDS[kind]}


def _kind(request: Request) -> VisitKind:
    try:
        return VisitKind(request.path_params["kind"])
    except ValueError as error:
        raise Refused(LookUpProblem.UNKNOWN) from error


def _number(kind: VisitKind, form: Form) -> str | None:
    """Whom a visit without a card is about. A citizen's number is judged by the exchange: it counts each of them."""
    number = "".join(form.one("number").replace("-", "").split())
    match kind:
        case VisitKind.CARD:
            return None
        case VisitKind.NUMBER:
            return number[:32]
        case VisitKind.COMPANY:
            try:
                return JuristicId.parse(number).digits
            except InvalidIdentifier as error:
                raise Refused(LookUpProblem.NOT_A_COMPANY) from error
