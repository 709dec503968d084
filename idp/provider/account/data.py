"""My account: what is kept of me, what it was before, and saying that something in it is wrong."""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.enrolment.reviews.model import CorrectionTopic
from idp.enrolment.reviews.service import Reviews
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.provider.account.own_cases import OwnAnswers, case_id_of
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
from idp.web import form_keys
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

FORM = "correction"


class DataPages:
    """`/account/data…`: the own data, and the own requests for corrections, each with number, state and answer."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        subscribers: Subscribers,
        reviews: Reviews,
        problems: ProblemCatalogue,
    ) -> None:
        self._pages = pages
        self._problems = problems
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._subscribers = subscribers
        self._reviews = reviews
        self._answers = OwnAnswers(csrf=csrf, storage=storage, citizens=citizens, reviews=reviews)

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, one = Access.CITIZEN, "/account/data/corrections/{case_id}"
        return (
            Entry("/account/data", ("GET",), self._show, citizen, "own_data"),
            Entry("/account/data/corrections", ("POST",), self._ask, citizen, "correction_asked"),
            Entry(one, ("GET",), self._correction, citizen, "correction"),
            Entry(f"{one}/answer", ("POST",), self._answer, citizen, "correction_answered"),
        )

    async def _show(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        return to_sign_in(request) if citizen is None else await self._page(request, citizen.subscriber.id)

    async def _page(self, request: Request, owner: SubscriberId, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, owner)
            past = await self._subscribers.history(uow, owner)
            corrections = await self._reviews.corrections_of(uow, owner)
            form_key = form_keys.fresh(now=uow.now, randomness=system_randomness)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "account/data.html",
            status_code=200 if text is None else text.status,
            problem=text,
            form_key=form_key,
            identity=identity,
            past=tuple(reversed(past)),
            corrections=corrections,
            topics=[topic.value for topic in CorrectionTopic],
        )

    async def _ask(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        citizen = await self._citizens.require(request)
        topic, owner = _topic(form.one("topic")), citizen.subscriber.id
        try:
            async with self._storage.unit_of_work() as uow:
                words = form_keys.words_of(form)
                if await form_keys.is_first(uow, form.one(form_keys.FIELD), by=owner, words=words):
                    case = await self._reviews.ask_correction(uow, owner, topic, form.one("text"))
                else:
                    # sent before from the same page: it is the newest of theirs
                    case = (await self._reviews.corrections_of(uow, owner))[0]
        except Refused as refusal:
            return await self._page(request, owner, problem=refusal.code)
        return RedirectResponse(f"/account/data/corrections/{case.id}", 303)

    async def _correction(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            case = await self._reviews.own(uow, case_id_of(request), subscriber_id=citizen.subscriber.id)
            remarks = await self._reviews.remarks(uow, case)
        return self._pages.render(request, "account/correction.html", case=case, remarks=remarks)

    async def _answer(self, request: Request) -> Response:
        case_id = await self._answers.take(request, form=FORM)
        return RedirectResponse(f"/account/data/corrections/{case_id}", 303)


def _topic(text: str) -> CorrectionTopic:
    try:
        return CorrectionTopic(text)
    except ValueError as error:
        raise Refused(WebProblem.MALFORMED, "topic") from error
