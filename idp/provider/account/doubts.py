"""My account: asking about an access that I do not recognise, and following what I asked."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authentication.owner_acts import hold_live
from idp.enrolment.reviews.doubts import Doubts
from idp.enrolment.reviews.model import CaseKind
from idp.enrolment.reviews.service import Reviews
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import SubscriberId, is_id
from idp.oversight.model import Entry
from idp.oversight.service import AccessHistory
from idp.provider.account.access_papers import cells_of
from idp.provider.account.own_cases import OwnAnswers, case_id_of
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.languages import Language
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access
from idp.web.routes import Entry as Row

CASES = "/account/cases"
FORM = "doubt"


class DoubtPages:
    """`/account/activity/{entry_id}/doubt` asks; `/account/cases` has everything asked for, with number and state."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        history: AccessHistory,
        reviews: Reviews,
        doubts: Doubts,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._history = history
        self._reviews = reviews
        self._answers = OwnAnswers(csrf=csrf, storage=storage, citizens=citizens, reviews=reviews)
        self._doubts = doubts

    def entries(self) -> tuple[Row, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, about, one = Access.CITIZEN, "/account/activity/{entry_id}/doubt", f"{CASES}/{{case_id}}"
        return (
            Row(about, ("GET",), self._ask, citizen, "doubt"),
            Row(about, ("POST",), self._asked, citizen, "doubt_asked"),
            Row(CASES, ("GET",), self._list, citizen, "own_cases"),
            Row(one, ("GET",), self._case, citizen, "own_case"),
            Row(f"{one}/answer", ("POST",), self._answer, citizen, "own_case_answered"),
        )

    async def _ask(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        owner = citizen.subscriber.id
        async with self._storage.reading() as uow:
            entry = await self._entry(uow, request, owner)
            known = await self._doubts.about(uow, owner, request.path_params["entry_id"])
        if known is not None:
            return RedirectResponse(f"{CASES}/{known.id}", 303)
        return self._form(request, entry, problem=None, status=200)

    async def _asked(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.require(request)
        owner, text = citizen.subscriber.id, form.one("text")
        async with self._storage.reading() as uow:
            entry = await self._entry(uow, request, owner)
        # the reviewers of the issuer read Thai
        said = "\n".join(cell for cell in cells_of(entry, Language.TH).values() if cell)
        try:
            async with self._storage.unit_of_work() as uow:
                await hold_live(uow, citizen.session)
                case = await self._doubts.ask(uow, owner, request.path_params["entry_id"], entry=said, text=text)
        except Refused as refusal:
            # the words stay where they were written
            problem = self._problems.text(refusal.code)
            return self._form(request, entry, problem=problem, status=problem.status)
        return RedirectResponse(f"{CASES}/{case.id}", 303)

    def _form(self, request: Request, entry: Entry, *, problem: object, status: int) -> Response:
        return self._pages.render(
            request,
            "account/doubt.html",
            status_code=status,
            cells=cells_of(entry, self._pages.language(request)),
            consent_id=getattr(entry, "consent_id", None),
            problem=problem,
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            cases = await self._doubts.all_of(uow, citizen.subscriber.id)
        return self._pages.render(request, "account/cases.html", cases=cases)

    async def _case(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            case = await self._reviews.own(uow, case_id_of(request), subscriber_id=citizen.subscriber.id)
            remarks = await self._reviews.remarks(uow, case)
        if case.kind is CaseKind.CORRECTION:
            return RedirectResponse(f"/account/data/corrections/{case.id}", 303)
        return self._pages.render(request, "account/case.html", case=case, remarks=remarks)

    async def _answer(self, request: Request) -> Response:
        case_id = await self._answers.take(request, form=FORM)
        return RedirectResponse(f"{CASES}/{case_id}", 303)

    async def _entry(self, uow: UnitOfWork, request: Request, owner: SubscriberId) -> Entry:
        """The entry of the address, this citizen's own. Raises NotFound, the same for somebody else's as for none."""
        entry_id: str = request.path_params["entry_id"]
        if not any(is_id(prefix, entry_id) for prefix in ("dis", "gra", "loo")):
            raise NotFound(WebProblem.NOT_FOUND)
        entry = await self._history.entry(uow, owner, entry_id)
        if entry is None:
            raise NotFound(WebProblem.NOT_FOUND)
        return entry
