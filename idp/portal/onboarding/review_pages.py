"""Applications, for the platform's administrators: the inbox with its clock, and the review of one."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.agencies.onboarding.applications import Applications
from idp.agencies.onboarding.form import papers_of
from idp.agencies.onboarding.model import (
    REVIEW_DAYS,
    ApplicationId,
    OnboardingProblem,
    PaperId,
    PaperState,
)
from idp.agencies.onboarding.ports import Registrar
from idp.agencies.onboarding.review import OnboardingReviews, Reviewed
from idp.agencies.onboarding.rules import all_hold, check_list, days_left, may_be_recommended, supervisors_of
from idp.approvals.model import Decider
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import is_id
from idp.portal.onboarding.application_pages import application_id_of
from idp.portal.onboarding.paper_pages import as_download, paper_id_of
from idp.portal.staff import StaffGate, decider_of
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import Identity
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

INBOX: Final = "/onboarding"
ONE: Final = f"{INBOX}/{{application_id}}"
FORM: Final = "onboarding_review"


class OnboardingReviewPages:
    """`/onboarding` and what lies under it."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        reviews: OnboardingReviews,
        applications: Applications,
        registrar: Registrar,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._reviews = reviews
        self._applications = applications
        self._registrar = registrar
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        rows = (
            (INBOX, "GET", self.inbox, "onboarding_inbox"),
            (ONE, "GET", self.show, "onboarding_review"),
            (ONE, "POST", self.act, "onboarding_reviewed"),
            (f"{ONE}/papers/{{paper_id}}", "GET", self.paper, "onboarding_paper"),
        )
        return self._gate.entries((Role.PLATFORM_ADMIN,), rows)

    async def inbox(self, request: Request, member: Member) -> Response:
        """What waits, with how long it may."""
        async with self._storage.reading() as uow:
            waiting = await self._reviews.inbox(uow, by=decider_of(member))
            rows = [(one, days_left(one, now=uow.now)) for one in waiting]
        return self._pages.render(
            request, "onboarding/inbox.html", members=(member,), rows=rows, review_days=REVIEW_DAYS
        )

    async def show(self, request: Request, member: Member) -> Response:
        """One application: what it wants, its papers, what would change, and who may do what."""
        return await self._show(request, member)

    async def paper(self, request: Request, member: Member) -> Response:
        """A paper, to be saved and read."""
        application_id, paper_id = application_id_of(request), paper_id_of(request)
        async with self._storage.unit_of_work() as uow:
            content = await self._reviews.paper(uow, application_id, paper_id, by=decider_of(member))
        return as_download(content, f"{paper_id}.pdf")

    async def act(self, request: Request, member: Member) -> Response:
        """Accept or return a paper, ask back, refuse, recommend, approve, open."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        application_id = application_id_of(request)
        try:
            async with self._storage.unit_of_work() as uow:
                await self._act(uow, application_id, form, decider_of(member))
        except (Refused, Conflict, NotFound) as refusal:
            if refusal.code is OnboardingProblem.UNKNOWN:
                raise
            answer = await self._show(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{INBOX}/{application_id}", 303)

    async def _act(self, uow: UnitOfWork, application_id: ApplicationId, form: Form, by: Decider) -> None:
        words = form.one("words")
        match form.one("act"):
            case "accept_paper" | "return_paper" as act:
                into = PaperState.ACCEPTED if act == "accept_paper" else PaperState.RETURNED
                await self._reviews.judge_paper(uow, application_id, _paper_id(form), into, words=words, by=by)
            case "ask":
                await self._reviews.ask_back(uow, application_id, words=words, by=by)
            case "refuse":
                await self._reviews.refuse(uow, application_id, words=words, by=by)
            case "recommend":
                await self._reviews.recommend(uow, application_id, by=by)
            case "approve":
                await self._reviews.approve(uow, application_id, by=by)
            case "activate":
                await self._reviews.activate(uow, application_id, by=by)
            case _:
                raise Refused(OnboardingProblem.NOT_POSSIBLE, "act")

    async def _show(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            seen = await self._reviews.look(uow, application_id_of(request), by=decider_of(member))
            application = seen.application
            timeline = await self._applications.timeline(uow, application)
            document = await self._reviews.registration(uow, application)
            supervisors = await self._names(uow, seen)
            left = days_left(application, now=uow.now)
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "onboarding/review.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            application=application,
            lines=check_list(application, seen.facts),
            papers=[(kind, seen.facts.papers.get(kind)) for kind in papers_of(application.wishes.cases)],
            wanted=[(one, DATASETS[one.dataset]) for one in application.wishes.rights],
            timeline=timeline,
            days_left=left,
            review_days=REVIEW_DAYS,
            file=self._registrar.file(document),
            proposal=seen.proposal,
            may_decide=seen.is_mine_to_decide,
            may_recommend=may_be_recommended(application, seen.facts.papers),
            may_activate=all_hold(application, seen.facts),
            supervisors=supervisors,
            problem=text,
        )

    async def _names(self, uow: UnitOfWork, seen: Reviewed) -> list[Identity]:
        """Who took the supervisor's place, to be held against the order."""
        people = {one.subscriber_id for one in supervisors_of(seen.facts.members)}
        return list((await self._subscribers.identities(uow, people)).values())


def _paper_id(form: Form) -> PaperId:
    named = form.one("paper")
    if not is_id("onp", named):
        raise NotFound(OnboardingProblem.UNKNOWN)
    return PaperId(named)
