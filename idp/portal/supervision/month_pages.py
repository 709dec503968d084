"""The month of an agency's look-ups: on screen with a drawing, as a table for a spreadsheet, as a sealed PDF."""

import csv
import io
from datetime import date
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Member
from idp.kernel.errors import NotFound, Unavailable
from idp.oversight.followup.model import Flag, Verdict
from idp.oversight.months.model import Month, MonthProblem
from idp.oversight.months.service import Months
from idp.portal.bars import bars_of
from idp.portal.downloads import download
from idp.portal.staff import decider_of
from idp.portal.supervision.desk import FORM, HOME, ROLES, Desk
from idp.portal.supervision.model import MonthName
from idp.portal.supervision.month_paper import MonthPapers
from idp.web.forms import read_form
from idp.web.routes import Entry

HEADERS = ("day", "named_by_number", "released", "refused")


class MonthPages:
    """`/supervision/months/…`: for supervisors, who give it to the head of the agency."""

    def __init__(self, desk: Desk, *, months: Months, papers: MonthPapers) -> None:
        self._desk = desk
        self._months = months
        self._papers = papers

    def entries(self) -> tuple[Entry, ...]:
        """The route table of months."""
        one = f"{HOME}/months/{{month}}"
        rows = (
            (f"{HOME}/months", "GET", self.present, "supervision_months"),
            (one, "GET", self.show, "supervision_month"),
            (f"{one}/days.csv", "GET", self.table, "supervision_month_csv"),
            (f"{one}/report.pdf", "POST", self.paper, "supervision_month_pdf"),
        )
        return self._desk.gate.entries_in_one_role(ROLES, rows)

    async def present(self, request: Request, member: Member) -> Response:
        """The month that is under way."""
        return await self._page(request, member, self._months.offered()[0])

    async def show(self, request: Request, member: Member) -> Response:
        """One month."""
        return await self._page(request, member, _month(request))

    async def table(self, request: Request, member: Member) -> Response:
        """Its days, for a spreadsheet."""
        month = await self._month(member, _month(request))
        held = io.StringIO()
        writer = csv.writer(held)
        writer.writerow(HEADERS)
        writer.writerows((one.day.isoformat(), one.named, one.released, one.refused) for one in month.days)
        return download(held.getvalue(), name=f"look-ups-{month.first:%Y-%m}.csv", media_type="text/csv; charset=utf-8")

    async def paper(self, request: Request, member: Member) -> Response:
        """The sealed report; that it was taken out is on record."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        first = _month(request)
        try:
            report_id, pdf = await self._papers.paper(first, by=decider_of(member))
        except Unavailable as refusal:
            answer = await self._page(request, member, first, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return download(pdf, name=f"{report_id}.pdf", media_type="application/pdf")

    async def _month(self, member: Member, first: date) -> Month:
        async with self._desk.storage.reading() as uow:
            return await self._months.month(uow, first, by=decider_of(member))

    async def _page(self, request: Request, member: Member, first: date, *, problem: StrEnum | None = None) -> Response:
        month = await self._month(member, first)
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "supervision/month.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            month=month,
            name=MonthName(first),
            bars=bars_of([one.named for one in month.days]),
            highest=max(one.named for one in month.days),
            flags=list(Flag),
            findings=[one for one in Verdict if one is not Verdict.QUESTION],
            offered=[MonthName(one) for one in self._months.offered()],
            problem=text,
        )


def _month(request: Request) -> date:
    """The month of the address. Raises NotFound (NO_SUCH_MONTH)."""
    try:
        return date.fromisoformat(f"{request.path_params['month']}-01")
    except ValueError as error:
        raise NotFound(MonthProblem.NO_SUCH_MONTH) from error
