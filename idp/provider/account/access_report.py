"""My account: who has seen my data, as a sealed PDF to keep or to show."""

from starlette.requests import Request
from starlette.responses import Response

from idp.kernel.errors import NotFound
from idp.oversight.reports.model import Period
from idp.provider.account.access_papers import AccessPapers
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.web.languages import page_language
from idp.web.model import WebProblem
from idp.web.routes import Access, Entry


class AccessReportPages:
    """`/account/activity/report.pdf`: the citizen's own alone; nothing in the address says whose."""

    def __init__(self, *, citizens: Citizens, papers: AccessPapers) -> None:
        self._citizens = citizens
        self._papers = papers

    def entries(self) -> tuple[Entry, ...]:
        """The file."""
        return (Entry("/account/activity/report.pdf", ("GET",), self._pdf, Access.CITIZEN, "access_report_pdf"),)

    async def _pdf(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        period = request.query_params.get("period", Period.ALL.value)
        if period not in list(Period):
            raise NotFound(WebProblem.NOT_FOUND)
        number, pdf = await self._papers.paper(citizen.subscriber.id, Period(period), page_language(request))
        headers = {"content-disposition": f'attachment; filename="{number}.pdf"'}
        return Response(pdf, media_type="application/pdf", headers=headers)
