"""What two persons do to an identity together: end it for ever, or lift what a registry's notice stopped."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork
from idp.subscribers.closing import Closings
from idp.subscribers.model import ClosingReason, Subscriber, SubscriberProblem, SubscriberStatus
from idp.subscribers.service import Subscribers

KIND: Final = "subscribers.status"
LASTING: Final = timedelta(days=7)


class Wish(StrEnum):
    """What shall become of a suspended identity."""

    CLOSE = "closed"
    LIFT = "active"


class TwoPersons:
    """Proposes and decides. `approver_role` is the role that both must have."""

    def __init__(
        self, *, approvals: Approvals, subscribers: Subscribers, closings: Closings, approver_role: str
    ) -> None:
        self._approvals = approvals
        self._subscribers = subscribers
        self._closings = closings
        self._approver_role = approver_role

    async def propose(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, wish: Wish, *, by: Decider, why: ClosingReason | None = None
    ) -> Proposal:
        """The first person. Closing needs its reason.

        Raises NotFound, Refused (OWN_RECORD, REASON_MISSING), Conflict (NOT_STOPPED, CLOSED, ALREADY_PROPOSED).
        """
        present = await self._other_person(uow, subscriber_id, by)
        after = {"status": wish.value}
        if wish is Wish.CLOSE:
            if why is None or why is ClosingReason.OWNER:
                raise Refused(SubscriberProblem.REASON_MISSING)
            after["why"] = why.value
        change = ProposedChange(KIND, subscriber_id, _standing(present), after)
        approvers = Approvers(self._approver_role, agency_id=None)
        return await self._approvals.propose(uow, change, by=by, approvers=approvers, lasting=LASTING)

    async def waiting_on(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Proposal | None:
        """What waits for a second person."""
        return await self._approvals.waiting_on(uow, kind=KIND, target=subscriber_id)

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> SubscriberId:
        """The second person: it is done at once. Raises as `Approvals.approve` does, and Refused (OWN_RECORD)."""
        subscriber_id = await self._target(uow, proposal_id)
        present = await self._other_person(uow, subscriber_id, by)
        change = await self._approvals.approve(uow, proposal_id, by=by, present=_standing(present))
        actor = Actor(ActorKind.MEMBER, by.member_id)
        if Wish(change.after["status"]) is Wish.CLOSE:
            await self._closings.close(uow, subscriber_id, why=ClosingReason(change.after["why"]), by=actor)
        else:
            await self._subscribers.lift_together(uow, subscriber_id, by=actor, agency_id=by.agency_id)
        return subscriber_id

    async def refuse(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> SubscriberId:
        """The second person says no. Raises as `Approvals.refuse` does."""
        subscriber_id = await self._target(uow, proposal_id)
        await self._approvals.refuse(uow, proposal_id, by=by, reason=reason)
        return subscriber_id

    async def _target(self, uow: UnitOfWork, proposal_id: ProposalId) -> SubscriberId:
        proposal = await self._approvals.get(uow, proposal_id)
        if proposal.change.kind != KIND:
            raise Conflict(SubscriberProblem.NOT_STOPPED)
        return SubscriberId(proposal.change.target)

    async def _other_person(self, uow: UnitOfWork, subscriber_id: SubscriberId, by: Decider) -> Subscriber:
        # kept until the commit: what the two agree to is what stands
        present = await self._subscribers.hold(uow, subscriber_id)
        if by.person == subscriber_id:
            raise Refused(SubscriberProblem.OWN_RECORD)
        if present.status is not SubscriberStatus.SUSPENDED:
            raise Conflict(SubscriberProblem.NOT_STOPPED)
        return present


def _standing(present: Subscriber) -> dict[str, str]:
    """What the two look at: this suspension and no later one, be it the register's in place of an officer's."""
    suspension = present.suspension
    by = {} if suspension is None else {"by": suspension.by, "since": suspension.at.isoformat()}
    return {"status": present.status.value} | by
