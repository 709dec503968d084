"""Use cases of mandates between persons, and their end. Each joins the caller's unit of work and is audited in it."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Role
from idp.agencies.service import Agencies
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import MemberId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex, IndexDigest
from idp.keys.envelope import PersonalData
from idp.representation.companies.model import CompanyFacts
from idp.representation.companies.rules import validate_assurance
from idp.representation.companies.service import Companies
from idp.representation.mandates import rules, store
from idp.representation.mandates.model import (
    LONGEST,
    LONGEST_MINORITY,
    PAPER_KIND,
    CompanyPrincipal,
    LegalPaper,
    Mandate,
    MandateKind,
    MandateState,
    PaperForm,
    PaperPrincipal,
    PersonPrincipal,
    Principal,
    Terms,
    UnenrolledPrincipal,
)
from idp.representation.model import (
    JointActId,
    MandateId,
    Representation,
    RepresentationProblem,
    Signer,
)
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers

RECORDING_ROLE = Role.LOOKUP_OFFICER
"""Who sits at a counter and serves people with papers."""
_PRINCIPAL_NUMBER = "mandate_principal"
_SECOND_OFFICER_DAYS = 7


class Mandates:
    """Who may act for whom."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        agencies: Agencies,
        companies: Companies,
        approvals: Approvals,
        personal: PersonalData,
        blind_index: BlindIndex,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._subscribers = subscribers
        self._agencies = agencies
        self._companies = companies
        self._approvals = approvals
        self._personal = personal
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def give(self, uow: UnitOfWork, terms: Terms, *, by: Signer, acting: Representation) -> Mandate:
        """A person gives a mandate online, at AAL 2.2.

        Raises Refused (NOT_YOURS_TO_PASS_ON, IDENTITY_TOO_WEAK, SIGN_IN_TOO_WEAK, SAME_PERSON, TERMS_NOT_POSSIBLE),
        NotFound (the proxy, a service).
        """
        rules.validate_giver(acting, expected_principal=by.subscriber_id)
        validate_assurance(by.acr)
        await self.check_terms(uow, terms)
        if terms.proxy == by.subscriber_id:
            raise Refused(RepresentationProblem.SAME_PERSON)
        mandate = self.new(uow, MandateKind.ONLINE, PersonPrincipal(by.subscriber_id), terms)
        await store.insert_mandate(uow, mandate)
        await self.note(uow, "representation.mandate_given", mandate, Actor(ActorKind.SUBSCRIBER, by.subscriber_id))
        return mandate

    async def record_paper(
        self, uow: UnitOfWork, form: PaperForm, principal: PaperPrincipal, terms: Terms, *, by: Decider
    ) -> tuple[Mandate, Proposal | None]:
        """An officer records a power of attorney on paper, good for one case.

        With a sensitive data set it waits for a second officer of the agency: the proposal. Raises Refused
        (PAPER_NOT_COMPLETE, TERMS_NOT_POSSIBLE, SAME_PERSON, NOT_A_RECORDING_OFFICER), NotFound.
        """
        rules.validate_paper(form, terms, today=uow.now.astimezone(BANGKOK).date())
        return await self._record(
            uow, MandateKind.PAPER, principal, terms, by=by, paper=("form", form.form_no, form.signed_on)
        )

    async def record_legal_representative(
        self, uow: UnitOfWork, paper: LegalPaper, child: PaperPrincipal, terms: Terms, *, by: Decider
    ) -> tuple[Mandate, Proposal | None]:
        """An officer records who represents a child, until the child comes of age at the latest.

        The birth date is the paper's, for a child with a digital identity the proofed one.

        Raises Refused (OF_AGE, PAPER_NOT_COMPLETE, TERMS_NOT_POSSIBLE, SAME_PERSON), NotFound.
        """
        comes_of_age = rules.validate_legal_paper(paper, now=uow.now)
        enrolled = await self._subscribers.find_by_citizen_id(uow, child.citizen_id)
        if enrolled is not None:
            proofed = (await self._subscribers.identity(uow, enrolled.id)).birth_date
            comes_of_age = rules.validate_legal_paper(replace(paper, child_birth_date=proofed), now=uow.now)
        until_majority = Terms(terms.proxy, terms.scope, terms.valid_from, min(terms.valid_until, comes_of_age))
        seen = (paper.source.value, paper.reference_no, paper.issued_on)
        return await self._record(uow, MandateKind.LEGAL_REPRESENTATIVE, child, until_majority, by=by, paper=seen)

    async def approve_paper(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Mandate:
        """The second officer agrees; the mandate is good from now on. Raises as `Approvals.approve`; Conflict."""
        mandate = await self._of_proposal(uow, proposal_id)
        if by.person in (mandate.terms.proxy, _person(mandate.principal)):
            raise Refused(RepresentationProblem.SAME_PERSON)
        await self._approvals.approve(uow, proposal_id, by=by, present={"state": mandate.state.value})
        if not await store.activate(uow, mandate.id):
            raise Conflict(RepresentationProblem.MANDATE_NOT_LIVE)
        await self.note(uow, "representation.mandate_confirmed", mandate, Actor(ActorKind.MEMBER, by.member_id))
        return await self.get(uow, mandate.id)

    async def refuse_paper(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> None:
        """The second officer does not agree; the mandate never was. Raises as `Approvals.refuse`; Conflict."""
        mandate = await self._of_proposal(uow, proposal_id)
        await self._approvals.refuse(uow, proposal_id, by=by, reason=reason)
        await self._end(uow, mandate, Actor(ActorKind.MEMBER, by.member_id))

    async def withdraw(self, uow: UnitOfWork, mandate_id: MandateId, *, by: SubscriberId) -> None:
        """The principal takes it back, or the proxy lays it down; refused everywhere from this commit on.

        Raises NotFound (also for everybody else's), Conflict (over before).
        """
        mandate = await self.get(uow, mandate_id)
        own = await self.of_principal(uow, by)
        if mandate.terms.proxy != by and mandate.id not in {one.id for one in own}:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        await self._end(uow, mandate, Actor(ActorKind.SUBSCRIBER, by))

    async def withdraw_for_company(
        self, uow: UnitOfWork, mandate_id: MandateId, facts: CompanyFacts, *, by: Signer
    ) -> None:
        """Any one signatory takes a company's mandate back alone: less power in the world needs no second signature.

        Raises NotFound, Conflict, and as `Companies.role_of`.
        """
        mandate = await self.get(uow, mandate_id)
        if mandate.principal != CompanyPrincipal(facts.juristic_id):
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        await self._companies.role_of(uow, by, facts)
        await self._end(uow, mandate, Actor(ActorKind.SUBSCRIBER, by.subscriber_id))

    async def get(self, uow: UnitOfWork, mandate_id: MandateId) -> Mandate:
        """The mandate, live or not. Raises NotFound."""
        mandate = await store.find_mandate(uow, mandate_id)
        if mandate is None:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        return mandate

    async def live(self, uow: UnitOfWork, mandate_id: MandateId, *, proxy: SubscriberId) -> Mandate:
        """The proxy's own mandate while it may be used. Raises NotFound (not the proxy's), Refused."""
        if (await self.get(uow, mandate_id)).terms.proxy != proxy:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        mandate = await store.find_live_mandate(uow, mandate_id)
        if mandate is None:
            raise Refused(RepresentationProblem.MANDATE_NOT_LIVE)
        return mandate

    async def of_proxy(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Mandate, ...]:
        """What this subscriber holds or held, newest first."""
        return await store.find_by_proxy(uow, subscriber_id)

    async def of_principal(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Mandate, ...]:
        """What this subscriber gave, or had recorded on paper before enrolling, newest first."""
        number = (await self._subscribers.identity(uow, subscriber_id)).citizen_id.digits
        return await store.find_by_principal(uow, subscriber_id, self._blind_index.digests(_PRINCIPAL_NUMBER, number))

    async def of_company(self, uow: UnitOfWork, facts: CompanyFacts, *, by: Signer) -> tuple[Mandate, ...]:
        """What a company gave, for one of its signatories. Raises as `Companies.role_of`."""
        await self._companies.role_of(uow, by, facts)
        return await store.find_by_company(uow, facts.juristic_id)

    async def check_terms(self, uow: UnitOfWork, terms: Terms, *, longest: timedelta = LONGEST) -> None:
        """Raises Refused (TERMS_NOT_POSSIBLE, NOT_ENROLLED), NotFound (the proxy, a service)."""
        rules.validate_terms(terms, now=uow.now, longest=longest)
        for service_id in sorted(terms.scope.services):
            await self._agencies.service(uow, service_id)
        if not (await self._subscribers.get(uow, terms.proxy)).is_live:
            raise Refused(RepresentationProblem.NOT_ENROLLED)

    def new(
        self,
        uow: UnitOfWork,
        kind: MandateKind,
        principal: Principal,
        terms: Terms,
        *,
        state: MandateState = MandateState.ACTIVE,
        paper_no: str | None = None,
        recorded_by: MemberId | None = None,
        joint_act_id: JointActId | None = None,
    ) -> Mandate:
        """A mandate with an id of its own, not yet saved."""
        return Mandate(
            id=MandateId(new_id("mdt", now=uow.now, randomness=self._randomness)),
            kind=kind,
            principal=principal,
            terms=terms,
            state=state,
            given_at=uow.now,
            ended_at=None,
            paper_no=paper_no,
            recorded_by=recorded_by,
            joint_act_id=joint_act_id,
        )

    async def note(self, uow: UnitOfWork, event: str, mandate: Mandate, by: Actor) -> None:
        """Write the entry about a mandate; its subject is the principal where that is a subscriber, else the proxy."""
        entry = AuditEvent(
            event=event,
            actor=by,
            subject=_person(mandate.principal) or mandate.terms.proxy,
            details={
                "mandate": mandate.id,
                "kind": mandate.kind.value,
                "services": sorted(mandate.terms.scope.services),
                "datasets": sorted(mandate.terms.scope.datasets),
            },
        )
        await self._audit.append(uow, entry)

    async def _record(
        self,
        uow: UnitOfWork,
        kind: MandateKind,
        person: PaperPrincipal,
        terms: Terms,
        *,
        by: Decider,
        paper: tuple[str, str, date],
    ) -> tuple[Mandate, Proposal | None]:
        if RECORDING_ROLE.value not in by.roles:
            raise Refused(RepresentationProblem.NOT_A_RECORDING_OFFICER)
        is_legal = kind is MandateKind.LEGAL_REPRESENTATIVE
        await self.check_terms(uow, terms, longest=LONGEST_MINORITY if is_legal else LONGEST)
        services = await self._agencies.services_named(uow, terms.scope.services)
        if any(service.agency_id != by.agency_id for service in services.values()):
            raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "a service of another agency")
        enrolled = await self._subscribers.find_by_citizen_id(uow, person.citizen_id)
        principal: Principal = UnenrolledPrincipal() if enrolled is None else PersonPrincipal(enrolled.id)
        # nobody is two of principal, proxy and officer
        if len({_person(principal), terms.proxy, by.person}) < 3:
            raise Refused(RepresentationProblem.SAME_PERSON)
        waits = rules.needs_second_officer(terms.scope)
        state = MandateState.AWAITING if waits else MandateState.ACTIVE
        source, paper_no, dated = paper
        mandate = self.new(
            uow, kind, principal, terms, state=state, paper_no=paper_no.strip(), recorded_by=by.member_id
        )
        sealed, digests = (None, ()) if enrolled else await self._seal(uow, mandate.id, person)
        await store.insert_mandate(
            uow,
            mandate,
            sealed_principal=sealed,
            digests=digests,
            paper_source=source,
            paper_dated=dated,
            recorded_by_person=by.person,
        )
        await self.note(uow, "representation.mandate_recorded", mandate, Actor(ActorKind.MEMBER, by.member_id))
        return mandate, await self._ask_second_officer(uow, mandate, by) if waits else None

    async def _ask_second_officer(self, uow: UnitOfWork, mandate: Mandate, by: Decider) -> Proposal:
        states = {"state": MandateState.AWAITING.value}, {"state": MandateState.ACTIVE.value}
        change = ProposedChange(PAPER_KIND, mandate.id, *states)
        approvers = Approvers(role=RECORDING_ROLE.value, agency_id=by.agency_id)
        lasting = timedelta(days=_SECOND_OFFICER_DAYS)
        return await self._approvals.propose(uow, change, by=by, approvers=approvers, lasting=lasting)

    async def _seal(
        self, uow: UnitOfWork, mandate_id: MandateId, person: PaperPrincipal
    ) -> tuple[bytes, tuple[IndexDigest, ...]]:
        name = person.name
        parts = [person.citizen_id.digits, name.prefix, name.first, name.middle, name.last]
        sealed = await self._personal.seal(
            uow,
            mandate_id,
            table="mandate",
            column="sealed_principal",
            row=mandate_id,
            value=msgspec.json.encode(parts),
        )
        return sealed, self._blind_index.digests(_PRINCIPAL_NUMBER, person.citizen_id.digits)

    async def _of_proposal(self, uow: UnitOfWork, proposal_id: ProposalId) -> Mandate:
        change = (await self._approvals.get(uow, proposal_id)).change
        if change.kind != PAPER_KIND:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        return await self.get(uow, MandateId(change.target))

    async def _end(self, uow: UnitOfWork, mandate: Mandate, by: Actor) -> None:
        if not await store.end_mandate(uow, mandate.id):
            raise Conflict(RepresentationProblem.MANDATE_NOT_LIVE)
        await self.note(uow, "representation.mandate_ended", mandate, by)
        await enqueue(uow, topic="mandate_ended", payload={"mandate_id": mandate.id}, randomness=self._randomness)


def _person(principal: Principal) -> SubscriberId | None:
    return principal.subscriber_id if isinstance(principal, PersonPrincipal) else None
