"""Mandates that an officer records from paper: powers of attorney and legal representatives.

Data sets with a highly sensitive field need a second officer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import msgspec

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Role
from idp.agencies.service import Agencies
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import SYSTEM, Actor, ActorKind
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.keys.blind_index import IndexDigest
from idp.keys.envelope import PersonalData
from idp.representation.mandates import rules, store
from idp.representation.mandates.model import (
    LONGEST,
    LONGEST_MINORITY,
    PAPER_KIND,
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
from idp.representation.mandates.service import Mandates, person_of
from idp.representation.model import MandateId, RepresentationProblem
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers

RECORDING_ROLE = Role.LOOKUP_OFFICER
"""Who sits at a counter and serves people with papers."""
_SECOND_OFFICER_DAYS = 7


class Papers:
    """What officers record. Each use case joins the caller's unit of work and is audited in it."""

    def __init__(
        self,
        *,
        mandates: Mandates,
        subscribers: Subscribers,
        agencies: Agencies,
        approvals: Approvals,
        personal: PersonalData,
    ) -> None:
        self._mandates = mandates
        self._subscribers = subscribers
        self._agencies = agencies
        self._approvals = approvals
        self._personal = personal

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

    async def approve_paper(
        self, uow: UnitOfWork, proposal_id: ProposalId, *, principal: CitizenId, proxy: CitizenId, by: Decider
    ) -> Mandate:
        """The second officer read both numbers off the paper and agrees; the mandate is good from now on.

        The list names nobody, so that an approval without the numbers would be blind to who was recorded. Raises as
        `Approvals.approve`; Conflict; Refused (NOT_WHAT_WAS_SHOWN: other persons were recorded than the paper has).
        """
        mandate = await self._of_proposal(uow, proposal_id)
        if by.person in (mandate.terms.proxy, person_of(mandate.principal)):
            raise Refused(RepresentationProblem.SAME_PERSON)
        if not await self._is_between(uow, mandate, principal, proxy):
            raise Refused(RepresentationProblem.NOT_WHAT_WAS_SHOWN, "other persons")
        await self._approvals.approve(uow, proposal_id, by=by, present={"state": mandate.state.value})
        if not await store.activate(uow, mandate.id):
            raise Conflict(RepresentationProblem.MANDATE_NOT_LIVE)
        await self._mandates.note(
            uow, "representation.mandate_confirmed", mandate, Actor(ActorKind.MEMBER, by.member_id)
        )
        await self._mandates.tell(uow, "mandate_given", mandate)
        return await self._mandates.get(uow, mandate.id)

    async def refuse_paper(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> None:
        """The second officer does not agree; the mandate never was. Raises as `Approvals.refuse`; Conflict."""
        mandate = await self._of_proposal(uow, proposal_id)
        await self._approvals.refuse(uow, proposal_id, by=by, reason=reason)
        await self._mandates.end(uow, mandate, by=Actor(ActorKind.MEMBER, by.member_id))

    async def end_unconfirmed(self, uow: UnitOfWork) -> int:
        """No second officer came in time: the paper can be recorded anew. Gives how many. For the worker."""
        oldest = uow.now - timedelta(days=_SECOND_OFFICER_DAYS)
        ended = 0
        for mandate in await store.find_awaiting(uow, recorded_before=oldest, limit=100):
            if await self._approvals.waiting_on(uow, kind=PAPER_KIND, target=mandate.id) is None:
                await self._mandates.end(uow, mandate, by=SYSTEM)
                ended += 1
        return ended

    async def end_recorded(self, uow: UnitOfWork, mandate_id: MandateId, *, by: Decider) -> None:
        """An officer ends a recorded mandate: the principal came to the counter, or a child came of age by marriage.

        Raises NotFound (not one of the officer's agency), Refused (NOT_A_RECORDING_OFFICER, SAME_PERSON), Conflict.
        """
        mandate = await self._mandates.get(uow, mandate_id)
        _require_recorder(by)
        if mandate.recorded_by is None or not await self._are_own_services(uow, mandate.terms, by):
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        if by.person in (mandate.terms.proxy, person_of(mandate.principal)):
            raise Refused(RepresentationProblem.SAME_PERSON)
        await self._mandates.end(uow, mandate, by=Actor(ActorKind.MEMBER, by.member_id))

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
        _require_recorder(by)
        is_legal = kind is MandateKind.LEGAL_REPRESENTATIVE
        await self._mandates.check_terms(uow, terms, longest=LONGEST_MINORITY if is_legal else LONGEST)
        if not await self._are_own_services(uow, terms, by):
            raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "a service of another agency")
        if not (await self._subscribers.get(uow, terms.proxy)).is_live:
            raise Refused(RepresentationProblem.NOT_ENROLLED)
        enrolled = await self._subscribers.find_by_citizen_id(uow, person.citizen_id)
        principal: Principal = UnenrolledPrincipal() if enrolled is None else PersonPrincipal(enrolled.id)
        # nobody is two of principal, proxy and officer
        if len({person_of(principal), terms.proxy, by.person}) < 3:
            raise Refused(RepresentationProblem.SAME_PERSON)
        waits = rules.needs_second_officer(terms.scope)
        state = MandateState.AWAITING if waits else MandateState.ACTIVE
        source, paper_no, dated = paper
        mandate = self._mandates.new(
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
        await self._mandates.note(
            uow, "representation.mandate_recorded", mandate, Actor(ActorKind.MEMBER, by.member_id)
        )
        if waits:
            return mandate, await self._ask_second_officer(uow, mandate, by)
        await self._mandates.tell(uow, "mandate_given", mandate)
        return mandate, None

    async def _ask_second_officer(self, uow: UnitOfWork, mandate: Mandate, by: Decider) -> Proposal:
        states = {"state": MandateState.AWAITING.value}, {"state": MandateState.ACTIVE.value}
        change = ProposedChange(PAPER_KIND, mandate.id, *states)
        approvers = Approvers(role=RECORDING_ROLE.value, agency_id=by.agency_id)
        lasting = timedelta(days=_SECOND_OFFICER_DAYS)
        return await self._approvals.propose(uow, change, by=by, approvers=approvers, lasting=lasting)

    async def _seal(
        self, uow: UnitOfWork, mandate_id: MandateId, person: PaperPrincipal
    ) -> tuple[bytes, Sequence[IndexDigest]]:
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
        return sealed, self._mandates.digests_of(person.citizen_id)

    async def _of_proposal(self, uow: UnitOfWork, proposal_id: ProposalId) -> Mandate:
        change = (await self._approvals.get(uow, proposal_id)).change
        if change.kind != PAPER_KIND:
            raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
        return await self._mandates.get(uow, MandateId(change.target))

    async def _is_between(self, uow: UnitOfWork, mandate: Mandate, principal: CitizenId, proxy: CitizenId) -> bool:
        acts = await self._subscribers.find_by_citizen_id(uow, proxy)
        if acts is None or acts.id != mandate.terms.proxy:
            return False
        if isinstance(mandate.principal, UnenrolledPrincipal):
            return await store.is_of_number(uow, mandate.id, self._mandates.digests_of(principal))
        found = await self._subscribers.find_by_citizen_id(uow, principal)
        return found is not None and found.id == person_of(mandate.principal)

    async def _are_own_services(self, uow: UnitOfWork, terms: Terms, by: Decider) -> bool:
        services = await self._agencies.services_named(uow, terms.scope.services)
        return all(service.agency_id == by.agency_id for service in services.values())


def _require_recorder(by: Decider) -> None:
    if RECORDING_ROLE.value not in by.roles:
        raise Refused(RepresentationProblem.NOT_A_RECORDING_OFFICER)
