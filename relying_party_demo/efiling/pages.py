"""The service's pages: the company's number, signing in for it, the filing with its papers, the receipt."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relying_party_demo.door import Door
from relying_party_demo.efiling import asking
from relying_party_demo.efiling.store import Filing, Store
from relying_party_demo.national_id.problems import AskRefused
from relying_party_demo.program import Ground
from relying_party_demo.releases import Releases
from relying_party_demo.site import number_of, typed

WAITING: Final = "interaction_required"
"""What the provider answers while co-signers of a company have not signed."""
FORMS: Final = ("annual", "contact", "licence")
VALID: Final = "valid"
Page = Callable[[Request, Filing], Awaitable[Response]]


class FilingPages:
    """Every page of the service. A filing is for who signed in for its company, and for nobody else."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._site = ground.site
        self._door = Door(ground, name="efiling", letters="FILE")
        self._store = Store(ground.db)
        self._papers = Releases(ground.db)

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        pages = [
            Route("/", self.home),
            Route("/papers", self.no_papers),
            Route("/login", self.login, methods=["POST"]),
            Route("/callback", self.callback),
            Route("/filing", self._inside(self.filing)),
            Route("/filing", self._inside(self.file), methods=["POST"]),
            Route("/filing/{dataset}.pdf", self._inside(self.paper)),
        ]
        return self._door.app(__package__ or "", pages, refused=self._refused)

    async def home(self, request: Request) -> Response:
        """What the service is, and the way in."""
        return self._page(request, "home.html", form_ends_at=self._ground.national_id.issuer)

    async def no_papers(self, request: Request) -> Response:
        """Papers that nobody is asked for any more, and why."""
        return self._page(request, "papers.html")

    async def login(self, request: Request) -> Response:
        """Ask the provider who acts for this company, and for the company's consent."""
        self._door.refuse_foreign(request)
        juristic_id = number_of((await typed(request)).get("juristic_id", ""))
        if len(juristic_id) != 13 or not (juristic_id.isascii() and juristic_id.isdigit()):
            raise self._door.problem(request, "03", "no_number", status=400)
        details = asking.filing_details(juristic_id)
        return await self._door.begin(request, scope="openid", authorization_details=details, acting_for="company")

    async def callback(self, request: Request) -> Response:
        """The provider's answer: who acts for which company; or that co-signers have not signed yet."""
        try:
            person = await self._door.who_came(request)
        except AskRefused as refused:
            if refused.code != WAITING:
                raise
            return self._page(request, "waiting.html")
        if person.organisation is None:
            # who came for themselves files for no company
            raise self._door.problem(request, "05", "no_company", status=403)
        filing = self._store.register(person, person.organisation)
        # one that was begun goes on with papers of today
        self._papers.drop(filing)
        return self._door.let_in(filing, where="/filing")

    async def filing(self, request: Request, filing: Filing) -> Response:
        """The filing with the registry's papers, pulled the first time it is opened; the receipt once it was filed."""
        await self._pull_missing(filing, language=self._site.language(request))
        context = {"papers": self._papers.all(filing.id), "verdicts": self._store.verdicts(filing)}
        verify_at = f"{str(self._ground.config['gateway']).rstrip('/')}/verify"
        return self._page(request, "filing.html", verify_at=verify_at, fields=asking.FIELDS, forms=FORMS, **context)

    async def file(self, request: Request, filing: Filing) -> Response:
        """File, with the papers as the public verification finds them; pressed twice it is filed once."""
        kind = (await typed(request)).get("form", "")
        if kind not in FORMS:
            raise self._door.problem(request, "06", "no_form", status=400)
        if filing.filed_at is None:
            papers = self._papers.all(filing.id)
            if set(papers) != set(asking.FIELDS):
                return self._site.redirect("/filing")
            verdicts = {name: await self._ground.gateway.verdict_on(paper.pdf) for name, paper in papers.items()}
            self._store.judge(filing, verdicts)
            if set(verdicts.values()) != {VALID}:
                raise self._door.problem(request, "07", "paper_not_valid", status=409)
            self._store.file(filing, kind, now=self._ground.clock())
        return self._site.redirect("/filing")

    async def paper(self, request: Request, filing: Filing) -> Response:
        """A sealed document of the filing."""
        dataset = request.path_params["dataset"]
        paper = self._papers.all(filing.id).get(dataset)
        if paper is None:
            raise self._door.problem(request, "08", "paper_unknown", status=404)
        return self._site.paper(paper.pdf, dataset)

    def _refused(self, request: Request, problem: AskRefused) -> Response:
        """What went wrong in plain words, its code, and the way on."""
        return self._page(request, "problem.html", status_code=problem.status, problem=problem)

    async def _pull_missing(self, filing: Filing, *, language: str) -> None:
        missing = [dataset for dataset in asking.FIELDS if dataset not in self._papers.all(filing.id)]
        if not missing:
            return
        token = await self._ground.national_id.fresh(filing.token)
        self._store.keep_token(filing, token)
        for dataset in missing:
            pulled = await self._ground.gateway.pull(
                access_token=token["access_token"],
                dataset=dataset,
                idempotency_key=secrets.token_urlsafe(24),
                language=language,
            )
            # opened twice at once, the first paper stays: it may have been judged meanwhile
            if dataset not in self._papers.all(filing.id):
                self._papers.keep(filing.id, dataset, pulled)

    def _inside(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        return self._door.inside(page, self._store.filing)

    def _page(self, request: Request, template: str, **context: Any) -> Response:
        row = self._door.row(request)
        return self._site.render(request, template, filing=None if row is None else self._store.filing(row), **context)
