"""What the agency asked for: by day, service, data set, outcome and officer, and what was noticed about it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.member_store import find_live_members_named
from idp.agencies.model import Member
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.portal.agency.charts import bar_chart
from idp.portal.agency.desk import PAGE_LENGTH, Desk
from idp.portal.agency.model import OfficerCount, UsageBook, UsageRow
from idp.portal.agency.officer_pages import Names
from idp.portal.downloads import TABLE, TABLE_MARK, download, table
from idp.web.routes import Entry

PATH: Final = "/agency/usage"
SPANS: Final = {"7": 7, "31": 31}
MANY_TIMES: Final = 3
"""How often more than the officer in the middle somebody asks who is marked: a question to ask, no accusation."""
FEW: Final = 10
"""Nobody is marked for so few look-ups."""


class UsagePages:
    """`/agency/usage` and its file."""

    def __init__(self, *, desk: Desk, agencies: Agencies, book: UsageBook, names: Names) -> None:
        self._desk = desk
        self._agencies = agencies
        self._book = book
        self._names = names

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (PATH, "GET", self.page, "agency_usage"),
                (f"{PATH}.csv", "GET", self.file, "agency_usage_file"),
            )
        )

    async def page(self, request: Request, admin: Member) -> Response:
        """The last seven or thirty-one days: a drawing by day, the table, officers, and what was noticed."""
        span = _span(request)
        async with self._desk.storage.reading() as uow:
            first, last = _days(uow.now.astimezone(BANGKOK).date(), span)
            rows = await self._book.usage(uow, admin.agency_id, first=first, last=last)
            counts = await self._book.officers(uow, admin.agency_id, first=first, last=last)
            alerts = await self._book.alerts(uow, admin.agency_id, first=first, last=last)
            services = await self._agencies.services_named(uow, {one.service_id for one in rows})
            shown, rest = counts[:PAGE_LENGTH], counts[PAGE_LENGTH:]
            people = await find_live_members_named(uow, [one.member_id for one in shown], now=uow.now)
            names = await self._names.identities(uow, {one.subscriber_id for one in people.values()})
            officers = [
                (one, people[one.member_id], names.get(people[one.member_id].subscriber_id))
                for one in shown
                if one.member_id in people
            ]
        return self._desk.show(
            request,
            admin,
            "usage.html",
            span=span,
            first=first,
            last=last,
            chart=bar_chart(_by_day(rows, first, last)),
            by_service=_by_service(rows),
            services=services,
            datasets=DATASETS,
            officers=officers,
            outliers=outliers(counts),
            gone=sum(one.look_ups for one in shown if one.member_id not in people),
            fewer=len(rest),
            of_fewer=sum(one.look_ups for one in rest),
            alerts={one.flag: one.look_ups for one in alerts},
            refused_bursts=sum(one.pulls for one in rows if not one.gave),
            total=sum(one.pulls for one in rows),
        )

    async def file(self, request: Request, admin: Member) -> Response:
        """The same counts as a file; nobody is in it."""
        async with self._desk.storage.reading() as uow:
            first, last = _days(uow.now.astimezone(BANGKOK).date(), _span(request))
            rows = await self._book.usage(uow, admin.agency_id, first=first, last=last)
        counted = [(one.day.isoformat(), one.service_id, one.dataset, one.outcome, str(one.pulls)) for one in rows]
        lines = table([("day", "service", "dataset", "outcome", "pulls"), *counted])
        name = f"usage-{first.isoformat()}-{last.isoformat()}.csv"
        return download(TABLE_MARK + lines, name=name, media_type=TABLE)


def outliers(counts: Sequence[OfficerCount]) -> frozenset[str]:
    """Who asked many times as often as the officer in the middle: where there are several to compare."""
    if len(counts) < 3:
        return frozenset()
    usual = median(one.look_ups for one in counts)
    return frozenset(one.member_id for one in counts if one.look_ups >= max(FEW, MANY_TIMES * usual))


def _by_day(rows: Sequence[UsageRow], first: date, last: date) -> list[tuple[str, int, int]]:
    every, refused = Counter[date](), Counter[date]()
    for one in rows:
        every[one.day] += one.pulls
        if not one.gave:
            refused[one.day] += one.pulls
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [(f"{day.day}/{day.month}", every[day], refused[day]) for day in days]


def _by_service(rows: Sequence[UsageRow]) -> list[tuple[str, str, int, int]]:
    """Service, data set, pulls, and how many of them gave nothing; the most used first."""
    every, refused = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in rows:
        every[one.service_id, one.dataset] += one.pulls
        if not one.gave:
            refused[one.service_id, one.dataset] += one.pulls
    return [(*key, pulls, refused[key]) for key, pulls in every.most_common()]


def _span(request: Request) -> str:
    asked = request.query_params.get("days", "7")
    return asked if asked in SPANS else "7"


def _days(today: date, span: str) -> tuple[date, date]:
    return today - timedelta(days=SPANS[span] - 1), today
