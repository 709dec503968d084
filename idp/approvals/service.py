"""Use cases of the approvals room. Each joins the caller's unit of work and is audited in it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from idp.approvals import rules, store
from idp.approvals.model import (
    UNDECIDED,
    ApprovalProblem,
    Approvers,
    Decider,
    Proposal,
    ProposalId,
    ProposalState,
    ProposedChange,
    Remark,
    RemarkKind,
)
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork

_TABLE = "proposal_remark"
_TEXT = "sealed_text"
_STATE_IS_WRONG = frozenset(
    {
        ApprovalProblem.EXPIRED,
        ApprovalProblem.ALREADY_DECIDED,
        ApprovalProblem.CHANGED_UNDERNEATH,
        ApprovalProblem.WAITS_FOR_AN_ANSWER,
    }
)


class Approvals:
    """Proposals that wait for a second person."""

    def __init__(self, *, personal: PersonalData, audit: AuditLog, randomness: Randomness) -> None:
        self._personal = personal
        self._audit = audit
        self._randomness = randomness

    async def propose(
        self, uow: UnitOfWork, change: ProposedChange, *, by: Decider, approvers: Approvers, lasting: timedelta
    ) -> Proposal:
        """Propose a change that somebody else decides within `lasting`.

        `change` holds names, ids and codes: no personal value. Raises Refused (NOTHING_TO_CHANGE: no difference, or no
        possible time), Conflict (ALREADY_PROPOSED: a change of the same thing waits).
        """
        if not rules.is_possible(change, lasting=lasting):
            raise Refused(ApprovalProblem.NOTHING_TO_CHANGE)
        for proposal_id in await store.expire(uow, kind=change.kind, target=change.target):
            await self._note_expiry(uow, proposal_id)
        proposal = Proposal(
            id=ProposalId(new_id("prp", now=uow.now, randomness=self._randomness)),
            change=change,
            approvers=approvers,
            proposed_by=by.member_id,
            proposed_by_person=by.person,
            proposed_for=by.agency_id,
            proposed_at=uow.now,
            expires_at=uow.now + lasting,
            state=ProposalState.OPEN,
            decided_by=None,
            decided_at=None,
        )
        if not await store.insert_proposal(uow, proposal):
            raise Conflict(ApprovalProblem.ALREADY_PROPOSED)
        await self._note(uow, "approval.proposed", proposal, by)
        return proposal

    async def get(self, uow: UnitOfWork, proposal_id: ProposalId) -> Proposal:
        """The proposal, waiting or not. Raises NotFound."""
        found = await store.find_proposal(uow, proposal_id)
        if found is None:
            raise NotFound(ApprovalProblem.UNKNOWN)
        return found

    async def waiting_for(
        self, uow: UnitOfWork, by: Decider, *, after: ProposalId | None = None, limit: int = 50
    ) -> tuple[Proposal, ...]:
        """What this member may decide now, oldest first."""
        return await store.find_waiting_for(uow, by, after=after, limit=limit)

    async def waiting_on(self, uow: UnitOfWork, *, kind: str, target: str) -> Proposal | None:
        """The change of one thing that waits, None when none does."""
        return await store.find_waiting_on(uow, kind=kind, target=target)

    async def how_many_wait(self, uow: UnitOfWork, *, kind: str, proposed_for: AgencyId) -> int:
        """How many changes of one kind that an agency proposed wait."""
        return await store.count_waiting_of(uow, kind=kind, proposed_for=proposed_for)

    async def proposed_by(self, uow: UnitOfWork, by: Decider, *, limit: int = 50) -> tuple[Proposal, ...]:
        """What this person proposed, newest first."""
        return await store.find_proposed_by(uow, by.person, limit=limit)

    async def approve(
        self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, present: Mapping[str, Any]
    ) -> ProposedChange:
        """Take the proposal; the owning room applies the change it gives in this same unit of work.

        `present` is what stands now, in the names of `before`, read in this unit of work. Raises NotFound, Refused
        (SAME_PERSON, NOT_ALLOWED), Conflict (EXPIRED, ALREADY_DECIDED, CHANGED_UNDERNEATH, WAITS_FOR_AN_ANSWER).
        """
        proposal = await self.get(uow, proposal_id)
        _require(rules.decide_approval(proposal, by=by, present=present, now=uow.now))
        await self._decide(uow, proposal, by, into=ProposalState.APPROVED, out_of=(ProposalState.OPEN,))
        await self._note(uow, "approval.approved", proposal, by)
        return proposal.change

    async def refuse(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> ProposedChange:
        """Refuse the proposal for good, with a reason that the proposer reads.

        Raises as `approve` does, and Refused (REMARK_NOT_POSSIBLE).
        """
        proposal = await self.get(uow, proposal_id)
        _require(rules.decide_refusal(proposal, by=by, now=uow.now))
        await self._decide(uow, proposal, by, into=ProposalState.REFUSED, out_of=UNDECIDED)
        await self._say(uow, proposal, RemarkKind.REASON, by, reason)
        await self._note(uow, "approval.refused", proposal, by)
        return proposal.change

    async def ask_back(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, question: str) -> None:
        """Ask the proposer; nothing is approved until the answer. The time to decide runs on. Raises as `refuse`."""
        proposal = await self.get(uow, proposal_id)
        _require(rules.decide_refusal(proposal, by=by, now=uow.now))
        await self._decide(uow, proposal, by, into=ProposalState.ASKED_BACK, out_of=UNDECIDED)
        await self._say(uow, proposal, RemarkKind.QUESTION, by, question)
        await self._note(uow, "approval.asked_back", proposal, by)

    async def answer(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, text: str) -> None:
        """The proposer's answer; the proposal is open again. Raises NotFound, Refused, Conflict."""
        proposal = await self.get(uow, proposal_id)
        _require(rules.decide_own(proposal, by=by, now=uow.now))
        if not await store.move_own(
            uow, proposal_id, person=by.person, into=ProposalState.OPEN, out_of=(ProposalState.ASKED_BACK,)
        ):
            raise Conflict(ApprovalProblem.ALREADY_DECIDED)
        await self._say(uow, proposal, RemarkKind.ANSWER, by, text)
        await self._note(uow, "approval.answered", proposal, by)

    async def withdraw(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> ProposedChange:
        """The proposer thought again. Raises NotFound, Refused (NOT_ALLOWED), Conflict."""
        proposal = await self.get(uow, proposal_id)
        _require(rules.decide_own(proposal, by=by, now=uow.now))
        if not await store.move_own(uow, proposal_id, person=by.person, into=ProposalState.WITHDRAWN, out_of=UNDECIDED):
            raise Conflict(ApprovalProblem.ALREADY_DECIDED)
        await self._note(uow, "approval.withdrawn", proposal, by)
        return proposal.change

    async def expire_due(self, uow: UnitOfWork) -> Sequence[ProposalId]:
        """End what was not decided in time; a refusal never waits for this."""
        expired = await store.expire(uow)
        for proposal_id in expired:
            await self._note_expiry(uow, proposal_id)
        return expired

    async def remarks(self, uow: UnitOfWork, proposal_id: ProposalId) -> tuple[Remark, ...]:
        """Questions, answers and the reason, oldest first. Raises SealBroken."""
        remarks = []
        for row in await store.remark_rows(uow, proposal_id):
            opened = await self._personal.open(
                uow, proposal_id, table=_TABLE, column=_TEXT, row=row.id, sealed=bytes(row.sealed_text)
            )
            remarks.append(Remark(RemarkKind(row.kind), MemberId(row.said_by), row.said_at, opened.decode()))
        return tuple(remarks)

    async def _decide(
        self,
        uow: UnitOfWork,
        proposal: Proposal,
        by: Decider,
        *,
        into: ProposalState,
        out_of: tuple[ProposalState, ...],
    ) -> None:
        if not await store.decide(uow, proposal.id, by=by, into=into, out_of=out_of):
            raise Conflict(ApprovalProblem.ALREADY_DECIDED)

    async def _say(self, uow: UnitOfWork, proposal: Proposal, kind: RemarkKind, by: Decider, text: str) -> None:
        if not rules.is_remark(text):
            raise Refused(ApprovalProblem.REMARK_NOT_POSSIBLE)
        remark_id = new_id("rmk", now=uow.now, randomness=self._randomness)
        sealed = await self._personal.seal(
            uow, proposal.id, table=_TABLE, column=_TEXT, row=remark_id, value=text.strip().encode()
        )
        await store.insert_remark(
            uow, remark_id=remark_id, proposal_id=proposal.id, kind=kind, by=by.member_id, sealed=sealed
        )

    async def _note(self, uow: UnitOfWork, event: str, proposal: Proposal, by: Decider) -> None:
        details = {
            "proposal": proposal.id,
            "kind": proposal.change.kind,
            "target": proposal.change.target,
            "changes": [one.name for one in rules.differences(proposal.change)],
        }
        actor = Actor(by.kind, by.member_id)
        await self._audit.append(uow, AuditEvent(event=event, actor=actor, agency_id=by.agency_id, details=details))

    async def _note_expiry(self, uow: UnitOfWork, proposal_id: ProposalId) -> None:
        await self._audit.append(
            uow, AuditEvent(event="approval.expired", actor=SYSTEM, details={"proposal": proposal_id})
        )


def _require(decision: rules.MayDecide | rules.MayNotDecide) -> None:
    match decision:
        case rules.MayDecide():
            return
        case rules.MayNotDecide(problem) if problem in _STATE_IS_WRONG:
            raise Conflict(problem)
        case rules.MayNotDecide(problem):
            raise Refused(problem)
