"""Use cases of the platform: looking at applications, asking back, two persons who approve, and going live.

The first person recommends, which is a proposal; the second approves it, and with that transaction the agency stands.
Neither is whoever applied, nor a member of the agency that applies.
"""

from dataclasses import dataclass, replace
from typing import Any

from idp.agencies.agreements.model import Second
from idp.agencies.agreements.rules import is_platforms
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import AgencyProblem, Role, Standing
from idp.agencies.onboarding import rules, store
from idp.agencies.onboarding.applications import Applications
from idp.agencies.onboarding.model import (
    KIND,
    LASTING,
    Application,
    ApplicationId,
    ApplicationState,
    EventKind,
    Facts,
    OnboardingProblem,
    Paper,
    PaperId,
    PaperState,
    Registration,
    Side,
    Terms,
)
from idp.agencies.onboarding.ports import Registrar
from idp.agencies.onboarding.registering import agreement_of, reference_kind, registration_of
from idp.agencies.onboarding.service import Onboarding
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.approvals.model import MAX_REMARK, Approvers, Decider, Proposal, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork

MOST_LISTED = 200
WAITING = frozenset({ApplicationState.SUBMITTED, ApplicationState.ASKED_BACK, ApplicationState.APPROVED})


@dataclass(frozen=True, slots=True, repr=False)
class Reviewed:
    """An application as the platform looks at it. `proposal` is the first person's, while it waits for a second."""

    application: Application
    facts: Facts
    proposal: Proposal | None
    is_mine_to_decide: bool


class OnboardingReviews:
    """Applications, as the platform's administrators meet them."""

    def __init__(
        self,
        *,
        applications: Applications,
        onboarding: Onboarding,
        agencies: Agencies,
        agreements: Agreements,
        seats: Seats,
        approvals: Approvals,
        registrar: Registrar,
        platform_id: AgencyId,
    ) -> None:
        self._applications = applications
        self._onboarding = onboarding
        self._agencies = agencies
        self._agreements = agreements
        self._seats = seats
        self._approvals = approvals
        self._registrar = registrar
        self._platform_id = platform_id

    async def inbox(self, uow: UnitOfWork, *, by: Decider) -> tuple[Application, ...]:
        """What waits for the platform, for the applicant or for its last lines; longest waiting first."""
        self._expect_platform(by)
        return await self._applications.in_states(uow, WAITING, limit=MOST_LISTED)

    async def look(self, uow: UnitOfWork, application_id: ApplicationId, *, by: Decider) -> Reviewed:
        """One application with what stands for it. A draft is nobody's but the applicant's. Raises NotFound."""
        application = await self._sent(uow, application_id, by)
        proposal = await self._approvals.waiting_on(uow, kind=KIND, target=application.id)
        return Reviewed(
            application=application,
            facts=await self._applications.facts(uow, application),
            proposal=proposal,
            is_mine_to_decide=not await self._is_own(uow, application, by)
            and (proposal is None or proposal.proposed_by_person != by.person),
        )

    async def paper(self, uow: UnitOfWork, application_id: ApplicationId, paper_id: PaperId, *, by: Decider) -> bytes:
        """What a paper holds; that it was looked at is written down. Raises NotFound."""
        application = await self._sent(uow, application_id, by)
        content = await self._applications.content(uow, application, paper_id)
        await self._applications.record(uow, "paper_looked_at", application, _actor(by), paper=paper_id)
        return content

    async def judge_paper(
        self,
        uow: UnitOfWork,
        application_id: ApplicationId,
        paper_id: PaperId,
        into: PaperState,
        *,
        words: str,
        by: Decider,
    ) -> None:
        """Accept a paper, or return it with a reason. Raises NotFound, Refused, Conflict (NOT_NOW: judged before)."""
        application = await self._decidable(uow, application_id, by)
        kind = EventKind.PAPER_ACCEPTED if into is PaperState.ACCEPTED else EventKind.PAPER_RETURNED
        said = "" if into is PaperState.ACCEPTED else _words(words)
        if not await store.judge_paper(uow, application.id, paper_id, into):
            raise Conflict(OnboardingProblem.NOT_NOW, "paper")
        await self._note(uow, application, kind, by, words=said, paper=paper_id)

    async def ask_back(self, uow: UnitOfWork, application_id: ApplicationId, *, words: str, by: Decider) -> None:
        """Give it back with a question; a recommendation of it is over. Raises NotFound, Refused, Conflict."""
        application = await self._decidable(uow, application_id, by, state=ApplicationState.SUBMITTED)
        said = _words(words)
        await self._drop_recommendation(uow, application, said, by)
        await self._applications.change(uow, application, state=ApplicationState.ASKED_BACK.value)
        await self._note(uow, application, EventKind.ASKED_BACK, by, words=said)

    async def refuse(self, uow: UnitOfWork, application_id: ApplicationId, *, words: str, by: Decider) -> None:
        """Say no for good, with a reason that the applicant reads. Raises as `ask_back`."""
        application = await self._decidable(uow, application_id, by, state=ApplicationState.SUBMITTED)
        said = _words(words)
        await self._drop_recommendation(uow, application, said, by)
        await self._applications.change(uow, application, state=ApplicationState.REFUSED.value)
        await self._note(uow, application, EventKind.REFUSED, by, words=said)

    async def recommend(self, uow: UnitOfWork, application_id: ApplicationId, *, by: Decider) -> Proposal:
        """The first person: what a file would say is proposed to the second one.

        Raises NotFound, Refused (OWN_APPLICATION, LINES_OPEN: the signed form was not accepted, NAME_TAKEN), Conflict
        (NOT_NOW, ALREADY_PROPOSED).
        """
        application = await self._decidable(uow, application_id, by, state=ApplicationState.SUBMITTED)
        if not rules.may_be_recommended(application, await self._applications.papers(uow, application)):
            raise Refused(OnboardingProblem.LINES_OPEN, "signed form")
        await self._onboarding.expect_free_names(uow, application, application.wishes)
        document = self._registrar.document(await self._registration(uow, application))
        # where the application has changed by then, the second person approves nothing
        change = ProposedChange(
            KIND, application.id, _standing(application), {**_standing(application), "document": document}
        )
        proposal = await self._approvals.propose(
            uow, change, by=by, approvers=Approvers(Role.PLATFORM_ADMIN.value, self._platform_id), lasting=LASTING
        )
        await self._note(uow, application, EventKind.RECOMMENDED, by)
        return proposal

    async def approve(self, uow: UnitOfWork, application_id: ApplicationId, *, by: Decider) -> None:
        """The second person: agency, seats and a closed service stand with this transaction, and the data's owners are
        asked for the rights.

        Raises NotFound, Refused (OWN_APPLICATION, NAME_TAKEN, APR: SAME_PERSON), Conflict (NOT_NOW,
        CHANGED_UNDERNEATH, CHANGED_MEANWHILE: the agency) and as the rooms do that it touches.
        """
        # 1. what the first person saw is what stands
        application = await self._decidable(uow, application_id, by, state=ApplicationState.SUBMITTED)
        proposal = await self._approvals.waiting_on(uow, kind=KIND, target=application.id)
        if proposal is None:
            raise Conflict(OnboardingProblem.NOT_NOW, "nobody recommended it")
        await self._onboarding.expect_free_names(uow, application, application.wishes)
        change = await self._approvals.approve(uow, proposal.id, by=by, present=_standing(application))
        registered = await self._registration(uow, application)
        if change.after["document"] != self._registrar.document(registered):
            # the agency itself is another than the first person saw: it was narrowed, renamed or stopped since
            raise Conflict(OnboardingProblem.CHANGED_MEANWHILE, "the agency")
        # 2. as the file would have it
        await self._registrar.apply(uow, change.after["document"], by=_actor(by))
        code = registered.agency.code
        agency = await self._agencies.agency_by_code(uow, code)
        if agency is None:
            raise NotFound(AgencyProblem.UNKNOWN, "agency")
        # 3. once over all nodes
        await self._applications.change(
            uow,
            application,
            state=ApplicationState.APPROVED.value,
            agency_id=agency.id,
            service_id=registered.service.id,
        )
        # 4. the owners of the data decide about the rights
        known = replace(application, agency_id=agency.id)
        await self._ask_owners(uow, known, registered, by)
        await self._note(uow, known, EventKind.APPROVED, by)

    async def activate(self, uow: UnitOfWork, application_id: ApplicationId, *, by: Decider) -> None:
        """Open the service, when every line of the check-list holds at this moment.

        Raises NotFound, Refused (OWN_APPLICATION, LINES_OPEN), Conflict (NOT_NOW, CHANGED_MEANWHILE).
        """
        application = await self._decidable(uow, application_id, by, state=ApplicationState.APPROVED)
        facts = await self._applications.facts(uow, application)
        if not rules.all_hold(application, facts) or application.service_id is None:
            raise Refused(OnboardingProblem.LINES_OPEN)
        service = await self._agencies.service(uow, application.service_id)
        if service.status is not Standing.SUSPENDED:
            raise Conflict(OnboardingProblem.NOT_NOW, "service")
        await self._applications.change(uow, application, state=ApplicationState.ACTIVE.value)
        await self._agencies.change_service(uow, replace(service, status=Standing.ACTIVE), by=_actor(by))
        supervisors = " ".join(one.id for one in rules.supervisors_of(facts.members))
        await self._applications.happened(uow, application, EventKind.ACTIVATED, Side.PLATFORM)
        await self._applications.record(uow, "activated", application, _actor(by), supervisors=supervisors)

    async def registration(self, uow: UnitOfWork, application: Application) -> Terms:
        """What the approval makes, or made, as the things of a file. ValueError while the form is not filled in."""
        return self._registrar.document(await self._registration(uow, application))

    async def _registration(self, uow: UnitOfWork, application: Application) -> Registration:
        if application.agency_id is None:
            return registration_of(application.wishes, None, ())
        agency = await self._agencies.agency(uow, application.agency_id)
        standing = tuple(one.seat for one in await self._seats.of_agency(uow, agency.id))
        above = None if agency.parent_id is None else await self._agencies.agency(uow, agency.parent_id)
        return registration_of(application.wishes, agency, standing, parent_code=None if above is None else above.code)

    async def _ask_owners(
        self, uow: UnitOfWork, application: Application, registered: Registration, by: Decider
    ) -> None:
        papers = await self._applications.papers(uow, application)
        service = await self._agencies.service(uow, registered.service.id)
        for wanted in application.wishes.rights:
            paper: Paper | None = papers.get(reference_kind(wanted))
            agreement = agreement_of(
                wanted,
                application.wishes,
                agreement_id=self._agreements.new_id(uow),
                service=service,
                reference_no=paper.reference_no if paper is not None and paper.reference_no else application.id,
                now=uow.now,
            )
            owner = await self._agencies.owner_of(uow, wanted.dataset)
            # whose data nobody here owns, the platform enters with the owner's letter: again two persons
            second = Second.PLATFORM if owner is None or owner.id == service.agency_id else Second.OWNER
            await self._agreements.propose(uow, agreement, by=by, second=second)

    async def _drop_recommendation(self, uow: UnitOfWork, application: Application, words: str, by: Decider) -> None:
        proposal = await self._approvals.waiting_on(uow, kind=KIND, target=application.id)
        if proposal is None:
            return
        if proposal.proposed_by_person == by.person:
            await self._approvals.withdraw(uow, proposal.id, by=by)
        else:
            await self._approvals.refuse(uow, proposal.id, by=by, reason=words)

    async def _sent(self, uow: UnitOfWork, application_id: ApplicationId, by: Decider) -> Application:
        self._expect_platform(by)
        application = await self._applications.get(uow, application_id)
        if application.state is ApplicationState.DRAFT or application.submitted_at is None:
            raise NotFound(OnboardingProblem.UNKNOWN)
        return application

    async def _decidable(
        self, uow: UnitOfWork, application_id: ApplicationId, by: Decider, *, state: ApplicationState | None = None
    ) -> Application:
        application = await self._sent(uow, application_id, by)
        if await self._is_own(uow, application, by):
            raise Refused(OnboardingProblem.OWN_APPLICATION)
        if application.state not in (WAITING if state is None else {state}):
            raise Conflict(OnboardingProblem.NOT_NOW)
        return application

    async def _is_own(self, uow: UnitOfWork, application: Application, by: Decider) -> bool:
        """Who applied, or belongs to the agency that applies, does not decide about it."""
        memberships = await self._agencies.members_of(uow, by.person)
        return application.applicant == by.person or application.agency_id in {one.agency_id for one in memberships}

    def _expect_platform(self, by: Decider) -> None:
        if not is_platforms(by, self._platform_id):
            raise NotFound(OnboardingProblem.UNKNOWN)

    async def _note(
        self, uow: UnitOfWork, application: Application, kind: EventKind, by: Decider, *, words: str = "", **more: str
    ) -> None:
        await self._applications.happened(uow, application, kind, Side.PLATFORM, words=words)
        await self._applications.record(uow, kind.value, application, _actor(by), **more)


def _words(text: str) -> str:
    words = text.strip()
    if not 0 < len(words) <= MAX_REMARK:
        raise Refused(OnboardingProblem.NO_WORDS)
    return words


def _standing(application: Application) -> dict[str, Any]:
    """What both persons see: this content, as it was sent this time."""
    sent = application.submitted_at
    return {"content_version": application.content_version, "sent": None if sent is None else sent.isoformat()}


def _actor(by: Decider) -> Actor:
    return Actor(ActorKind.MEMBER, by.member_id)
