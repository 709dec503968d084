"""From a consent page: telling those who look after digital IDs that something is wrong with who asks."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.model import AuthenticationProblem
from idp.authentication.owner_acts import hold_live
from idp.authorization.requests.model import PendingRequest
from idp.authorization.requests.service import AuthorizationRequests
from idp.enrolment.reviews.doubts import Doubts
from idp.kernel.errors import Refused
from idp.provider.pages.consent import consent_form, reference_of
from idp.provider.pages.flows import Flows, continue_url
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PATH = "/consent/report"


class ConsentReportPages:
    """`/consent/report`: one open case of a person about one program; the question of the program waits meanwhile."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        requests: AuthorizationRequests,
        flows: Flows,
        doubts: Doubts,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._requests = requests
        self._flows = flows
        self._doubts = doubts

    def entries(self) -> tuple[Entry, ...]:
        """The page and its form. Who is not signed in is sent back to the dispatcher of the flow."""
        return (
            Entry(PATH, ("GET",), self._show, Access.CITIZEN, "consent_report"),
            Entry(PATH, ("POST",), self._report, Access.CITIZEN, "consent_reported"),
        )

    async def _show(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        pending = self._requests.open_flow(flow, self._csrf.browsers.of(request))
        citizen = await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        return await self._page(request, flow, pending, citizen)

    async def _report(self, request: Request) -> Response:
        form = await read_form(request)
        flow, text = form.one("flow"), form.one("text")
        self._csrf.check_origin(request)
        pending = self._requests.open_flow(flow, self._csrf.browsers.of(request))
        citizen = await self._citizens.find(request)
        if citizen is None:
            return RedirectResponse(continue_url(flow), 303)
        self._csrf.check(request, form, form=_form(flow, citizen))
        asker = await self._flows.asker(flow, self._csrf.browsers.of(request))
        # the reviewers of the issuer read Thai
        said = "\n".join((asker.client_th, asker.agency_th, reference_of(pending), *_purposes(pending)))
        try:
            async with self._storage.unit_of_work() as uow:
                await hold_live(uow, citizen.session)
                await self._doubts.report_asker(uow, citizen.subscriber.id, pending.client_id, asker=said, text=text)
        except Refused as refusal:
            if refusal.code is AuthenticationProblem.SIGN_IN_NEEDED:
                return RedirectResponse(continue_url(flow), 303)
            # the words stay where they were written
            return await self._page(request, flow, pending, citizen, refusal=refusal)
        # shown anew, so that reloading sends nothing twice
        return RedirectResponse(f"{PATH}?{urlencode({'flow': flow})}", 303)

    async def _page(
        self,
        request: Request,
        flow: str,
        pending: PendingRequest,
        citizen: Citizen,
        *,
        refusal: Refused | None = None,
    ) -> Response:
        problem = None if refusal is None else self._problems.text(refusal.code)
        async with self._storage.reading() as uow:
            case = await self._doubts.open_about_asker(uow, citizen.subscriber.id, pending.client_id)
        return self._pages.render(
            request,
            "consent_report.html",
            judged=("flow",),
            status_code=200 if problem is None else problem.status,
            ui_locales=pending.request.ui_locales,
            flow=flow,
            form=_form(flow, citizen),
            asker=await self._flows.asker(flow, self._csrf.browsers.of(request)),
            reference=reference_of(pending),
            case=case,
            problem=problem,
        )


def _purposes(pending: PendingRequest) -> tuple[str, ...]:
    """The services that the request names."""
    return tuple(dict.fromkeys(str(detail.purpose) for detail in pending.details))


def _form(flow: str, citizen: Citizen) -> str:
    return f"report:{consent_form(flow, citizen.session)}"
