"""The service's pages: sign in, the application with its data and papers, the last employer."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

from relying_party_demo.jobs import asking
from relying_party_demo.jobs.store import Applicant, Store
from relying_party_demo.national_id.client import NationalId
from relying_party_demo.national_id.gateway import DataGateway, Delivery
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.national_id.sign_ins import SignIns
from relying_party_demo.site import HEADERS, Site
from relying_party_demo.texts import BANGKOK

SESSION_COOKIE = "jobs-session"
ATTEMPT_COOKIE = "jobs-attempt"
DELIVERIES: Final[Mapping[str, Delivery]] = {asking.COMPANY: "sealed", "dbd.company-password": "password"}
LONGEST_CASE: Final = 40
ACCESS_ENDED: Final = frozenset({"invalid_grant", "invalid_token", "EXC-03"})
"""What is answered once a consent was taken back or ran out: trying again changes nothing, agreeing again does."""
Page = Callable[[Request, Applicant], Awaitable[Response]]


class JobPages:
    """Every page of the service. Data pages are for the applicant they belong to, and for nobody else."""

    def __init__(
        self,
        *,
        national_id: NationalId,
        gateway: DataGateway,
        sign_ins: SignIns,
        store: Store,
        site: Site,
        clock: Callable[[], float],
    ) -> None:
        self._national_id = national_id
        self._gateway = gateway
        self._sign_ins = sign_ins
        self._store = store
        self._site = site
        self._clock = clock

    def app(self, *, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
        """The service as an ASGI application."""
        signed_in = self._for_applicants
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/login", self.login),
                Route("/for-another", self.for_another),
                Route("/for-another", self.login_for_another, methods=["POST"]),
                Route("/callback", self.callback),
                Route("/logout", signed_in(self.logout), methods=["POST"]),
                Route("/application", signed_in(self.application)),
                Route("/application/pull", signed_in(self.pull_again), methods=["POST"]),
                Route("/employer", signed_in(self.employer)),
                Route("/employer", signed_in(self.look_up_employer), methods=["POST"]),
                Route("/application/{name}.{kind}", signed_in(self.paper)),
                Route("/employer/{name}.{kind}", signed_in(self.paper)),
                Mount(
                    "/static",
                    StaticFiles(packages=[("relying_party_demo.jobs", "static"), ("fontpkg_sarabun", "files")]),
                ),
            ],
            exception_handlers={AskRefused: self.refused, HTTPException: self.lost},
            lifespan=lifespan,
        )

    async def home(self, request: Request) -> Response:
        """What the service is, and the way in."""
        return self._render(request, "home.html", applicant=self._applicant(request))

    async def login(self, request: Request) -> Response:
        """Ask the provider to sign the person in and to ask their consent."""
        return await self._begin(request, asking.application_details(self._today()), acting_for=None)

    async def for_another(self, request: Request) -> Response:
        """Which case is the power of attorney for?"""
        issuer = self._national_id.issuer
        return self._render(request, "for_another.html", applicant=self._applicant(request), form_ends_at=issuer)

    async def login_for_another(self, request: Request) -> Response:
        """Sign in as somebody's proxy: the provider asks for whom, and for that person's data."""
        if self._site.sent_from_elsewhere(request):
            raise self._problem(request, "JOBS-02", "foreign_form", status=403)
        async with request.form() as form:
            case = str(form.get("case", "")).strip()
        if not 0 < len(case) <= LONGEST_CASE:
            raise self._problem(request, "JOBS-05", "no_case", status=400)
        return await self._begin(request, asking.application_details(self._today(), case=case), acting_for="person")

    async def _begin(
        self, request: Request, details: Sequence[Mapping[str, Any]], *, acting_for: str | None
    ) -> Response:
        where, attempt = await self._national_id.begin(
            scope="openid",
            authorization_details=details,
            ui_locales=self._site.language(request),
            acting_for=acting_for,
        )
        answer = self._site.redirect(where)
        self._site.set_cookie(answer, ATTEMPT_COOKIE, self._sign_ins.keep_attempt(attempt, now=self._clock()))
        return answer

    async def callback(self, request: Request) -> Response:
        """The provider's answer: who it is, and the way to the data they agreed to."""
        query = dict(request.query_params)
        cookie = request.cookies.get(ATTEMPT_COOKIE, "")
        attempt = self._sign_ins.take_attempt(query.get("state", ""), cookie=cookie, now=self._clock())
        if attempt is None:
            raise self._problem(request, "JOBS-01", "attempt_unknown", status=400)
        person = await self._national_id.finish(attempt=attempt, answer=query)
        answer = self._site.redirect("/application")
        session_cookie = self._sign_ins.start(self._store.register(person, now=self._clock()), now=self._clock())
        self._site.set_cookie(answer, SESSION_COOKIE, session_cookie)
        answer.delete_cookie(ATTEMPT_COOKIE)
        return answer

    async def logout(self, request: Request, _applicant: Applicant) -> Response:
        """Leave this service; the National Digital ID stays as it is."""
        self._sign_ins.end(request.cookies[SESSION_COOKIE])
        return self._site.redirect("/")

    async def application(self, request: Request, applicant: Applicant) -> Response:
        """The application with its data, where they come from, what changed, and the papers."""
        if self._store.record(applicant, asking.APPLICATION_DATASETS[-1]) is None:
            await self._pull_application(applicant, language=self._site.language(request))
        records = {name: self._store.record(applicant, name) for name in asking.APPLICATION_DATASETS}
        withdrawn_at = self._store.withdrawn_at(applicant)
        ended = None if withdrawn_at is None else datetime.fromtimestamp(withdrawn_at, BANGKOK).isoformat()
        return self._render(request, "application.html", applicant=applicant, records=records, ended=ended)

    async def pull_again(self, request: Request, applicant: Applicant) -> Response:
        """The monthly report: the same data once more, within the same consent."""
        await self._pull_application(applicant, language=self._site.language(request))
        return self._site.redirect("/application")

    async def employer(self, request: Request, applicant: Applicant) -> Response:
        """The last employer, as the company registry knows it."""
        company, for_post = (self._store.record(applicant, name) for name in DELIVERIES)
        return self._render(request, "employer.html", applicant=applicant, company=company, for_post=for_post)

    async def look_up_employer(self, request: Request, applicant: Applicant) -> Response:
        """Ask for the company in the agency's own name: one sealed copy for the file, one with a password to send."""
        async with request.form() as form:
            juristic_id = str(form.get("juristic_id", "")).replace("-", "").replace(" ", "")
        details = asking.employer_details(juristic_id=juristic_id, case=applicant.case, today=self._today())
        token = await self._national_id.own_token(details)
        for name, delivery in DELIVERIES.items():
            pulled = await self._gateway.pull(
                access_token=token["access_token"],
                dataset=asking.COMPANY,
                idempotency_key=secrets.token_urlsafe(24),
                delivery=delivery,
                case=applicant.case,
                language=self._site.language(request),
            )
            self._store.keep_record(applicant, name, pulled)
        return self._site.redirect("/employer")

    async def paper(self, request: Request, applicant: Applicant) -> Response:
        """One record as JSON or PDF, to its applicant."""
        name, kind = request.path_params["name"], request.path_params["kind"]
        record = self._store.record(applicant, name)
        if record is None or kind not in {"json", "pdf"}:
            raise self._problem(request, "JOBS-03", "paper_unknown", status=404)
        if kind == "json":
            return JSONResponse(dict(record.payload), headers=HEADERS)
        disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
        return Response(record.pdf, media_type="application/pdf", headers={**HEADERS, **disposition})

    async def refused(self, request: Request, problem: Exception) -> Response:
        """What went wrong in plain words, its code, and the way on."""
        assert isinstance(problem, AskRefused)
        applicant = self._applicant(request)
        return self._render(
            request,
            "problem.html",
            status_code=problem.status,
            applicant=applicant,
            problem=problem,
            asks_anew=applicant is not None and problem.code in ACCESS_ENDED,
        )

    async def lost(self, request: Request, error: Exception) -> Response:
        """An address that is none of ours, or asked for in another way: the way back."""
        assert isinstance(error, HTTPException)
        return await self.refused(request, self._problem(request, "JOBS-04", "page_unknown", status=error.status_code))

    async def _pull_application(self, applicant: Applicant, *, language: str) -> None:
        token = await self._national_id.fresh(applicant.token)
        self._store.keep_token(applicant, token)
        for dataset in asking.APPLICATION_DATASETS:
            pulled = await self._gateway.pull(
                access_token=token["access_token"],
                dataset=dataset,
                idempotency_key=secrets.token_urlsafe(24),
                language=language,
            )
            self._store.keep_record(applicant, dataset, pulled)

    def _for_applicants(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            # SameSite=Lax keeps other sites' forms from the session; the Origin says so a second time
            if self._site.sent_from_elsewhere(request):
                raise self._problem(request, "JOBS-02", "foreign_form", status=403)
            applicant = self._applicant(request)
            if applicant is None:
                return self._site.redirect("/")
            return await page(request, applicant)

        return guarded

    def _applicant(self, request: Request) -> Applicant | None:
        applicant_id = self._sign_ins.person(request.cookies.get(SESSION_COOKIE, ""), now=self._clock())
        return None if applicant_id is None else self._store.applicant(applicant_id)

    def _problem(self, request: Request, code: str, text: str, *, status: int) -> AskRefused:
        return AskRefused(code, title=self._site.say(request, text), status=status)

    def _render(
        self, request: Request, template: str, *, status_code: int = 200, form_ends_at: str = "", **context: object
    ) -> Response:
        return self._site.render(
            request, template, status_code=status_code, form_ends_at=form_ends_at, fields=asking.FIELDS, **context
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), BANGKOK).date()
