"""Use cases of namings. Each joins the caller's unit of work and is audited in it."""

from datetime import datetime
from typing import Any

from idp.agencies.agreements.rules import is_owners
from idp.agencies.model import Agency, Role
from idp.agencies.namings import rules, store
from idp.agencies.namings.model import KIND, LASTING, NamingId, NamingProblem, SecurityNaming, terms_of
from idp.agencies.service import Agencies
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.catalogue.photo import PHOTO
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import UnitOfWork


class SecurityNamings:
    """Agencies that the owner of the photos named."""

    def __init__(self, *, agencies: Agencies, approvals: Approvals, audit: AuditLog, randomness: Randomness) -> None:
        self._agencies = agencies
        self._approvals = approvals
        self._audit = audit
        self._randomness = randomness

    async def propose(
        self, uow: UnitOfWork, agency_id: AgencyId, *, reference_no: str, valid_until: datetime, by: Decider
    ) -> Proposal:
        """One of the owner's staff names an agency, or names it again; a colleague approves.

        Raises NotFound (no such agency), Refused (NOT_THE_OWNER, NOT_POSSIBLE), Conflict (ALREADY_PROPOSED).
        """
        owner = await self._expect_possible(uow, agency_id, reference_no, valid_until, by=by)
        present = terms_of(await store.find_active(uow, agency_id))
        after = {"reference_no": reference_no, "valid_until": valid_until.isoformat()}
        change = ProposedChange(KIND, agency_id, present, after)
        approvers = Approvers(Role.DATA_OWNER.value, owner.id)
        return await self._approvals.propose(uow, change, by=by, approvers=approvers, lasting=LASTING)

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> SecurityNaming:
        """The second person: the agency is named with this transaction.

        Raises as `Approvals.approve` does, and as `propose` for what has become impossible meanwhile.
        """
        proposal = await self._approvals.get(uow, proposal_id)
        if proposal.change.kind != KIND:
            raise NotFound(NamingProblem.UNKNOWN, "proposal")
        agency_id = AgencyId(proposal.change.target)
        terms: dict[str, Any] = dict(proposal.change.after)
        valid_until = datetime.fromisoformat(terms["valid_until"])
        await self._expect_possible(uow, agency_id, terms["reference_no"], valid_until, by=by)
        present = terms_of(await store.find_active(uow, agency_id))
        await self._approvals.approve(uow, proposal_id, by=by, present=present)
        naming = SecurityNaming(
            id=NamingId(new_id("nam", now=uow.now, randomness=self._randomness)),
            agency_id=agency_id,
            reference_no=terms["reference_no"],
            named_by=proposal.proposed_by,
            confirmed_by=by.member_id,
            valid_from=uow.now,
            valid_until=valid_until,
        )
        await store.end_active(uow, agency_id)
        await store.insert_naming(uow, naming)
        await self._note(uow, "agency.named_for_photos", agency_id, by, naming=naming.id, proposal=proposal_id)
        return naming

    async def end(self, uow: UnitOfWork, agency_id: AgencyId, *, by: Decider) -> None:
        """No photo from this instant, by one of the owner's staff alone.

        Raises Refused (NOT_THE_OWNER), NotFound (UNKNOWN: not named).
        """
        if not is_owners(by, await self._agencies.owner_of(uow, PHOTO.id)):
            raise Refused(NamingProblem.NOT_THE_OWNER)
        if not await store.end_active(uow, agency_id):
            raise NotFound(NamingProblem.UNKNOWN, "naming")
        await self._note(uow, "agency.naming_ended", agency_id, by)

    async def named(self, uow: UnitOfWork, *, by: Decider) -> tuple[SecurityNaming, ...]:
        """Every naming that was not ended, those that end first on top. Raises Refused (NOT_THE_OWNER)."""
        if not is_owners(by, await self._agencies.owner_of(uow, PHOTO.id)):
            raise Refused(NamingProblem.NOT_THE_OWNER)
        return await store.find_all_active(uow)

    async def is_named(self, uow: UnitOfWork, agency_id: AgencyId) -> bool:
        """True while the agency is named as a security agency."""
        return await store.is_named(uow, agency_id)

    async def _expect_possible(
        self, uow: UnitOfWork, agency_id: AgencyId, reference_no: str, valid_until: datetime, *, by: Decider
    ) -> Agency:
        """The owner. Raises what `rules.why_not` says, and NotFound."""
        agency, owner = await self._agencies.agency(uow, agency_id), await self._agencies.owner_of(uow, PHOTO.id)
        problem = rules.why_not(
            agency, by=by, owner=owner, reference_no=reference_no, valid_until=valid_until, now=uow.now
        )
        if problem is not None or owner is None:
            raise Refused(problem or NamingProblem.NOT_THE_OWNER)
        return owner

    async def _note(self, uow: UnitOfWork, event: str, agency_id: AgencyId, by: Decider, **details: str) -> None:
        actor = Actor(ActorKind.MEMBER, by.member_id)
        await self._audit.append(uow, AuditEvent(event=event, actor=actor, agency_id=agency_id, details=details))
