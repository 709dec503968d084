"""The review queue of those who manage enrolments: find a case, take it in hand, ask, decide; the second person.

No name is a key of any list. Opening a case about a person is a look at that person, which the person sees.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.enrolment.reviews.model import (
    OUTCOMES,
    CaseFilter,
    CaseId,
    CaseKind,
    CaseState,
    Outcome,
    ReviewCase,
    Reviewer,
    ReviewProblem,
)
from idp.enrolment.reviews.service import Reviews
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import StationId, is_id
from idp.portal.staff import StaffGate, memberships_with
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import ActingMember, LookKind
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

PAGE_LENGTH: Final = 25
COUNTED: Final = 100
"""Counting stops here: a page says "100 or more"."""
AGES: Final = (1, 7, 30)
"""Days that the filter by age offers."""
LONGEST_SITE: Final = 100
FORM: Final = "review"

Step = Callable[[UnitOfWork, CaseId, Reviewer, Form], Awaitable[object]]


class ReviewPages:
    """`/reviews…` for members who manage enrolments, `/questions…` for officers who are asked back."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        reviews: Reviews,
        subscribers: Subscribers,
        stations: Stations,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._reviews = reviews
        self._subscribers = subscribers
        self._stations = stations

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the queue."""
        one = "/reviews/{case_id}"
        admin, officer = Role.ENROLMENT_ADMIN, Role.ENROLMENT_OFFICER
        rows = (
            ("/reviews", "GET", self.queue, "reviews", admin),
            (one, "GET", self.show, "review", admin),
            (f"{one}/claim", "POST", self.claim, "review_claim", admin),
            (f"{one}/release", "POST", self.release, "review_release", admin),
            (f"{one}/ask", "POST", self.ask, "review_ask", admin),
            (f"{one}/decide", "POST", self.decide, "review_decide", admin),
            (f"{one}/agree", "POST", self.agree, "review_agree", admin),
            (f"{one}/disagree", "POST", self.disagree, "review_disagree", admin),
            ("/questions", "GET", self.questions, "review_questions", officer),
            ("/questions/{case_id}/answer", "POST", self.answer, "review_answer", officer),
        )
        return tuple(
            Entry(path, (method,), self._gate.requires(role, page), Access.STAFF, name)
            for path, method, page, name, role in rows
        )

    async def queue(self, request: Request, admin: Member) -> Response:
        """Oldest first; filters and the place in the list stand in the address, and name no person."""
        query = request.query_params
        after = query.get("after")
        if after and not is_id("rev", after):
            raise NotFound(WebProblem.NOT_FOUND)
        chosen = {name: query[name] for name in ("state", "kind", "site", "age") if query.get(name)}
        admins = memberships_with(request, Role.ENROLMENT_ADMIN)
        seen_by = frozenset(member.agency_id for member in admins)
        async with self._storage.reading() as uow:
            which = replace(_filter(chosen, uow), seen_by=seen_by)
            cases = await self._reviews.page(uow, which, after=CaseId(after) if after else None, limit=PAGE_LENGTH + 1)
            counts = {
                state: await self._reviews.count_up_to(uow, CaseFilter(state=state, seen_by=seen_by), most=COUNTED)
                for state in (CaseState.OPEN, CaseState.ASKED_BACK, CaseState.PROPOSED)
            }
            mine = [case for member in admins for case in await self._reviews.in_hand_of(uow, member.id)]
            stations = [one for agency in sorted(seen_by) for one in await self._stations.of_agency(uow, agency)]
        more = len(cases) > PAGE_LENGTH
        return self._pages.render(
            request,
            "reviews.html",
            members=(admin,),
            cases=cases[:PAGE_LENGTH],
            next_page=f"/reviews?{urlencode({**chosen, 'after': cases[PAGE_LENGTH - 1].id})}" if more else None,
            counts=counts,
            counted=COUNTED,
            mine=mine,
            stations=stations,
            chosen={"state": "open", "kind": "", "site": "", "age": ""} | chosen,
            ages=AGES,
        )

    async def show(self, request: Request, admin: Member) -> Response:
        """One case: what it is about, what was written, what can be done with it now."""
        return await self._show(request, admin)

    async def _show(self, request: Request, admin: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.unit_of_work() as uow:
            admin = await self._in_charge(uow, request, admin)
            case = await self._reviews.seen_by(uow, _case_id(request), admin.agency_id)
            person = case.involved.subscriber_id
            if person is not None:
                await self._subscribers.note_look(uow, person, by=_acting(admin), what=LookKind.CASE)
            remarks = await self._reviews.remarks(uow, case) if await self._may_read(uow, case) else ()
            now = uow.now
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "review.html",
            status_code=200 if text is None else text.status,
            members=(admin,),
            problem=text,
            case=case,
            remarks=remarks,
            outcomes=OUTCOMES[case.kind],
            in_hand=case.is_in_hand_of(admin.id, now),
            in_other_hands=case.is_in_other_hands(admin.id, now),
            is_own=admin.subscriber_id in (case.involved.subscriber_id, case.involved.officer_person),
        )

    async def claim(self, request: Request, admin: Member) -> Response:
        """Take it in hand for a quarter of an hour."""
        return await self._step(request, admin, lambda uow, case_id, by, _: self._reviews.claim(uow, case_id, by=by))

    async def release(self, request: Request, admin: Member) -> Response:
        """Put it back."""
        return await self._step(request, admin, lambda uow, case_id, by, _: self._reviews.release(uow, case_id, by=by))

    async def ask(self, request: Request, admin: Member) -> Response:
        """Ask back."""

        async def ask(uow: UnitOfWork, case_id: CaseId, by: Reviewer, form: Form) -> None:
            await self._reviews.ask_back(uow, case_id, by=by, question=form.one("question"))

        return await self._step(request, admin, ask)

    async def decide(self, request: Request, admin: Member) -> Response:
        """Decide, or propose what a second person has to agree to."""

        async def decide(uow: UnitOfWork, case_id: CaseId, by: Reviewer, form: Form) -> None:
            outcome = _outcome(form.one("outcome"))
            await self._reviews.decide(uow, case_id, by=by, outcome=outcome, reason=form.one("reason"))

        return await self._step(request, admin, decide)

    async def agree(self, request: Request, admin: Member) -> Response:
        """The second person agrees."""
        return await self._step(request, admin, lambda uow, case_id, by, _: self._reviews.agree(uow, case_id, by=by))

    async def disagree(self, request: Request, admin: Member) -> Response:
        """The second person says no."""

        async def disagree(uow: UnitOfWork, case_id: CaseId, by: Reviewer, form: Form) -> None:
            await self._reviews.disagree(uow, case_id, by=by, reason=form.one("reason"))

        return await self._step(request, admin, disagree)

    async def questions(self, request: Request, officer: Member) -> Response:
        """What an officer is asked about the own enrolments."""
        return await self._questions(request, officer)

    async def _questions(self, request: Request, officer: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            cases = await self._reviews.asked_of_officer(uow, officer.id)
            asked = [
                (case, await self._reviews.remarks(uow, case)) for case in cases if await self._may_read(uow, case)
            ]
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "questions.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            asked=asked,
            answered=request.path_params.get("case_id", ""),
            problem=text,
        )

    async def answer(self, request: Request, officer: Member) -> Response:
        """The officer's answer; the case is open again."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        case_id = _case_id(request)
        try:
            async with self._storage.unit_of_work() as uow:
                await self._reviews.answer_as_officer(uow, case_id, officer=officer.id, text=form.one("answer"))
        except (Refused, Conflict) as refusal:
            answer = await self._questions(request, officer, problem=refusal.code)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return RedirectResponse("/questions", 303)

    async def _step(self, request: Request, admin: Member, step: Step) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        case_id = _case_id(request)
        try:
            async with self._storage.unit_of_work() as uow:
                await step(uow, case_id, _reviewer(await self._in_charge(uow, request, admin)), form)
        except (Refused, Conflict) as refusal:
            answer = await self._show(request, admin, problem=refusal.code)
            await self._gate.note_refusal(admin, request, refusal)
            return answer
        return RedirectResponse(f"/reviews/{case_id}", 303)

    async def _in_charge(self, uow: UnitOfWork, request: Request, admin: Member) -> Member:
        """As whom somebody of several agencies looks at this case: as the one whose agency has it. Raises NotFound."""
        agency_id = (await self._reviews.get(uow, _case_id(request))).involved.agency_id
        admins = memberships_with(request, Role.ENROLMENT_ADMIN)
        return next((member for member in admins if member.agency_id == agency_id), admin)

    async def _may_read(self, uow: UnitOfWork, case: ReviewCase) -> bool:
        """What was written about a person went with the identity when that was closed."""
        person = case.involved.subscriber_id
        return person is None or not await self._subscribers.is_closed(uow, person)


def _filter(chosen: dict[str, str], uow: UnitOfWork) -> CaseFilter:
    try:
        return CaseFilter(
            state=CaseState(chosen.get("state", "open")),
            kind=CaseKind(chosen["kind"]) if "kind" in chosen else None,
            site=_site(chosen["site"]) if "site" in chosen else None,
            opened_before=uow.now - timedelta(days=_age(chosen["age"])) if "age" in chosen else None,
        )
    except ValueError as error:
        raise NotFound(WebProblem.NOT_FOUND) from error


def _age(text: str) -> int:
    if text not in {str(days) for days in AGES}:
        raise ValueError("no such age")
    return int(text)


def _site(text: str) -> StationId:
    # the name of a station is free; what no store takes in a text is none
    if "\0" in text or len(text) > LONGEST_SITE:
        raise ValueError("no such site")
    return StationId(text)


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise Refused(ReviewProblem.OUTCOME_NOT_POSSIBLE) from error


def _case_id(request: Request) -> CaseId:
    text: str = request.path_params["case_id"]
    if not is_id("rev", text):
        raise NotFound(ReviewProblem.UNKNOWN)
    return CaseId(text)


def _reviewer(member: Member) -> Reviewer:
    roles = frozenset(role.value for role in member.roles)
    return Reviewer(member.id, member.subscriber_id, member.agency_id, roles)


def _acting(member: Member) -> ActingMember:
    return ActingMember(member_id=member.id, person=member.subscriber_id, agency_id=member.agency_id)
