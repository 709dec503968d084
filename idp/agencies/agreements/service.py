"""Use cases of the life of an agreement. Each joins the caller's unit of work and is audited in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.agencies import agreement_store, member_store
from idp.agencies import rules as agency_rules
from idp.agencies.agreement_book import AgreementBook
from idp.agencies.agreement_store import Reach
from idp.agencies.agreements import rules
from idp.agencies.agreements.model import (
    KIND,
    LASTING,
    Expiry,
    Officer,
    Second,
    target_of,
    terms_from_json,
    terms_to_json,
)
from idp.agencies.model import Agency, AgencyProblem, Agreement, OfficerGrant, Role, Standing
from idp.agencies.service import Agencies
from idp.approvals.model import Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, AgreementId, MemberId, OfficerGrantId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import UnitOfWork


class Agreements:
    """Agreements as they come, change and go."""

    def __init__(
        self,
        *,
        agencies: Agencies,
        approvals: Approvals,
        audit: AuditLog,
        randomness: Randomness,
        platform_id: AgencyId,
    ) -> None:
        self._agencies = agencies
        self._approvals = approvals
        self._book = AgreementBook(audit=audit, randomness=randomness)
        self._audit = audit
        self._randomness = randomness
        self._platform_id = platform_id

    def is_platform(self, agency_id: AgencyId) -> bool:
        """True for the agency that runs the platform: what its staff look after is everybody's."""
        return agency_id == self._platform_id

    async def get(self, uow: UnitOfWork, agreement_id: AgreementId) -> Agreement:
        """The agreement, in force or not. Raises NotFound."""
        found = await agreement_store.find_agreement(uow, agreement_id)
        if found is None:
            raise NotFound(AgencyProblem.UNKNOWN, "agreement")
        return found

    async def page(
        self, uow: UnitOfWork, by: Sequence[Decider], *, after: AgreementId | None, limit: int
    ) -> tuple[Agreement, ...]:
        """What these memberships of one person may look at: those in force first, those that end first on top.

        `after` is the last one of the page before. Raises NotFound.
        """
        reach = await self._reach(uow, by)
        last = None if after is None else await self.get(uow, after)
        if last is not None and not reach.covers(last):
            raise NotFound(AgencyProblem.UNKNOWN, "agreement")
        return await agreement_store.find_page(uow, reach, after=last, limit=limit, now=uow.now)

    async def acting(self, uow: UnitOfWork, agreement: Agreement, by: Sequence[Decider]) -> Decider | None:
        """With which membership somebody with several of them meets this agreement: that of the data's owner, else the
        platform's, else any that may look at it. None when none may.
        """
        for judge in (self.may_grant_officers, self.may_stop, self._may_look):
            for one in by:
                if await judge(uow, agreement, one):
                    return one
        return None

    async def _may_look(self, uow: UnitOfWork, agreement: Agreement, by: Decider) -> bool:
        return (await self._reach(uow, [by])).covers(agreement)

    async def _reach(self, uow: UnitOfWork, by: Sequence[Decider]) -> Reach:
        """The platform sees all, an owner what is over its data or over those of the agencies below it, an agency's
        administrator what is its own.
        """
        owners = {one.agency_id for one in by if Role.DATA_OWNER.value in one.roles}
        # the agency above an owner is a second person for its data
        owning = [one for one in await self._agencies.owners(uow) if owners & {one.id, one.parent_id}]
        return Reach(
            everything=any(rules.is_platforms(one, self._platform_id) for one in by),
            agencies=frozenset(one.agency_id for one in by if Role.AGENCY_ADMIN.value in one.roles),
            datasets=frozenset(name for one in owning for name in one.owns),
        )

    async def expiring(self, uow: UnitOfWork, *, days: int) -> tuple[Expiry, ...]:
        """Agreements in force that end within so many days, soonest first: the calendar."""
        ending = await agreement_store.find_expiring(uow, now=uow.now, until=uow.now + timedelta(days=days))
        return tuple(Expiry(one, (one.valid_until - uow.now).days) for one in ending)

    def new_id(self, uow: UnitOfWork) -> AgreementId:
        """An id for terms that are to be proposed."""
        return AgreementId(new_id("agr", now=uow.now, randomness=self._randomness))

    async def propose(self, uow: UnitOfWork, agreement: Agreement, *, by: Decider, second: Second) -> Proposal:
        """Propose terms: of a new agreement, or new ones for a present one, which also lifts a suspension.

        Raises Refused (NOT_THE_OWNER, NO_SUCH_SECOND, AGREEMENT_NOT_POSSIBLE, NOTHING_TO_CHANGE), Conflict
        (ALREADY_EXISTS, ALREADY_PROPOSED, CHANGED_MEANWHILE), NotFound.
        """
        owner = await self._agencies.owner_of(uow, agreement.dataset)
        decision = rules.decide_proposal(agreement, by=by, owner=owner, second=second, platform_id=self._platform_id)
        if isinstance(decision, rules.MayNotPropose):
            raise Refused(decision.problem)
        present = await agreement_store.find_agreement(uow, agreement.id)
        known = DATASETS.get(agreement.dataset)
        granted_by = agreement.granted_by if known is None else known.owner_en
        agreement = replace(agreement, granted_by=granted_by, version=1 if present is None else present.version)
        await self._expect_possible(uow, agreement, present)
        change = ProposedChange(KIND, target_of(agreement), _terms(present), terms_to_json(agreement))
        return await self._approvals.propose(uow, change, by=by, approvers=decision.approvers, lasting=LASTING)

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Agreement:
        """The second person: the terms are in force with this transaction.

        Raises as `Approvals.approve` does, and as `propose` for what has become impossible meanwhile.
        """
        proposal = await self.proposal(uow, proposal_id)
        agreement = terms_from_json(dict(proposal.change.after))
        await agreement_store.hold_service(uow, agreement.service_id)
        present = await agreement_store.find_agreement(uow, agreement.id)
        await self._approvals.approve(uow, proposal_id, by=by, present=_terms(present))
        return await self.put(uow, agreement, by=_actor(by))

    async def refuse(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> None:
        """The second person says no. Raises as `Approvals.refuse` does."""
        await self.proposal(uow, proposal_id)
        await self._approvals.refuse(uow, proposal_id, by=by, reason=reason)

    async def proposal(self, uow: UnitOfWork, proposal_id: ProposalId) -> Proposal:
        """A proposal about an agreement. Raises NotFound."""
        proposal = await self._approvals.get(uow, proposal_id)
        if proposal.change.kind != KIND:
            raise NotFound(AgencyProblem.UNKNOWN, "proposal")
        return proposal

    async def narrow(self, uow: UnitOfWork, agreement: Agreement, *, by: Decider) -> Agreement:
        """Less, at once, by one person of the data's owner or of the platform.

        Raises NotFound, Refused (NOT_THE_OWNER, NOT_NARROWER, AGREEMENT_NOT_POSSIBLE), Conflict (CHANGED_MEANWHILE).
        """
        present = await self.get(uow, agreement.id)
        await self._expect_owner(uow, present, by)
        agreement = replace(agreement, version=present.version)
        if not rules.is_narrower(agreement, present):
            raise Refused(AgencyProblem.NOT_NARROWER)
        await self._expect_possible(uow, agreement, present)
        return await self._book.change(uow, agreement, of=present, by=_actor(by))

    async def put(self, uow: UnitOfWork, agreement: Agreement, *, by: Actor) -> Agreement:
        """Put terms in force that were decided elsewhere: by whoever sets up a store without two persons, or by two
        who approved a whole configuration.

        Raises Refused (AGREEMENT_NOT_POSSIBLE), Conflict (ALREADY_EXISTS, CHANGED_MEANWHILE), NotFound.
        """
        await agreement_store.hold_service(uow, agreement.service_id)
        present = await agreement_store.find_agreement(uow, agreement.id)
        await self._expect_possible(uow, agreement, present)
        if present is not None:
            return await self._book.change(uow, agreement, of=present, by=by)
        await self._book.begin(uow, agreement, by=by)
        return agreement

    async def suspend(self, uow: UnitOfWork, agreement_id: AgreementId, *, by: Decider, reason: str = "") -> Agreement:
        """Nothing is released under it from this instant; the log keeps why. Raises as `narrow`."""
        return await self._stop(uow, agreement_id, Standing.SUSPENDED, by=by, reason=reason)

    async def end(self, uow: UnitOfWork, agreement_id: AgreementId, *, by: Decider, reason: str = "") -> Agreement:
        """Over for good; the log keeps why. Raises as `narrow`."""
        return await self._stop(uow, agreement_id, Standing.ENDED, by=by, reason=reason)

    async def may_stop(self, uow: UnitOfWork, agreement: Agreement, by: Decider) -> bool:
        """True for whoever may narrow, suspend and end it: one person of the data's owner or of the platform."""
        owner = await self._agencies.owner_of(uow, agreement.dataset)
        return rules.is_owners(by, owner) or rules.is_platforms(by, self._platform_id)

    async def may_grant_officers(self, uow: UnitOfWork, agreement: Agreement, by: Decider) -> bool:
        """True for whoever may give single officers the data: the staff of the data's owner alone."""
        return rules.is_owners(by, await self._agencies.owner_of(uow, agreement.dataset))

    async def officers(
        self, uow: UnitOfWork, agreement: Agreement, *, after: MemberId | None, limit: int
    ) -> tuple[Officer, ...]:
        """The look-up officers of the agency, oldest first, each with the owner's own grant, begun or to come.

        `after` is the last one of the page before.
        """
        members = await member_store.find_live_members_at(
            uow, agreement.agency_id, role=Role.LOOKUP_OFFICER, now=uow.now, after=after, limit=limit
        )
        ids = [one.id for one in members]
        grants = await agreement_store.find_standing_officer_grants(uow, ids, agreement.dataset, now=uow.now)
        return tuple(Officer(one, grants.get(one.id)) for one in members)

    async def officer(self, uow: UnitOfWork, agreement: Agreement, member_id: MemberId) -> Officer:
        """One of them. Raises NotFound."""
        member = await self._agencies.live_member(uow, member_id)
        if member is None or member.agency_id != agreement.agency_id or Role.LOOKUP_OFFICER not in member.roles:
            raise NotFound(AgencyProblem.UNKNOWN, "officer")
        grants = await agreement_store.find_standing_officer_grants(uow, [member_id], agreement.dataset, now=uow.now)
        return Officer(member, grants.get(member_id))

    async def grant_officer(
        self,
        uow: UnitOfWork,
        member_id: MemberId,
        *,
        dataset: str,
        reference_no: str,
        valid_from: datetime,
        valid_until: datetime,
        by: Decider,
    ) -> OfficerGrant:
        """Let one look-up officer have a data set in person, never more than the agency's agreement gives.

        Raises NotFound (member), Refused (NOT_THE_OWNER, AGREEMENT_NOT_POSSIBLE: dates, not a look-up officer).
        """
        owner = await self._agencies.owner_of(uow, dataset)
        if not rules.is_owners(by, owner):
            raise Refused(AgencyProblem.NOT_THE_OWNER)
        member = await self._agencies.live_member(uow, member_id)
        if member is None:
            raise NotFound(AgencyProblem.UNKNOWN, "member")
        if Role.LOOKUP_OFFICER not in member.roles or not valid_from < valid_until or member.subscriber_id == by.person:
            raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, "officer or dates")
        grant = OfficerGrant(
            id=OfficerGrantId(new_id("ofg", now=uow.now, randomness=self._randomness)),
            member_id=member_id,
            dataset=dataset,
            reference_no=reference_no,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        await agreement_store.insert_officer_grant(uow, grant)
        details = {"grant": grant.id, "member": member_id, "dataset": dataset}
        await self._record(uow, "agency.officer_granted", _actor(by), member.agency_id, details)
        return grant

    async def end_officer_grant(self, uow: UnitOfWork, grant_id: OfficerGrantId, *, by: Decider) -> None:
        """Over for good, at once. Raises NotFound, Refused (NOT_THE_OWNER)."""
        grant = await agreement_store.find_officer_grant(uow, grant_id)
        if grant is None:
            raise NotFound(AgencyProblem.UNKNOWN, "officer grant")
        owner = await self._agencies.owner_of(uow, grant.dataset)
        if not rules.is_owners(by, owner) and not rules.is_platforms(by, self._platform_id):
            raise Refused(AgencyProblem.NOT_THE_OWNER)
        if not await agreement_store.end_officer_grant(uow, grant_id):
            raise NotFound(AgencyProblem.UNKNOWN, "officer grant")
        await self._record(uow, "agency.officer_grant_ended", _actor(by), by.agency_id, {"grant": grant_id})

    async def _stop(
        self, uow: UnitOfWork, agreement_id: AgreementId, to: Standing, *, by: Decider, reason: str
    ) -> Agreement:
        present = await self.get(uow, agreement_id)
        await self._expect_owner(uow, present, by)
        if present.status is to:
            raise Conflict(AgencyProblem.CHANGED_MEANWHILE)
        return await self._book.change(uow, replace(present, status=to), of=present, by=_actor(by), reason=reason)

    async def _expect_owner(self, uow: UnitOfWork, present: Agreement, by: Decider) -> None:
        if not await self.may_stop(uow, present, by):
            raise Refused(AgencyProblem.NOT_THE_OWNER)

    async def _expect_possible(self, uow: UnitOfWork, agreement: Agreement, present: Agreement | None) -> None:
        if not rules.can_follow(agreement, present):
            raise Conflict(AgencyProblem.CHANGED_MEANWHILE)
        agency: Agency = await self._agencies.agency(uow, agreement.agency_id)
        service = await self._agencies.service(uow, agreement.service_id)
        impossible = agency_rules.impossible_term(agreement, service=service, kind=agency.kind)
        # "basis `owner`, internal": the issuer shows people their own data under its own agreement, nobody else does
        if Basis.OWNER in agreement.bases and agreement.agency_id != self._platform_id:
            impossible = agency_rules.Term.BASES
        if impossible is not None:
            raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, impossible.value)
        if agreement.status is Standing.ACTIVE and await agreement_store.has_rival(uow, agreement):
            raise Conflict(AgencyProblem.ALREADY_EXISTS, "agreement in force")

    async def _record(
        self, uow: UnitOfWork, event: str, by: Actor, agency_id: AgencyId, details: dict[str, Any]
    ) -> None:
        await self._audit.append(uow, AuditEvent(event=event, actor=by, agency_id=agency_id, details=details))


def _actor(by: Decider) -> Actor:
    return Actor(ActorKind.MEMBER, by.member_id)


def _terms(agreement: Agreement | None) -> dict[str, Any]:
    return {} if agreement is None else terms_to_json(agreement)
