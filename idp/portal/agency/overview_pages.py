"""The first page of the agency's administrator: what needs doing, and the way to everything."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreement_store import find_agreements
from idp.agencies.model import Member
from idp.agencies.rules import is_in_force
from idp.agencies.seats.attendance import count_to_review
from idp.agencies.service import Agencies
from idp.authorization.client_registration.request_log import last_requests
from idp.portal.agency.desk import Desk
from idp.portal.agency.model import NewPrograms, UsageBook
from idp.portal.staff import decider_of
from idp.stations.service import Stations
from idp.storage.storage import UnitOfWork
from idp.web.routes import Entry

PATH: Final = "/agency"
SOON: Final = timedelta(days=60)
SILENT: Final = timedelta(days=7)
COUNTED: Final = 100
"""People of whom so many wait are not counted further."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """What waits for somebody, as numbers; nothing is shown where there is nothing."""

    to_review: int
    proposals: int
    rights_ending: int
    failing_programs: int
    silent_stations: int
    alerts: int
    account_refused: bool

    @property
    def nothing(self) -> bool:
        """True when all is done."""
        counts = (self.to_review, self.proposals, self.rights_ending, self.failing_programs, self.silent_stations)
        return not any(counts) and not self.alerts and not self.account_refused


class OverviewPages:
    """`/agency`."""

    def __init__(
        self,
        *,
        desk: Desk,
        agencies: Agencies,
        stations: Stations,
        accounts: CompanyAccounts,
        new: NewPrograms,
        book: UsageBook,
    ) -> None:
        self._desk = desk
        self._agencies = agencies
        self._stations = stations
        self._accounts = accounts
        self._new = new
        self._book = book

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(((PATH, "GET", self.page, "agency_overview"),))

    async def page(self, request: Request, admin: Member) -> Response:
        """What needs doing, then what there is."""
        async with self._desk.storage.reading() as uow:
            agency = await self._agencies.agency(uow, admin.agency_id)
            todo = await self._todo(uow, admin)
        return self._desk.show(request, admin, "overview.html", agency=agency, todo=todo, counted=COUNTED)

    async def _todo(self, uow: UnitOfWork, admin: Member) -> ToDo:
        now = uow.now
        today = now.astimezone(BANGKOK).date()
        alerts = await self._book.alerts(uow, admin.agency_id, first=today - timedelta(days=6), last=today)
        failed = await last_requests(uow, admin.agency_id, client_id=None, failed_only=True, limit=100)
        rights = await find_agreements(uow, agency_id=admin.agency_id)
        stations = await self._stations.of_agency(uow, admin.agency_id)
        account = await self._accounts.state(uow, admin.agency_id)
        return ToDo(
            to_review=await count_to_review(uow, admin.agency_id, most=COUNTED),
            proposals=len(await self._new.waiting(uow, decider_of(admin))),
            rights_ending=sum(is_in_force(one, now=now) and one.valid_until <= now + SOON for one in rights),
            failing_programs=len({one.client_id for one in failed if one.last_at >= now - timedelta(days=1)}),
            silent_stations=sum(one.presence is not None and one.presence.seen_at <= now - SILENT for one in stations),
            alerts=sum(one.look_ups for one in alerts),
            account_refused=account is not None and account.tested is not None and account.tested.value == "refused",
        )
