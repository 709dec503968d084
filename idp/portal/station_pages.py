"""The agency's card stations: which there are, pairing one by a code, ending one, and the light of a counter."""

import asyncio
import json
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from idp.agencies.model import Member, Role
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import StationId
from idp.portal.staff import StaffGate
from idp.stations.desk import Desk
from idp.stations.model import PlannedStation, Station, StationMode
from idp.stations.pairing import Pairings
from idp.stations.service import Stations
from idp.stations.state_rules import StationView
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Entry

FORM: Final = "station"
ADMINS: Final = (Role.AGENCY_ADMIN, Role.ENROLMENT_ADMIN)
USERS: Final = (*ADMINS, Role.ENROLMENT_OFFICER, Role.LOOKUP_OFFICER)
LOOK_EVERY: Final = 0.3
"""Seconds between two looks at the light: a card that is pulled shows within one second."""
STREAM_SECONDS: Final = 300.0
"""How long one stream lives before the browser asks again, so that a session that ended is noticed."""


class StationPages:
    """`/stations…`: administrators make, renew and end stations; officers see the light of theirs."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        stations: Stations,
        pairings: Pairings,
        desk: Desk,
        issuer: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._stations = stations
        self._pairings = pairings
        self._desk = desk
        self._issuer = issuer

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        managed = (
            ("/stations", "GET", self.list_page, "stations"),
            ("/stations", "POST", self.make, "station_make"),
            ("/stations/{station_id}/pair", "POST", self.renew, "station_pair"),
            ("/stations/{station_id}/revoke", "POST", self.revoke, "station_revoke"),
        )
        used = (
            ("/stations/help", "GET", self.help_page, "station_help"),
            ("/stations/{station_id}", "GET", self.show, "station"),
            ("/stations/{station_id}/events", "GET", self.events, "station_events"),
        )
        return (
            *self._gate.entries_in_one_role(ADMINS, managed),
            *self._gate.entries_in_one_role(USERS, used),
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """Every station of the agency with its light, and the form for one more."""
        return await self._list(request, admin)

    async def _list(self, request: Request, admin: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            stations = await self._stations.of_agency(uow, admin.agency_id)
            rows = [(station, self._desk.light(station, now=uow.now)) for station in stations]
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "stations.html",
            status_code=200 if text is None else text.status,
            members=(admin,),
            rows=rows,
            problem=text,
        )

    async def help_page(self, request: Request, member: Member) -> Response:
        """How the card program is installed and paired."""
        return self._pages.render(request, "station_help.html", members=(member,), issuer=self._issuer)

    async def make(self, request: Request, admin: Member) -> Response:
        """A code for a new station; shown once, in the answer to the form and in no address."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        planned = PlannedStation(form.one("name_th"), form.one("name_en"), form.one("site"), _mode(form))
        try:
            return await self._code(request, admin, planned)
        except (Refused, Conflict) as refusal:
            answer = await self._list(request, admin, problem=refusal.code)
            await self._gate.note_refusal(admin, request, refusal)
            return answer

    async def renew(self, request: Request, admin: Member) -> Response:
        """A code by which another computer, or a new key, takes this station's place."""
        self._csrf.check(request, await read_form(request), form=FORM)
        station = await self._own(request, admin)
        planned = PlannedStation(station.name_th, station.name_en, station.site, station.mode, replaces=station.id)
        return await self._code(request, admin, planned)

    async def revoke(self, request: Request, admin: Member) -> Response:
        """Believe this station no more."""
        self._csrf.check(request, await read_form(request), form=FORM)
        station = await self._own(request, admin)
        async with self._storage.unit_of_work() as uow:
            await self._stations.revoke(uow, station.id, by=Actor(ActorKind.MEMBER, admin.id))
        return RedirectResponse("/stations", 303)

    async def show(self, request: Request, member: Member) -> Response:
        """The light of one counter, and what it waits for."""
        station = await self._own(request, member)
        view = await self._desk.view(station.id, member=member)
        return self._pages.render(
            request, "station.html", members=(member,), station=station, view=view, issuer=self._issuer
        )

    async def events(self, request: Request, member: Member) -> Response:
        """Server-sent events: one `light` whenever it changes."""
        station = await self._own(request, member)
        return StreamingResponse(
            self._lights(request, station.id, member),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def _lights(self, request: Request, station_id: StationId, member: Member) -> AsyncIterator[str]:
        shown: StationView | None = None
        deadline = asyncio.get_running_loop().time() + STREAM_SECONDS
        while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
            view = await self._desk.view(station_id, member=member)
            if view != shown:
                yield f"event: light\ndata: {json.dumps(_news(view))}\n\n"
                shown = view
            await asyncio.sleep(LOOK_EVERY)

    async def _code(self, request: Request, admin: Member, planned: PlannedStation) -> Response:
        async with self._storage.unit_of_work() as uow:
            code = await self._pairings.offer(uow, planned, by=admin)
        return self._pages.render(
            request, "station_code.html", members=(admin,), planned=planned, code=code, issuer=self._issuer
        )

    async def _own(self, request: Request, member: Member) -> Station:
        async with self._storage.reading() as uow:
            return await self._stations.active_of(
                uow, StationId(request.path_params["station_id"]), agency_id=member.agency_id
            )


def _mode(form: Form) -> StationMode:
    try:
        return StationMode(form.one("mode"))
    except ValueError as error:
        raise Refused(WebProblem.MALFORMED, "mode") from error


def _news(view: StationView) -> dict[str, str]:
    trouble = "" if view.trouble is None else view.trouble.value
    return {"state": view.state.value, "need": view.need.value, "trouble": trouble}
