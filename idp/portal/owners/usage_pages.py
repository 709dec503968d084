"""Who used my data: a drawing, a table, and the same for a spreadsheet; from there to the rights."""

import csv
import io
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Member
from idp.catalogue.datasets import DATASETS
from idp.catalogue.photo import PHOTO
from idp.kernel.errors import NotFound
from idp.oversight.owners.model import OwnerProblem
from idp.oversight.owners.service import PERIODS, period
from idp.oversight.watched.model import NAMES
from idp.portal.bars import bars_of
from idp.portal.downloads import download
from idp.portal.owners.desk import HOME, ROLES, Desk
from idp.portal.staff import decider_of
from idp.web.routes import Entry

SHOWN: Final = 100
"""Agencies and data sets on the page; the others are in the file."""
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
        days, by = _days(request), decider_of(member)
        async with self._desk.storage.reading() as uow:
            owner = await self._desk.usage.owner(uow, by)
            use = await self._desk.usage.use(uow, days=days, by=by)
            shown, rest = use.by_agency[:SHOWN], use.by_agency[SHOWN:]
            agencies = await self._desk.agencies.agencies_named(uow, {one.agency_id for one in shown})
        return self._desk.pages.render(
            request,
            "owners/usage.html",
            members=(member,),
            owner=owner,
            shown=shown,
            fewer=len(rest),
            of_fewer=sum(one.released for one in rest),
            agencies=agencies,
            datasets=DATASETS,
            days=days,
            periods=PERIODS,
            bars=bars_of(list(use.released.values())),
            highest=max(use.released.values(), default=0),
            has_photos=PHOTO.id in owner.owns,
            has_people=NAMES in owner.owns,
        )

    async def table(self, request: Request, member: Member) -> Response:
        """Its rows, for a spreadsheet."""
        days, by = _days(request), decider_of(member)
        async with self._desk.storage.reading() as uow:
            rows = await self._desk.usage.each_day(uow, days=days, by=by)
            agencies = await self._desk.agencies.agencies_named(uow, {one.agency_id for one in rows})
            first, last = period(uow.now, days)
        held = io.StringIO()
        writer = csv.writer(held)
        writer.writerow(HEADERS)
        for one in rows:
            code = agencies[one.agency_id].code
            writer.writerow((one.day.isoformat(), code, one.dataset, one.released, one.refused, one.officers))
        name = f"used-{first.isoformat()}-{last.isoformat()}.csv"
        return download(held.getvalue(), name=name, media_type="text/csv; charset=utf-8")


def _days(request: Request) -> int:
    """How many days are asked for. Raises NotFound (NO_SUCH_PERIOD)."""
    asked = request.query_params.get("days", str(PERIODS[1]))
    if asked not in map(str, PERIODS):
        raise NotFound(OwnerProblem.NO_SUCH_PERIOD)
    return int(asked)
