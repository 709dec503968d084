"""The service's pages: the company's number, signing in for it, the filing with its data."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

from relying_party_demo.efiling import asking
from relying_party_demo.efiling.store import Filing, Store
from relying_party_demo.national_id.client import NationalId
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.national_id.sign_ins import SignIns
from relying_party_demo.site import HEADERS, Site

SESSION_COOKIE: Final = "efiling-session"
ATTEMPT_COOKIE: Final = "efiling-attempt"
WAITING: Final = "interaction_required"
"""What the provider answers while co-signers of a company have not signed."""
Page = Callable[[Request, Filing], Awaitable[Response]]


class FilingPages:
    """Every page of the service. A filing is for who signed in for its company, and for nobody else."""

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
        static = StaticFiles(packages=[("relying_party_demo.jobs", "static"), ("fontpkg_sarabun", "files")])
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/login", self.login, methods=["POST"]),
                Route("/callback", self.callback),
                Route("/filing", self._for_filers(self.filing)),
                Route("/filing/company.pdf", self._for_filers(self.paper)),
                Route("/logout", self._for_filers(self.logout), methods=["POST"]),
                Mount("/static", static),
            ],
            exception_handlers={AskRefused: self.refused},
            lifespan=lifespan,
        )

    async def home(self, request: Request) -> Response:
        """What the service is, and the way in."""
        issuer = self._national_id.issuer
        return self._site.render(request, "home.html", form_ends_at=issuer, filing=self._filing(request))

    async def login(self, request: Request) -> Response:
        """Ask the provider who acts for this company, and for the company's consent."""
        if self._site.sent_from_elsewhere(request):
            raise self._problem(request, "FILE-02", "foreign_form", status=403)
        async with request.form() as form:
            juristic_id = str(form.get("juristic_id", "")).replace("-", "").replace(" ", "")
        if len(juristic_id) != 13 or not (juristic_id.isascii() and juristic_id.isdigit()):
            raise self._problem(request, "FILE-01", "no_number", status=400)
        where, attempt = await self._national_id.begin(
            scope="openid",
            authorization_details=asking.filing_details(juristic_id),
            ui_locales=self._site.language(request),
            acting_for="company",
        )
        answer = self._site.redirect(where)
        self._site.set_cookie(answer, ATTEMPT_COOKIE, self._sign_ins.keep_attempt(attempt, now=self._clock()))
        return answer

    async def callback(self, request: Request) -> Response:
        """The provider's answer: who acts for which company; or that co-signers have not signed yet."""
        query = dict(request.query_params)
        cookie = request.cookies.get(ATTEMPT_COOKIE, "")
        attempt = self._sign_ins.take_attempt(query.get("state", ""), cookie=cookie, now=self._clock())
        if attempt is None:
            raise self._problem(request, "FILE-03", "attempt_unknown", status=400)
        if query.get("error") == WAITING and query.get("iss") == self._national_id.issuer:
            return self._site.render(request, "waiting.html", filing=None)
        person = await self._national_id.finish(attempt=attempt, answer=query)
        if person.organisation is None:
            # who came for themselves files for no company
            raise self._problem(request, "FILE-04", "no_company", status=403)
        answer = self._site.redirect("/filing")
        filing_id = self._store.register(person, person.organisation)
        self._site.set_cookie(answer, SESSION_COOKIE, self._sign_ins.start(filing_id, now=self._clock()))
        answer.delete_cookie(ATTEMPT_COOKIE)
        return answer

    async def filing(self, request: Request, filing: Filing) -> Response:
        """The filing with the registry's data, pulled the first time it is opened."""
        if filing.payload is None:
            token = await self._national_id.fresh(filing.token)
            self._store.keep_token(filing, token)
            pulled = await self._gateway.pull(
                access_token=token["access_token"],
                dataset=asking.COMPANY,
                idempotency_key=secrets.token_urlsafe(24),
                language=self._site.language(request),
            )
            self._store.keep(filing, pulled)
            filing = self._store.filing(filing.id)
        return self._site.render(request, "filing.html", filing=filing, fields=asking.FIELDS)

    async def paper(self, request: Request, filing: Filing) -> Response:
        """The sealed document of the company's entry."""
        if filing.pdf is None:
            return self._site.redirect("/filing")
        disposition = {"Content-Disposition": 'inline; filename="company.pdf"'}
        return Response(filing.pdf, media_type="application/pdf", headers={**HEADERS, **disposition})

    async def logout(self, request: Request, _filing: Filing) -> Response:
        """Leave this service; the National Digital ID stays as it is."""
        self._sign_ins.end(request.cookies[SESSION_COOKIE])
        return self._site.redirect("/")

    async def refused(self, request: Request, problem: Exception) -> Response:
        """What went wrong in plain words, its code, and the way on."""
        assert isinstance(problem, AskRefused)
        return self._site.render(
            request, "problem.html", status_code=problem.status, filing=self._filing(request), problem=problem
        )

    def _for_filers(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            if self._site.sent_from_elsewhere(request):
                raise self._problem(request, "FILE-02", "foreign_form", status=403)
            filing = self._filing(request)
            return self._site.redirect("/") if filing is None else await page(request, filing)

        return guarded

    def _filing(self, request: Request) -> Filing | None:
        filing_id = self._sign_ins.person(request.cookies.get(SESSION_COOKIE, ""), now=self._clock())
        return None if filing_id is None else self._store.filing(filing_id)

    def _problem(self, request: Request, code: str, text: str, *, status: int) -> AskRefused:
        return AskRefused(code, title=self._site.say(request, text), status=status)
