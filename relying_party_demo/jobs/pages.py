"""The service's pages: sign in, the application with its data and papers, the last employer."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from relying_party_demo.door import Door
from relying_party_demo.jobs import asking
from relying_party_demo.jobs.store import Store, case_of
from relying_party_demo.national_id.gateway import Delivery
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.people import People, Person
from relying_party_demo.program import Ground
from relying_party_demo.releases import Releases
from relying_party_demo.site import HEADERS, number_of, typed
from relying_party_demo.texts import BANGKOK

DELIVERIES: Final[Mapping[str, Delivery]] = {asking.COMPANY: "sealed", "dbd.company-password": "password"}
LONGEST_CASE: Final = 40
REPORT_EVERY: Final = 30 * 86_400
SERVER_TROUBLE: Final = 500
ACCESS_ENDED: Final = frozenset({"invalid_grant", "invalid_token", "EXC-03"})
"""What is answered once a consent was taken back or ran out: trying again changes nothing, agreeing again does."""
Page = Callable[[Request, Person], Awaitable[Response]]


class JobPages:
    """Every page of the service. Data pages are for the applicant they belong to, and for nobody else."""

    def __init__(self, ground: Ground, *, store: Store) -> None:
        self._ground = ground
        self._site = ground.site
        self._door = Door(ground, name="jobs", letters="JOBS")
        self._store = store
        self._people = People(ground.db, ground.national_id)
        self._releases = Releases(ground.db)

    def app(self, *, lifespan: Lifespan[Starlette]) -> Starlette:
        """The service as an ASGI application."""
        pages = [
            Route("/", self.home),
            Route("/papers", self.papers),
            Route("/login", self.login),
            Route("/for-another", self.for_another),
            Route("/for-another", self.login_for_another, methods=["POST"]),
            Route("/callback", self.callback),
            Route("/application", self._inside(self.application)),
            Route("/application/pull", self._inside(self.report), methods=["POST"]),
            Route("/employer", self._inside(self.employer)),
            Route("/employer", self._inside(self.look_up_employer), methods=["POST"]),
            Route("/application/{name}.{kind}", self._inside(self.paper)),
            Route("/employer/{name}.{kind}", self._inside(self.paper)),
        ]
        return self._door.app(__package__ or "", pages, refused=self._refused, lifespan=lifespan)

    async def home(self, request: Request) -> Response:
        """What the service is, and the way in."""
        return self._render(request, "home.html", applicant=self._applicant(request))

    async def papers(self, request: Request) -> Response:
        """Papers that nobody is asked for any more, and why."""
        return self._render(request, "papers.html", applicant=self._applicant(request))

    async def login(self, request: Request) -> Response:
        """Ask the provider to sign the person in and to ask their consent."""
        details = asking.application_details(self._today())
        return await self._door.begin(request, scope="openid", authorization_details=details)

    async def for_another(self, request: Request) -> Response:
        """Which case is the power of attorney for?"""
        issuer = self._ground.national_id.issuer
        return self._render(request, "for_another.html", applicant=self._applicant(request), form_ends_at=issuer)

    async def login_for_another(self, request: Request) -> Response:
        """Sign in as somebody's proxy: the provider asks for whom, and for that person's data."""
        self._door.refuse_foreign(request)
        case = (await typed(request)).get("case", "")
        if not 0 < len(case) <= LONGEST_CASE:
            raise self._door.problem(request, "05", "no_case", status=400)
        details = asking.application_details(self._today(), case=case)
        return await self._door.begin(request, scope="openid", authorization_details=details, acting_for="person")

    async def callback(self, request: Request) -> Response:
        """The provider's answer: who it is, and the way to the data they agreed to."""
        applicant = self._people.register(await self._door.who_came(request))
        self._store.note_consent(applicant, now=self._ground.clock())
        return self._door.let_in(applicant.id, where="/application")

    async def application(self, request: Request, applicant: Person) -> Response:
        """The application with its data, where they come from, what changed or is waited for, and the papers."""
        if self._releases.waiting(applicant.id):
            await self._collect(applicant, language=self._site.language(request))
        elif asking.APPLICATION_DATASETS[-1] not in self._releases.all(applicant.id):
            await self._pull_application(applicant, language=self._site.language(request))
        released = self._releases.all(applicant.id)
        last = self._store.reported_at(applicant)
        return self._render(
            request,
            "application.html",
            applicant=applicant,
            case=case_of(applicant),
            records={name: released[name] for name in asking.APPLICATION_DATASETS if name in released},
            waiting=self._releases.waiting(applicant.id),
            ended=self._store.withdrawn_at(applicant),
            reported_at=last,
            due_at=None if last is None else last + REPORT_EVERY,
            form=secrets.token_urlsafe(16),
        )

    async def report(self, request: Request, applicant: Person) -> Response:
        """The monthly report: the same data once more, within the same consent; what waits is not asked again."""
        sent = (await typed(request)).get("report") or secrets.token_urlsafe(16)
        if not self._releases.waiting(applicant.id) and self._store.begin_report(applicant, sent):
            await self._pull_application(applicant, language=self._site.language(request))
            self._store.note_report(applicant, now=self._ground.clock())
        return self._site.redirect("/application")

    async def employer(self, request: Request, applicant: Person) -> Response:
        """The last employer, as the company registry knows it."""
        released = self._releases.all(applicant.id)
        company, for_post = (released.get(name) for name in DELIVERIES)
        return self._render(request, "employer.html", applicant=applicant, company=company, for_post=for_post)

    async def look_up_employer(self, request: Request, applicant: Person) -> Response:
        """Ask for the company in the agency's own name: one sealed copy for the file, one with a password to send."""
        juristic_id, case = number_of((await typed(request)).get("juristic_id", "")), case_of(applicant)
        details = asking.employer_details(juristic_id=juristic_id, case=case, today=self._today())
        token = await self._ground.national_id.own_token(details)
        for name, delivery in DELIVERIES.items():
            pulled = await self._ground.gateway.pull(
                access_token=token["access_token"],
                dataset=asking.COMPANY,
                idempotency_key=secrets.token_urlsafe(24),
                delivery=delivery,
                case=case,
                language=self._site.language(request),
            )
            self._releases.keep(applicant.id, name, pulled)
        return self._site.redirect("/employer")

    async def paper(self, request: Request, applicant: Person) -> Response:
        """One record as JSON or PDF, to its applicant."""
        name, kind = request.path_params["name"], request.path_params["kind"]
        record = self._releases.all(applicant.id).get(name)
        if record is None or kind not in {"json", "pdf"}:
            raise self._door.problem(request, "03", "paper_unknown", status=404)
        if kind == "json":
            return JSONResponse(dict(record.payload), headers=HEADERS)
        return self._site.paper(record.pdf, name)

    def _refused(self, request: Request, problem: AskRefused) -> Response:
        """What went wrong in plain words, its code, and the way on."""
        applicant = self._applicant(request)
        asks_anew = applicant is not None and problem.code in ACCESS_ENDED
        context: dict[str, Any] = {"problem": problem, "asks_anew": asks_anew}
        return self._render(request, "problem.html", status_code=problem.status, applicant=applicant, **context)

    async def _pull_application(self, applicant: Person, *, language: str) -> None:
        token = await self._people.access_token(applicant)
        for dataset in asking.APPLICATION_DATASETS:
            outcome = await self._ground.gateway.pull_or_wait(
                access_token=token, dataset=dataset, idempotency_key=secrets.token_urlsafe(24), language=language
            )
            self._releases.keep(applicant.id, dataset, outcome)

    async def _collect(self, applicant: Person, *, language: str) -> None:
        """Look after what the gateway accepted for later."""
        token = await self._people.access_token(applicant)
        for dataset, waiting in self._releases.waiting(applicant.id).items():
            try:
                outcome = await self._ground.gateway.collect(waiting, access_token=token, language=language)
            except AskRefused as refused:
                if refused.status < SERVER_TROUBLE:
                    self._releases.stop_waiting(applicant.id, dataset)
                raise
            self._releases.keep(applicant.id, dataset, outcome)

    def _inside(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        return self._door.inside(page, self._people.person)

    def _applicant(self, request: Request) -> Person | None:
        row = self._door.row(request)
        return None if row is None else self._people.person(row)

    def _render(
        self, request: Request, template: str, *, status_code: int = 200, form_ends_at: str = "", **context: Any
    ) -> Response:
        return self._site.render(
            request, template, status_code=status_code, form_ends_at=form_ends_at, fields=asking.FIELDS, **context
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self._ground.clock(), BANGKOK).date()
