"""What ends when: the calendar of the agency's rights; and the papers its services no longer ask people for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreement_store import find_agreements
from idp.agencies.model import Agreement, Member, PaperReplaced, Service, Standing
from idp.agencies.rules import is_in_force
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.portal.agency.charts import bar_chart
from idp.portal.agency.desk import Desk
from idp.portal.agency.model import PaperRow, UsageBook
from idp.portal.downloads import download
from idp.web.routes import Entry

CALENDAR: Final = "/agency/calendar"
PAPERS: Final = "/agency/papers"
STEPS: Final = (30, 60, 90)
"""Days before the end at which a right is counted as ending soon."""
REMIND_DAYS: Final = 60
"""An extension takes the owner of the data weeks: a calendar reminds that long before."""
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class EndingRight:
    """A right that is in force, by the first step that its end lies within; None: later than all of them."""

    agreement: Agreement
    service: Service
    within: int | None


@dataclass(frozen=True, slots=True)
class ServicePapers:
    """A service with the papers that it does not ask for, and how many of each data set were not."""

    service: Service
    papers: tuple[tuple[PaperReplaced, int], ...]


class RightPages:
    """`/agency/calendar` and `/agency/papers`. `host` names entries of a calendar for ever."""

    def __init__(self, *, desk: Desk, agencies: Agencies, book: UsageBook, host: str) -> None:
        self._desk = desk
        self._agencies = agencies
        self._book = book
        self._host = host

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (CALENDAR, "GET", self.calendar, "agency_calendar"),
                (f"{CALENDAR}.ics", "GET", self.file, "agency_calendar_file"),
                (PAPERS, "GET", self.papers, "agency_papers"),
            )
        )

    async def calendar(self, request: Request, admin: Member) -> Response:
        """Rights by when they end."""
        rights = await self._rights(admin)
        steps = [(step, [one for one in rights if one.within == step]) for step in STEPS]
        return self._desk.show(
            request,
            admin,
            "calendar.html",
            steps=steps,
            later=[one for one in rights if one.within is None],
            datasets=DATASETS,
        )

    async def file(self, _request: Request, admin: Member) -> Response:
        """The same for a calendar program (RFC 5545), with a reminder two months ahead."""
        rights = await self._rights(admin)
        content = calendar_file(rights, host=self._host, now=self._desk.storage.clock.now())
        return download(content, name="agreements.ics", media_type="text/calendar; charset=utf-8")

    async def papers(self, request: Request, admin: Member) -> Response:
        """For each service the papers, the law that asks for them, the data set in their place, and counts."""
        async with self._desk.storage.reading() as uow:
            services = await self._agencies.services_of(uow, admin.agency_id)
            rows = await self._book.papers(uow, [one.id for one in services])
        return self._desk.show(
            request,
            admin,
            "papers.html",
            services=_papers_of(services, rows),
            chart=bar_chart(_by_month(rows)),
            months=_by_month(rows),
            datasets=DATASETS,
            total=sum(one.papers for one in rows),
        )

    async def _rights(self, admin: Member) -> list[EndingRight]:
        async with self._desk.storage.reading() as uow:
            found = [
                one for one in await find_agreements(uow, agency_id=admin.agency_id) if is_in_force(one, now=uow.now)
            ]
            services = await self._agencies.services_named(uow, {one.service_id for one in found})
            now = uow.now
        rights = [EndingRight(one, services[one.service_id], _within(one, now)) for one in found]
        return sorted(rights, key=lambda one: (one.agreement.valid_until, one.agreement.id))


def calendar_file(rights: Sequence[EndingRight], *, host: str, now: datetime) -> str:
    """An iCalendar file with one whole day for each right that ends (RFC 5545 §3.6.1)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tuaton//agreements//TH"]
    for one in rights:
        last = (one.agreement.valid_until.astimezone(BANGKOK) - timedelta(milliseconds=1)).date()
        dataset = DATASETS.get(one.agreement.dataset)
        title = one.agreement.dataset if dataset is None else dataset.title_th
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.agreement.id}@{host}",
            f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{last:%Y%m%d}",
            f"SUMMARY:{_escaped(f'สิทธิใช้ข้อมูลสิ้นสุด: {title} ({one.service.title_th})')}",
            f"DESCRIPTION:{_escaped(one.agreement.reference_no)}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(title)}",
            f"TRIGGER:-P{REMIND_DAYS}D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    # §3.1: lines end with CR LF, and none "SHOULD be longer than 75 octets, excluding the line break"
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _folded(line: str) -> list[str]:
    parts, part, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > 74:
            parts.append(part)
            part, octets = " ", 1
        part, octets = part + character, octets + size
    return [*parts, part]


def _escaped(text: str) -> str:
    # §3.3.11: "a BACKSLASH … a SEMICOLON … a COMMA … MUST be escaped"
    for one in ("\\", ";", ","):
        text = text.replace(one, f"\\{one}")
    return text.replace("\r", " ").replace("\n", " ")


def _within(one: Agreement, now: datetime) -> int | None:
    return next((step for step in STEPS if one.valid_until <= now + timedelta(days=step)), None)


def _papers_of(services: Sequence[Service], rows: Sequence[PaperRow]) -> list[ServicePapers]:
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        counted[row.service_id, row.dataset] += row.releases
    return [
        ServicePapers(one, tuple((paper, counted[one.id, paper.dataset]) for paper in one.papers_replaced))
        for one in services
        if one.status is not Standing.ENDED
    ]


def _by_month(rows: Sequence[PaperRow]) -> list[tuple[str, int, int]]:
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        counted[row.month] += row.papers
    return [(month, papers, 0) for month, papers in sorted(counted.items())[-MONTHS:]]
