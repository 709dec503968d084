"""Enrolling by ThaiD: what is asked and why, leaving for ThaiD, and coming back with its answer."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.audit.security_log import SecurityLog
from idp.authentication.other_device.rules import counts_for_adding
from idp.authentication.passkey_links import page_of_link
from idp.enrolment.by_thaid.model import SignedIn, ThaidProblem
from idp.enrolment.by_thaid.rules import ATTEMPT_LIFE
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.provider.pages.session_cookie import Citizens
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM: Final = "enrol_thaid"
CALLBACK: Final = "/enrol/thaid/callback"


class ThaidPages:
    """`/enrol/thaid` and where ThaiD answers to. `enrolments` is None where no ThaiD is connected."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        citizens: Citizens,
        enrolments: ThaidEnrolments | None,
        security_log: SecurityLog,
        https: bool,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._citizens = citizens
        self._enrolments = enrolments
        self._security_log = security_log
        self._https = https
        self._cookie = "__Host-id-thaid" if https else "id-thaid"

    def entries(self) -> tuple[Entry, ...]:
        """Anyone may begin; only the browser that began may end."""
        return (
            Entry("/enrol/thaid", ("GET",), self._page, Access.ANYONE, "enrol_thaid"),
            Entry("/enrol/thaid", ("POST",), self._leave, Access.ANYONE, "enrol_thaid_leave"),
            Entry(CALLBACK, ("GET",), self._arrive, Access.ANYONE, "enrol_thaid_callback"),
        )

    async def _page(self, request: Request) -> Response:
        enrolments = self._offered()
        citizen = await self._citizens.find(request)
        return self._pages.render(
            request,
            "thaid.html",
            # browsers apply the policy to the redirect that answers the form as well
            form_action=(enrolments.thaid_origin,),
            is_signed_in=citizen is not None,
        )

    async def _leave(self, request: Request) -> Response:
        enrolments = self._offered()
        self._csrf.check(request, await read_form(request), form=FORM)
        try:
            departure = await enrolments.leave(
                browser_id=self._csrf.browsers.of(request), language=self._pages.language(request).value
            )
        except Unavailable as unavailable:
            return self._ended(request, ThaidProblem(unavailable.code))
        response = RedirectResponse(departure.url, 303)
        response.set_cookie(
            self._cookie,
            departure.handle,
            max_age=int(ATTEMPT_LIFE.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )
        return response

    async def _arrive(self, request: Request) -> Response:
        enrolments, said = self._offered(), request.query_params
        try:
            # a person is never taken from an address: whoever can write one could be anybody
            if "pid" in said:
                raise self._bare_number()
            citizen = await self._citizens.find(request)
            arrival = await enrolments.arrive(
                handle=request.cookies.get(self._cookie, ""),
                browser_id=self._csrf.browsers.known(request) or "",
                state=said.get("state", ""),
                code=said.get("code", ""),
                error=said.get("error", ""),
                signed_in=None
                if citizen is None
                else SignedIn(citizen.subscriber.id, counts_for_adding(citizen.session)),
            )
        except (Refused, Unavailable) as refusal:
            response = self._ended(request, ThaidProblem(refusal.code))
        else:
            response = RedirectResponse(page_of_link(arrival.link), 303)
        response.delete_cookie(self._cookie, path="/", secure=self._https, httponly=True, samesite="lax")
        return response

    def _offered(self) -> ThaidEnrolments:
        if self._enrolments is None:
            raise NotFound(ThaidProblem.NOT_OFFERED)
        return self._enrolments

    def _bare_number(self) -> Refused:
        self._security_log.note("thaid.refused", code=ThaidProblem.NOT_THIS_ATTEMPT.value, reason="pid in the address")
        return Refused(ThaidProblem.NOT_THIS_ATTEMPT, "pid in the address")

    def _ended(self, request: Request, problem: ThaidProblem) -> Response:
        text = self._problems.text(problem)
        return self._pages.render(
            request,
            "thaid_ended.html",
            status_code=text.status,
            problem=text,
            may_sign_in=problem is ThaidProblem.HAS_AUTHENTICATOR,
            must_sign_out=problem is ThaidProblem.ANOTHER_PERSON,
        )
