"""Applications, for those who apply: the list, the check-list of one, the parts of its form, and its acts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import AgencyKind, Role
from idp.agencies.onboarding.applications import Applications
from idp.agencies.onboarding.form import case_of, missing_parts, open_datasets, papers_of
from idp.agencies.onboarding.model import (
    Application,
    ApplicationId,
    ApplicationState,
    By,
    Declaration,
    EventKind,
    Happened,
    OnboardingProblem,
    Part,
    WantedRight,
    Wishes,
)
from idp.agencies.onboarding.rules import check_list, is_admin_new, is_supervisor_ordered, may_edit, takes_paper
from idp.agencies.onboarding.service import Onboarding
from idp.agencies.rules import open_bases
from idp.agencies.seats.model import Invited
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, is_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.portal.onboarding import forms
from idp.portal.onboarding.applicants import Applicant, ApplicantGate
from idp.portal.onboarding.printing import printed_of
from idp.portal.onboarding.sign_in_pages import LIST
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

ONE: Final = f"{LIST}/{{application_id}}"
FORM: Final = "onboarding"
LEVELS: Final = ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3")
FORM_PARTS: Final = (Part.CASES, Part.AGENCY, Part.SERVICE, Part.PEOPLE)
_ONCE_BITS: Final = 128


class ApplicationPages:
    """`/applications` and what lies under it, papers apart. `invitation_url` leads to an invitation's page."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: ApplicantGate,
        agencies: Agencies,
        onboarding: Onboarding,
        applications: Applications,
        invitation_url: Callable[[str], str],
        randomness: Randomness = system_randomness,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._onboarding = onboarding
        self._applications = applications
        self._invitation_url = invitation_url
        self._randomness = randomness

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._gate.entries(
            (
                (LIST, "GET", self.list, "applications"),
                (LIST, "POST", self.begin, "application_begun"),
                (ONE, "GET", self.show, "application"),
                (ONE, "POST", self.act, "application_acted"),
                (f"{ONE}/data", "GET", self.data, "application_data"),
                (f"{ONE}/data/{{dataset}}", "GET", self.right, "application_right"),
                (f"{ONE}/data/{{dataset}}", "POST", self.save_right, "application_right_saved"),
                (f"{ONE}/part/{{part}}", "GET", self.part, "application_part"),
                (f"{ONE}/part/{{part}}", "POST", self.save_part, "application_part_saved"),
            )
        )

    async def list(self, request: Request, applicant: Applicant) -> Response:
        """What this person applied for, and where to begin another."""
        return await self._list(request, applicant)

    async def begin(self, request: Request, applicant: Applicant) -> Response:
        """A draft; the same form sent twice makes one."""
        form = await self._form(request)
        named = form.one("agency")
        try:
            async with self._storage.unit_of_work() as uow:
                agency_id = AgencyId(named) if named else None
                application = await self._onboarding.begin(
                    uow, agency_id=agency_id, once=form.one("once")[:64], by=applicant.by
                )
        except (Refused, Conflict) as refusal:
            answer = await self._list(request, applicant, problem=refusal.code)
            await self._gate.note_refusal(applicant, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{application.id}", 303)

    async def show(self, request: Request, applicant: Applicant) -> Response:
        """The task list: the form, the check-list of each case, papers, what happened."""
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        if is_admin_new(application, applicant.by):
            async with self._storage.unit_of_work() as uow:
                await self._onboarding.note_admin(uow, application, by=applicant.by)
        return await self._show(request, applicant)

    async def act(self, request: Request, applicant: Applicant) -> Response:
        """Send, withdraw, say something, invite."""
        form = await self._form(request)
        invited: Invited | None = None
        try:
            async with self._storage.unit_of_work() as uow:
                application = await self._own(uow, request, applicant)
                invited = await self._act(uow, application, form, applicant.by)
        except (Refused, Conflict, NotFound) as refusal:
            if refusal.code is OnboardingProblem.UNKNOWN:
                raise
            answer = await self._show(request, applicant, problem=refusal.code)
            await self._gate.note_refusal(applicant, request, refusal)
            return answer
        if invited is not None:
            # shown in the answer to this very form, and never again
            return await self._show(request, applicant, invited=invited)
        return RedirectResponse(f"{LIST}/{application.id}", 303)

    async def part(self, request: Request, applicant: Applicant) -> Response:
        """One part of the form."""
        part = _part(request)
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        return self._part_page(request, applicant, application, part)

    async def save_part(self, request: Request, applicant: Applicant) -> Response:
        """Save a part; what cannot be is shown beside its field, and kept on the page."""
        part, form = _part(request), await self._form(request)
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        try:
            wishes = forms.wishes_of(part, form, application.wishes)
            await self._save(application, wishes, form, applicant.by)
        except (Refused, Conflict) as refusal:
            answer = self._part_page(request, applicant, application, part, refusal=refusal)
            await self._gate.note_refusal(applicant, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{application.id}", 303)

    async def data(self, request: Request, applicant: Applicant) -> Response:
        """Which data are wanted, and which could be in these cases."""
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        return self._pages.render(
            request,
            "onboarding/data.html",
            members=applicant.members,
            application=application,
            wanted=[(one, DATASETS[one.dataset]) for one in application.wishes.rights],
            possible=open_datasets(application.wishes.cases),
            editable=may_edit(application),
        )

    async def right(self, request: Request, applicant: Applicant) -> Response:
        """One data set: by which channel, on which ground, which fields."""
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        present = _present_right(application, request)
        return self._right_page(request, applicant, application, present)

    async def save_right(self, request: Request, applicant: Applicant) -> Response:
        """Want it so, or no more."""
        form, dataset = await self._form(request), _dataset(request)
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
        wanted = _present_right(application, request)
        try:
            wanted = forms.right_of(form, dataset)
            others = [one for one in application.wishes.rights if not _is_same(one, wanted)]
            kept = others if form.one("act") == "remove" else [*others, wanted]
            wishes = replace(application.wishes, rights=tuple(kept))
            await self._save(application, wishes, form, applicant.by)
        except (Refused, Conflict) as refusal:
            answer = self._right_page(request, applicant, application, wanted, refusal=refusal)
            await self._gate.note_refusal(applicant, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{application.id}/data", 303)

    async def _act(self, uow: UnitOfWork, application: Application, form: Form, by: By) -> Invited | None:
        match form.one("act"):
            case "submit":
                await self._onboarding.submit(
                    uow, application.id, of=forms.version_of(form), words=form.one("words"), by=by
                )
            case "withdraw":
                await self._onboarding.withdraw(uow, application.id, of=forms.version_of(form), by=by)
            case "declare":
                said = _chosen(Declaration, form.one("said"))
                await self._onboarding.declare(uow, application.id, said, of=forms.version_of(form), by=by)
            case "invite":
                role = _chosen(Role, form.one("role"))
                return await self._onboarding.invite(uow, application.id, role, of=forms.version_of(form), by=by)
            case _:
                raise Refused(OnboardingProblem.NOT_POSSIBLE, "act")
        return None

    async def _save(self, application: Application, wishes: Wishes, form: Form, by: By) -> None:
        async with self._storage.unit_of_work() as uow:
            await self._onboarding.save(uow, application.id, wishes, of=forms.version_of(form), by=by)

    async def _list(self, request: Request, applicant: Applicant, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            applications = await self._onboarding.own(uow, applicant.by)
            agencies = await self._agencies.agencies_named(uow, set(applicant.by.admin_of))
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "onboarding/applications.html",
            status_code=200 if text is None else text.status,
            members=applicant.members,
            applications=applications,
            agencies=sorted(agencies.values(), key=lambda one: one.code),
            once=random_text(self._randomness, bits=_ONCE_BITS),
            problem=text,
        )

    async def _show(
        self,
        request: Request,
        applicant: Applicant,
        *,
        problem: StrEnum | None = None,
        invited: Invited | None = None,
    ) -> Response:
        async with self._storage.reading() as uow:
            application = await self._own(uow, request, applicant)
            facts = await self._applications.facts(uow, application)
            timeline = await self._applications.timeline(uow, application)
        text = None if problem is None else self._problems.text(problem)
        kinds = papers_of(application.wishes.cases)
        missing = missing_parts(application.wishes)
        return self._pages.render(
            request,
            "onboarding/application.html",
            status_code=200 if text is None else text.status,
            members=applicant.members,
            application=application,
            lines=check_list(application, facts),
            parts=[(part, part not in missing) for part in Part],
            papers=[(kind, facts.papers.get(kind), takes_paper(application, kind)) for kind in kinds],
            printed=[] if missing else printed_of(application.wishes.cases),
            timeline=timeline,
            question=_question(application, timeline),
            editable=may_edit(application),
            is_admin=application.agency_id in applicant.by.admin_of,
            is_ordered=is_supervisor_ordered(application, facts.papers),
            invited=None if invited is None else invited.invitation,
            invitation_url="" if invited is None else self._invitation_url(invited.code),
            problem=text,
        )

    def _part_page(
        self,
        request: Request,
        applicant: Applicant,
        application: Application,
        part: Part,
        *,
        refusal: TuatonError | None = None,
    ) -> Response:
        text = None if refusal is None else self._problems.about(refusal)
        return self._pages.render(
            request,
            f"onboarding/part_{part.value}.html",
            status_code=200 if text is None else text.status,
            members=applicant.members,
            application=application,
            part=part,
            wishes=application.wishes,
            kinds=tuple(AgencyKind),
            levels=LEVELS,
            editable=may_edit(application),
            problem=text,
        )

    def _right_page(
        self,
        request: Request,
        applicant: Applicant,
        application: Application,
        wanted: WantedRight,
        *,
        refusal: TuatonError | None = None,
    ) -> Response:
        dataset, agency = DATASETS[wanted.dataset], application.wishes.agency
        allowed = dataset.bases if agency is None else dataset.bases & open_bases(agency.kind)
        text = None if refusal is None else self._problems.about(refusal)
        return self._pages.render(
            request,
            "onboarding/right.html",
            status_code=200 if text is None else text.status,
            members=applicant.members,
            application=application,
            dataset=dataset,
            wanted=wanted,
            is_wanted=any(_is_same(one, wanted) for one in application.wishes.rights),
            channels=[one for one in Channel if one in dataset.channels],
            bases=[one for one in Basis if one in allowed and one is not Basis.OWNER],
            editable=may_edit(application),
            problem=text,
        )

    async def _form(self, request: Request) -> Form:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        return form

    async def _own(self, uow: UnitOfWork, request: Request, applicant: Applicant) -> Application:
        return await self._onboarding.get(uow, application_id_of(request), by=applicant.by)


def application_id_of(request: Request) -> ApplicationId:
    """Which application the path names. Raises NotFound."""
    text: str = request.path_params["application_id"]
    if not is_id("onb", text):
        raise NotFound(OnboardingProblem.UNKNOWN)
    return ApplicationId(text)


def _part(request: Request) -> Part:
    named = request.path_params["part"]
    found = next((part for part in FORM_PARTS if part.value == named), None)
    if found is None:
        raise NotFound(OnboardingProblem.UNKNOWN)
    return found


def _dataset(request: Request) -> str:
    named: str = request.path_params["dataset"]
    if named not in DATASETS or DATASETS[named].own_path is not None:
        raise NotFound(OnboardingProblem.UNKNOWN)
    return named


def _present_right(application: Application, request: Request) -> WantedRight:
    """As it is wanted by the channel that is asked for; else nothing of it, by a channel that it has."""
    dataset = DATASETS[_dataset(request)]
    if case_of(dataset) not in application.wishes.cases:
        raise NotFound(OnboardingProblem.UNKNOWN)
    of_this = [one for one in application.wishes.rights if one.dataset == dataset.id]
    asked = request.query_params.get("channel", "")
    found = next((one for one in of_this if one.channel.value == asked), None)
    # at a counter first: it is what the guideline begins with
    free = [one for one in Channel if one in dataset.channels and one not in {right.channel for right in of_this}]
    return found or WantedRight(dataset.id, free[0] if free else Channel.COUNTER, (), (), daily_quota=100)


def _is_same(one: WantedRight, other: WantedRight) -> bool:
    return (one.dataset, one.channel) == (other.dataset, other.channel)


def _question(application: Application, timeline: Sequence[Happened]) -> str:
    """What the platform asked last, while the answer is awaited."""
    if application.state is not ApplicationState.ASKED_BACK:
        return ""
    return next((one.words for one in timeline if one.kind is EventKind.ASKED_BACK), "")


def _chosen(kind: type[forms.Chosen], text: str) -> forms.Chosen:
    try:
        return kind(text)
    except ValueError as error:
        raise Refused(OnboardingProblem.NOT_POSSIBLE, kind.__name__) from error
