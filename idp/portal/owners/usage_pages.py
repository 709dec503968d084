"""Who used my data: a drawing, a table, and the same for a spreadsheet; from there to the rights."""

import csv
import io
from collections import defaultdict
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Agency, Member
from idp.catalogue.datasets import DATASETS
from idp.catalogue.photo import PHOTO
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId
from idp.oversight.owners.model import OwnerProblem, OwnersUse
from idp.oversight.owners.service import PERIODS
from idp.oversight.watched.model import NAMES
from idp.portal.bars import bars_of
from idp.portal.downloads import download
from idp.portal.owners.desk import HOME, ROLES, Desk
from idp.portal.staff import decider_of
from idp.web.routes import Entry

HEADERS = ("day", "agency", "dataset", "released", "refused", "officers")


class UsagePages:
    """`/my-data…`: for the staff of an owner."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def entries(self) -> tuple[Entry, ...]:
        """The route table of what is used."""
        rows = ((HOME, "GET", self.show, "owner_usage"), (f"{HOME}/days.csv", "GET", self.table, "owner_usage_csv"))
        return self._desk.gate.entries_in_one_role(ROLES, rows)

    async def show(self, request: Request, member: Member) -> Response:
        """The last days: how much a day, and by whom."""
        use, agencies, owner = await self._use(request, member)
        days = _each_day(use)
        counted: dict[date, int] = defaultdict(int)
        for one in use.rows:
            counted[one.day] += one.released
        return self._desk.pages.render(
            request,
            "owners/usage.html",
            members=(member,),
            owner=owner,
            use=use,
            agencies=agencies,
            datasets=DATASETS,
            days=len(days),
            periods=PERIODS,
            bars=bars_of([counted[day] for day in days]),
            highest=max(counted.values(), default=0),
            has_photos=PHOTO.id in owner.owns,
            has_people=NAMES in owner.owns,
        )

    async def table(self, request: Request, member: Member) -> Response:
        """Its rows, for a spreadsheet."""
        use, agencies, _ = await self._use(request, member)
        held = io.StringIO()
        writer = csv.writer(held)
        writer.writerow(HEADERS)
        for one in use.rows:
            code = agencies[one.agency_id].code
            writer.writerow((one.day.isoformat(), code, one.dataset, one.released, one.refused, one.officers))
        name = f"used-{use.first.isoformat()}-{use.last.isoformat()}.csv"
        return download(held.getvalue(), name=name, media_type="text/csv; charset=utf-8")

    async def _use(self, request: Request, member: Member) -> tuple[OwnersUse, dict[AgencyId, Agency], Agency]:
        async with self._desk.storage.reading() as uow:
            by = decider_of(member)
            use = await self._desk.usage.use(uow, days=_days(request), by=by)
            agencies = await self._desk.agencies.agencies_named(uow, {one.agency_id for one in use.rows})
            return use, agencies, await self._desk.usage.owner(uow, by)


def _days(request: Request) -> int:
    """How many days are asked for. Raises NotFound (NO_SUCH_PERIOD)."""
    asked = request.query_params.get("days", str(PERIODS[1]))
    if asked not in map(str, PERIODS):
        raise NotFound(OwnerProblem.NO_SUCH_PERIOD)
    return int(asked)


def _each_day(use: OwnersUse) -> list[date]:
    return [use.first + timedelta(days=one) for one in range((use.last - use.first).days + 1)]
