"""Decisions about proposals, pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.approvals.model import (
    LONGEST,
    MAX_REMARK,
    ApprovalProblem,
    Approvers,
    Decider,
    Difference,
    Proposal,
    ProposalState,
    ProposedChange,
)


@dataclass(frozen=True, slots=True)
class MayDecide:
    """This person may decide this proposal now."""


@dataclass(frozen=True, slots=True)
class MayNotDecide:
    """This person may not; `problem` says why."""

    problem: ApprovalProblem


def differences(change: ProposedChange) -> tuple[Difference, ...]:
    """The names whose values change, in alphabetical order."""
    names = sorted(change.before.keys() | change.after.keys())
    compared = (Difference(name, change.before.get(name), change.after.get(name)) for name in names)
    return tuple(one for one in compared if one.before != one.after)


def is_approver(approvers: Approvers, by: Decider) -> bool:
    """True for the members who may decide, the proposer's own person apart."""
    return approvers.role in by.roles and approvers.agency_id in (None, by.agency_id)


def decide_approval(
    proposal: Proposal, *, by: Decider, present: Mapping[str, Any], now: datetime
) -> MayDecide | MayNotDecide:
    """May `by` approve? `present` is what stands now, read by the owning room in the same transaction."""
    decision = decide_refusal(proposal, by=by, now=now)
    if isinstance(decision, MayNotDecide):
        return decision
    if proposal.state is ProposalState.ASKED_BACK:
        return MayNotDecide(ApprovalProblem.WAITS_FOR_AN_ANSWER)
    if dict(present) != dict(proposal.change.before):
        return MayNotDecide(ApprovalProblem.CHANGED_UNDERNEATH)
    return MayDecide()


def decide_refusal(proposal: Proposal, *, by: Decider, now: datetime) -> MayDecide | MayNotDecide:
    """May `by` refuse it or ask back? Both leave things as they are, so that what stands now does not matter."""
    undecided = decide_undecided(proposal, now=now)
    if isinstance(undecided, MayNotDecide):
        return undecided
    # "two different persons": two memberships of one person are one person (facts/security-and-reliability, row 49)
    if by.person == proposal.proposed_by_person or by.member_id == proposal.proposed_by:
        return MayNotDecide(ApprovalProblem.SAME_PERSON)
    if not is_approver(proposal.approvers, by):
        return MayNotDecide(ApprovalProblem.NOT_ALLOWED)
    return MayDecide()


def decide_own(proposal: Proposal, *, by: Decider, now: datetime) -> MayDecide | MayNotDecide:
    """May `by` answer or withdraw it? Only the person who proposed it."""
    undecided = decide_undecided(proposal, now=now)
    if isinstance(undecided, MayDecide) and by.person != proposal.proposed_by_person:
        return MayNotDecide(ApprovalProblem.NOT_ALLOWED)
    return undecided


def decide_undecided(proposal: Proposal, *, now: datetime) -> MayDecide | MayNotDecide:
    """Does it still wait?"""
    if proposal.waits(now):
        return MayDecide()
    is_late = proposal.state in (ProposalState.OPEN, ProposalState.ASKED_BACK, ProposalState.EXPIRED)
    return MayNotDecide(ApprovalProblem.EXPIRED if is_late else ApprovalProblem.ALREADY_DECIDED)


def is_possible(change: ProposedChange, *, lasting: timedelta) -> bool:
    """True when something changes and the time to decide is neither nothing nor longer than `LONGEST`."""
    return bool(differences(change)) and timedelta(0) < lasting <= LONGEST


def is_remark(text: str) -> bool:
    """True for words that can be kept."""
    return 0 < len(text.strip()) <= MAX_REMARK
