"""Use cases of whoever applies for an agency. Each joins the caller's unit of work and is audited in it."""

from datetime import timedelta
from typing import Final

from idp.agencies.model import AgencyKind, Role
from idp.agencies.onboarding import rules, store
from idp.agencies.onboarding.applications import Applications
from idp.agencies.onboarding.form import (
    impossible_wish,
    missing_parts,
    of_present,
    papers_of,
    rights_within,
)
from idp.agencies.onboarding.model import (
    COUNTED_BACK,
    MOST_OPEN,
    MOST_PAPERS,
    Application,
    ApplicationId,
    ApplicationState,
    By,
    Declaration,
    EventKind,
    LineState,
    OnboardingProblem,
    Paper,
    PaperId,
    PaperKind,
    Side,
    Wishes,
)
from idp.agencies.onboarding.paper_check import problem_of
from idp.agencies.onboarding.registering import INVITED, service_id_of
from idp.agencies.seats.model import Invited
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.approvals.model import MAX_REMARK
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork

FORGOTTEN_AFTER: Final = timedelta(days=180)
"""How long what came to nothing is kept."""
_REFERENCE: Final = 100


class Onboarding:
    """Applications, as those meet them who apply."""

    def __init__(self, *, applications: Applications, agencies: Agencies, seats: Seats, platform_id: AgencyId) -> None:
        self._applications = applications
        self._agencies = agencies
        self._seats = seats
        self._platform_id = platform_id

    async def begin(self, uow: UnitOfWork, *, agency_id: AgencyId | None, once: str, by: By) -> Application:
        """A draft for an agency that is not there yet (None), or for one that `by` administers.

        `once` names the form: sent twice it makes one draft. Raises NotFound (UNKNOWN: another's agency), Refused
        (TOO_MANY, NOT_NOW: the platform's own agency).
        """
        if agency_id is not None and agency_id not in by.admin_of:
            raise NotFound(OnboardingProblem.UNKNOWN)
        if agency_id == self._platform_id:
            raise Refused(OnboardingProblem.NOT_NOW, "the platform's own agency")
        known = await store.find_by_once(uow, once)
        # what was withdrawn lately counts too: beginning and withdrawing in turn is no way around the limit
        counting = await store.count_counting(uow, by.person, agency_id, begun_since=uow.now - COUNTED_BACK)
        if known is None and counting >= MOST_OPEN:
            raise Refused(OnboardingProblem.TOO_MANY)
        wishes = Wishes()
        if agency_id is not None:
            wishes = of_present(wishes, await self._agencies.agency(uow, agency_id))
        application = await self._applications.begin(
            uow, applicant=by.person, agency_id=agency_id, wishes=wishes, once=once
        )
        if known is None:
            await self._applications.record(uow, "begun", application, _actor(by, application))
        return application

    async def own(self, uow: UnitOfWork, by: By) -> tuple[Application, ...]:
        """What this person may see, newest first."""
        found = await self._applications.of(uow, by.person, list(by.admin_of))
        return tuple(one for one in found if rules.may_see(one, by))

    async def get(self, uow: UnitOfWork, application_id: ApplicationId, *, by: By) -> Application:
        """One of them. Raises NotFound (UNKNOWN), for another's as for none."""
        application = await self._applications.get(uow, application_id)
        if not rules.may_see(application, by):
            raise NotFound(OnboardingProblem.UNKNOWN)
        return application

    async def save(self, uow: UnitOfWork, application_id: ApplicationId, wishes: Wishes, *, of: int, by: By) -> None:
        """Save the form, in place of version `of`.

        Rights that the cases, or the kind of the agency, no longer have fall away. Raises NotFound, Conflict (NOT_NOW,
        CHANGED_MEANWHILE), Refused (NOT_POSSIBLE, with the field; NAME_TAKEN).
        """
        application = await self._editable(uow, application_id, of=of, by=by)
        if application.agency_id is not None:
            wishes = of_present(wishes, await self._agencies.agency(uow, application.agency_id))
        # one right is judged on its own page, all of them where what they stand on changes
        if (wishes.cases, _kind(wishes)) != (application.wishes.cases, _kind(application.wishes)):
            wishes = rights_within(wishes)
        impossible = impossible_wish(wishes)
        if impossible is not None:
            raise Refused(OnboardingProblem.NOT_POSSIBLE, impossible)
        await self.expect_free_names(uow, application, wishes)
        if wishes != application.wishes:
            await self._applications.save(uow, application, wishes)

    async def give_paper(
        self,
        uow: UnitOfWork,
        application_id: ApplicationId,
        kind: PaperKind,
        content: bytes,
        *,
        reference_no: str,
        by: By,
    ) -> Paper:
        """Send a signed paper; it stands in place of the one of its kind before it.

        Raises NotFound, Conflict (NOT_NOW), Refused (NO_PDF, PAPER_TOO_LARGE,
        PAPER_ACTIVE, TOO_MANY, NOT_POSSIBLE: a kind these cases do not have, or a number that cannot be).
        """
        application = await self.get(uow, application_id, by=by)
        if not rules.takes_paper(application, kind):
            raise Conflict(OnboardingProblem.NOT_NOW)
        if kind not in papers_of(application.wishes.cases) or not _is_reference(reference_no):
            raise Refused(OnboardingProblem.NOT_POSSIBLE, "paper")
        problem = problem_of(content)
        if problem is not None:
            raise Refused(problem)
        if await self._applications.paper_count(uow, application) >= MOST_PAPERS:
            raise Refused(OnboardingProblem.TOO_MANY)
        paper = await self._applications.keep_paper(
            uow, application, kind, reference_no=reference_no.strip(), content=content
        )
        await self._applications.happened(uow, application, EventKind.PAPER_GIVEN, Side.APPLICANT)
        await self._applications.record(
            uow, "paper_given", application, _actor(by, application), paper=paper.id, kind=kind.value, hash=paper.sha256
        )
        return paper

    async def paper(self, uow: UnitOfWork, application_id: ApplicationId, paper_id: PaperId, *, by: By) -> bytes:
        """What one of the own papers holds. Raises NotFound."""
        return await self._applications.content(uow, await self.get(uow, application_id, by=by), paper_id)

    async def declare(
        self, uow: UnitOfWork, application_id: ApplicationId, said: Declaration, *, of: int, by: By
    ) -> None:
        """Say what only the agency knows; said again, it is taken back. Raises NotFound, Conflict."""
        application = await self.get(uow, application_id, by=by)
        if not rules.takes_papers(application):
            raise Conflict(OnboardingProblem.NOT_NOW)
        _expect_version(application, of)
        declared = sorted(one.value for one in application.declared ^ {said})
        await self._applications.change(uow, application, declared=declared)
        await self._applications.happened(uow, application, EventKind.DECLARED, Side.APPLICANT)
        await self._applications.record(
            uow, "declared", application, _actor(by, application), declared=" ".join(declared)
        )

    async def submit(self, uow: UnitOfWork, application_id: ApplicationId, *, of: int, words: str, by: By) -> None:
        """Send it to the platform; `words` answer what was asked.

        Raises NotFound, Conflict (NOT_NOW, CHANGED_MEANWHILE), Refused (NOT_COMPLETE, with the part; NAME_TAKEN,
        NO_WORDS: too many).
        """
        application = await self._editable(uow, application_id, of=of, by=by)
        missing = missing_parts(application.wishes)
        papers = await self._applications.papers(uow, application)
        signed = rules.paper_state(papers.get(PaperKind.REQUEST_FORM), application)
        if missing or signed in (LineState.TODO, LineState.RETURNED):
            raise Refused(OnboardingProblem.NOT_COMPLETE, missing[0].value if missing else "signed form")
        if len(words) > MAX_REMARK:
            raise Refused(OnboardingProblem.NO_WORDS)
        await self.expect_free_names(uow, application, application.wishes)
        await self._move(uow, application, ApplicationState.SUBMITTED, submitted_at=uow.now)
        await self._note(uow, application, EventKind.SUBMITTED, by, words=words.strip())

    async def withdraw(self, uow: UnitOfWork, application_id: ApplicationId, *, of: int, by: By) -> None:
        """Think again, before it was approved; papers that nobody was sent are not kept. Raises NotFound, Conflict."""
        application = await self.get(uow, application_id, by=by)
        _expect_version(application, of)
        if application.state not in rules.UNDECIDED:
            raise Conflict(OnboardingProblem.NOT_NOW)
        await self._move(uow, application, ApplicationState.WITHDRAWN)
        if application.submitted_at is None:
            await store.delete_papers(uow, application.id)
        await self._note(uow, application, EventKind.WITHDRAWN, by)

    async def invite(self, uow: UnitOfWork, application_id: ApplicationId, role: Role, *, of: int, by: By) -> Invited:
        """A code by which the administrator or the supervisor that the form names takes the seat; said this once.

        Raises NotFound, Conflict (NOT_NOW: not approved; CHANGED_MEANWHILE: the same form twice), Refused
        (NOT_POSSIBLE: another role; LINES_OPEN: the order that names the supervisor was not accepted) and as
        `Seats.invite`.
        """
        application = await self.get(uow, application_id, by=by)
        if role not in INVITED:
            raise Refused(OnboardingProblem.NOT_POSSIBLE, "role")
        if application.state is not ApplicationState.APPROVED or application.agency_id is None:
            raise Conflict(OnboardingProblem.NOT_NOW)
        _expect_version(application, of)
        papers = await self._applications.papers(uow, application)
        # mission, S28: the supervisor is named by order, and nobody takes the place before it was looked at
        if role is Role.SUPERVISOR and not rules.is_supervisor_ordered(application, papers):
            raise Refused(OnboardingProblem.LINES_OPEN, "order")
        # a button pressed twice makes one invitation
        await self._applications.change(uow, application)
        actor = _actor(by, application)
        invited = await self._seats.invite(uow, application.agency_id, site="", role=role, by=actor, is_by_agency=False)
        await self._note(uow, application, EventKind.INVITED, by)
        return invited

    async def note_admin(self, uow: UnitOfWork, application: Application, *, by: By) -> None:
        """The administrator of the approved agency signed in and is here: a line of the check-list."""
        if rules.is_admin_new(application, by):
            await store.note_admin(uow, application.id)

    async def forget_overdue(self, uow: UnitOfWork, *, limit: int = 50) -> int:
        """Forget what came to nothing and was not touched for long; the worker's job. Gives how many."""
        old = await store.find_forgotten(uow, changed_before=uow.now - FORGOTTEN_AFTER, limit=limit)
        for application_id in old:
            await self._applications.forget(uow, application_id)
        return len(old)

    async def expect_free_names(self, uow: UnitOfWork, application: Application, wishes: Wishes) -> None:
        """Raise Refused (NAME_TAKEN) when another agency, or a service, has the chosen names."""
        if wishes.agency is None:
            return
        if application.agency_id is None and await self._agencies.agency_by_code(uow, wishes.agency.code) is not None:
            raise Refused(OnboardingProblem.NAME_TAKEN, "code")
        if wishes.service is None:
            return
        service_id = service_id_of(wishes.service, wishes.agency.code)
        if await self._agencies.services_named(uow, [service_id]):
            raise Refused(OnboardingProblem.NAME_TAKEN, "short")

    async def _editable(self, uow: UnitOfWork, application_id: ApplicationId, *, of: int, by: By) -> Application:
        application = await self.get(uow, application_id, by=by)
        if not rules.may_edit(application):
            raise Conflict(OnboardingProblem.NOT_NOW)
        _expect_version(application, of)
        return application

    async def _move(self, uow: UnitOfWork, application: Application, into: ApplicationState, **values: object) -> None:
        await self._applications.change(uow, application, state=into.value, **values)

    async def _note(
        self, uow: UnitOfWork, application: Application, kind: EventKind, by: By, *, words: str = ""
    ) -> None:
        await self._applications.happened(uow, application, kind, Side.APPLICANT, words=words)
        await self._applications.record(uow, kind.value, application, _actor(by, application))


def _expect_version(application: Application, of: int) -> None:
    if application.version != of:
        raise Conflict(OnboardingProblem.CHANGED_MEANWHILE)


def _kind(wishes: Wishes) -> AgencyKind | None:
    return None if wishes.agency is None else wishes.agency.kind


def _is_reference(text: str) -> bool:
    return len(text) <= _REFERENCE and (not text or text.isprintable())


def _actor(by: By, application: Application) -> Actor:
    """The administrator as a member of the agency; whoever is none as the person."""
    member = None if application.agency_id is None else by.admin_of.get(application.agency_id)
    return Actor(ActorKind.SUBSCRIBER, by.person) if member is None else Actor(ActorKind.MEMBER, member)
