"""How the registries and the keys stand; and the shutter, by which nobody asks a registry's service for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import AccessHours, AgencyProblem, Member
from idp.agencies.rules import next_opening
from idp.catalogue.hours import ServiceHours, hours_of
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.portal.platform.gate import PlatformGate
from idp.portal.platform.model import KeyCalendar, RegistriesHealth, ServiceHealth
from idp.portal.staff import decider_of
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

REGISTRIES: Final = "/registries"
KEYS: Final = "/keys"
FORM: Final = "registries"
MINUTES: Final = 60
SOON: Final = timedelta(days=30)
REFUSALS: Final = (Refused, NotFound, Conflict)
_HIGH: Final = 48
"""The height of a chart in its own units; a minute is ten wide."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute of a chart: how high its parts stand, from the top down."""

    x: int
    failed: int
    turned_away: int
    answered: int


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service as it is shown: with its chart, and the minutes in which anything happened, newest first.

    `hours` None: it answers at all hours; `opens_at` None while it is open by them.
    """

    health: ServiceHealth
    hours: ServiceHours | None
    opens_at: datetime | None
    titles: tuple[object, ...]
    bars: tuple[Bar, ...]
    most: int


class StatePages:
    """`/registries` and `/keys`: for administrators of the platform."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: PlatformGate,
        registries: RegistriesHealth,
        keys: KeyCalendar,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._registries = registries
        self._keys = keys

    def entries(self) -> tuple[Entry, ...]:
        """The route table of states."""
        rows = (
            (REGISTRIES, "GET", self.registries, "registries"),
            (REGISTRIES, "POST", self.shutter, "registry_shutter"),
            (KEYS, "GET", self.keys, "keys_calendar"),
        )
        return self._gate.entries(rows)

    async def registries(self, request: Request, member: Member) -> Response:
        """Every service, minute by minute."""
        return await self._show(request, member)

    async def shutter(self, request: Request, member: Member) -> Response:
        """Stop asking a service, with a reason, or ask it again: at once, by one person."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        by, service = decider_of(member), form.one("service")
        try:
            async with self._storage.unit_of_work() as uow:
                match form.one("act"):
                    case "shut":
                        await self._registries.shut(uow, service, reason=form.one("reason"), by=by)
                    case "open":
                        await self._registries.open(uow, service, by=by)
                    case _:
                        raise Refused(AgencyProblem.UNKNOWN, "act")
        except REFUSALS as refusal:
            answer = await self._show(request, member, problem=refusal.code)
            await self._gate.staff.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{REGISTRIES}#{service}", 303)

    async def keys(self, request: Request, member: Member) -> Response:
        """What has to be done next, first."""
        now = self._storage.clock.now()
        rows = await self._keys.rows()
        return self._pages.render(
            request,
            "platform/keys.html",
            members=(member,),
            rows=[(row, row.is_overdue(now), row.due_at is not None and row.due_at <= now + SOON) for row in rows],
        )

    async def _show(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            services = await self._registries.services(uow)
            now = uow.now
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "platform/registries.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            cards=[_card(one, now=now) for one in services],
            high=_HIGH,
            wide=MINUTES * 10,
            problem=text,
        )


def _card(health: ServiceHealth, *, now: datetime) -> ServiceCard:
    titles = tuple(shown_dataset(dataset) for dataset in health.datasets)
    most = max((one.answered + one.turned_away + one.failed for one in health.minutes), default=0)
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    bars = []
    for one in health.minutes:
        place = int((one.at - first) / timedelta(minutes=1))
        failed, turned_away, answered = (_scaled(value, most) for value in (one.failed, one.turned_away, one.answered))
        bars.append(Bar(place * 10, failed, turned_away, answered))
    hours = hours_of(health.service)
    return ServiceCard(health, hours, _opens_at(hours, now=now), titles, tuple(bars), most)


def _opens_at(hours: ServiceHours | None, *, now: datetime) -> datetime | None:
    opens = now if hours is None else next_opening(AccessHours(hours.days, hours.opens, hours.closes), now=now)
    return None if opens <= now else opens


def _scaled(value: int, most: int) -> int:
    """In the units of the chart; what happened at all is seen."""
    return 0 if not value else max(2, value * _HIGH // most)
