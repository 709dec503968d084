"""What the pages of look-ups share: their rooms, the gate with the daily notice, and how a visit is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member, Role
from idp.kernel.ids import MemberId
from idp.keys.envelope import PersonalData
from idp.portal.look_ups import store
from idp.portal.look_ups.answers import MenuRow, is_check, menu_row
from idp.portal.look_ups.gateway import Denied, Exchange
from idp.portal.look_ups.model import LookUpProblem, Offer, Purpose, Visit
from idp.portal.look_ups.purposes import Purposes, offers_on
from idp.portal.look_ups.visits import Visits
from idp.portal.look_ups.ways import Ways
from idp.portal.staff import StaffGate, StaffPage
from idp.stations.desk import Desk
from idp.stations.model import Station
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue, ProblemText
from idp.web.pages import Pages
from idp.web.routes import Entry

HOME: Final = "/look-ups"
NOTICE: Final = "/look-ups/notice"
FORM: Final = "look_ups"
OFFICER: Final = Role.LOOKUP_OFFICER
NOT_KEPT: Final = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Counter:
    """Given to every family of these pages."""

    pages: Pages
    csrf: Csrf
    problems: ProblemCatalogue
    storage: Storage
    personal: PersonalData
    gate: StaffGate
    visits: Visits
    ways: Ways
    purposes: Purposes
    stations: Stations
    desk: Desk
    issuer_origin: str

    def entries(self, rows: Sequence[tuple[str, str, StaffPage, str]]) -> tuple[Entry, ...]:
        """A route table for look-up officers who read today's notice of liability."""
        return self.gate.entries_at_one_agency(
            OFFICER, [(path, method, self._after_notice(page), name) for path, method, page, name in rows]
        )

    def _after_notice(self, page: StaffPage) -> StaffPage:
        async def noticed(request: Request, officer: Member) -> Response:
            async with self.storage.reading() as uow:
                has_read = await store.has_acknowledged(uow, officer.id, uow.now.astimezone(BANGKOK).date())
            if not has_read:
                return RedirectResponse(NOTICE, 303)
            answer = await page(request, officer)
            answer.headers.update(NOT_KEPT)
            return answer

        return noticed

    async def exchange(self, request: Request, visit: Visit) -> Exchange:
        """The data exchange, speaking the language of the page."""
        return await self.ways.exchange(visit.agency_id, language=self.pages.language(request).value)

    async def purpose_of(self, visit: Visit, officer: Member) -> Purpose | None:
        """What the service of a visit may have now."""
        async with self.storage.reading() as uow:
            return await self.purposes.one(uow, officer, visit.kind, visit.service_id)

    async def offers_of(self, visit: Visit, officer: Member) -> tuple[Offer, ...]:
        """What may be had in a visit now."""
        purpose = await self.purpose_of(visit, officer)
        return () if purpose is None else offers_on(purpose, visit.basis)

    async def stations_of(self, uow: UnitOfWork, officer: Member) -> list[Station]:
        """The stations that this officer may use: those of the officer's site, of all sites where none is named."""
        stations = await self.stations.of_agency(uow, officer.agency_id)
        return [one for one in stations if officer.site in ("", one.site)]

    async def render(
        self, request: Request, template: str, officer: Member, *, visit: Visit | None = None, **context: Any
    ) -> Response:
        """A page, with the bar of the visit it belongs to; of personal data it says nothing by itself."""
        bar = None if visit is None else await self._bar(visit)
        answer = self.pages.render(request, f"look_ups/{template}", members=(officer,), bar=bar, **context)
        answer.headers.update(NOT_KEPT)
        return answer

    async def _bar(self, visit: Visit) -> "Bar":
        async with self.storage.reading() as uow:
            services = await self.purposes.services(uow, visit.agency_id)
            station = None if visit.station_id is None else await self.stations.get(uow, visit.station_id)
            left = max(visit.expires_at - uow.now, timedelta())
        service = next((one for one in services if one.id == visit.service_id), None)
        return Bar(
            visit=visit,
            service_th="" if service is None else service.title_th,
            service_en="" if service is None else service.title_en,
            station_th="" if station is None else station.name_th,
            station_en="" if station is None else station.name_en,
            minutes_left=-(-int(left.total_seconds()) // 60),
        )

    def text(self, problem: LookUpProblem) -> ProblemText:
        """The words of one of our own codes."""
        return self.problems.text(problem)


@dataclass(frozen=True, slots=True, repr=False)
class Bar:
    """What stands above every page of a visit."""

    visit: Visit
    service_th: str
    service_en: str
    station_th: str
    station_en: str
    minutes_left: int


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Screens that stand together."""

    key: str
    rows: tuple[MenuRow, ...]


def menu_of(offers: Sequence[Offer]) -> tuple[MenuGroup, ...]:
    """The screens of a visit: what answers without any value first, then the card, the registries, what was added."""
    keys = ("check", "card", "dopa", "dbd", "more")
    rows = [offer.dataset for offer in offers if offer.dataset.own_path is None]
    groups = [MenuGroup(key, tuple(menu_row(dataset) for dataset in rows if _group(dataset.id) == key)) for key in keys]
    return tuple(group for group in groups if group.rows)


def _group(dataset: str) -> str:
    if is_check(dataset):
        return "check"
    family, _, name = dataset.partition(".")
    in_menu = name in ("person", "house", "address", "name_changes") or family in ("card", "dbd")
    return family if in_menu else "more"


def denied_as_text(problem: ProblemText, *, thai: bool) -> Denied:
    """One of our own problems, as the exchange's are shown."""
    return Denied(
        code=problem.code,
        status=problem.status,
        title=problem.title_th if thai else problem.title_en,
        text=problem.text_th if thai else problem.text_en,
        next=problem.next_th if thai else problem.next_en,
        retry_after=None,
    )


def place_of(visit: Visit) -> str:
    """The page of a visit."""
    return f"{HOME}/visits/{visit.id}"


def others_of(request: Request, officer: Member) -> list[MemberId]:
    """The same person's posts at other agencies."""
    held: tuple[Member, ...] = getattr(request.state, "menu_of", ())
    return [one.id for one in held if one.id != officer.id]
