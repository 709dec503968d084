"""Officers who are stopped at the limit of an hour, and the supervisor who lets one go on."""

from idp.agencies.model import Member, Role
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.exchange.counter import soft_stop
from idp.exchange.counter.soft_stop import Stopped
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import MemberId
from idp.oversight.followup.model import OversightProblem
from idp.oversight.followup.supervisors import expect_supervisor
from idp.storage.storage import Storage, UnitOfWork


class SoftStops:
    """For supervisors, about the officers of their agency."""

    def __init__(self, *, storage: Storage, agencies: Agencies, audit: AuditLog) -> None:
        self._storage = storage
        self._agencies = agencies
        self._audit = audit

    async def stopped(self, uow: UnitOfWork, by: Decider) -> list[tuple[Stopped, Member]]:
        """Who cannot name anybody more in this hour. Raises Refused (NOT_A_SUPERVISOR, LOOKS_UP_TOO)."""
        await expect_supervisor(uow, by)
        found = []
        for one in await soft_stop.stopped_at(uow, by.agency_id):
            officer = await self._agencies.live_member(uow, one.officer_id)
            if officer is not None and Role.LOOKUP_OFFICER in officer.roles:
                found.append((one, officer))
        return found

    async def release(self, officer_id: MemberId, *, by: Decider) -> None:
        """The officer goes on, as far again, in this hour.

        Raises Refused (NOT_A_SUPERVISOR, LOOKS_UP_TOO), NotFound (UNKNOWN: nobody who is stopped), Conflict
        (RELEASED_BEFORE).
        """
        async with self._storage.unit_of_work() as uow:
            stopped = {one.officer_id for one, _ in await self.stopped(uow, by)}
            if officer_id not in stopped:
                raise NotFound(OversightProblem.UNKNOWN)
            if not await soft_stop.release(uow, officer_id):
                raise Conflict(OversightProblem.RELEASED_BEFORE)
            event = AuditEvent(
                event="oversight.officer_let_go_on",
                actor=Actor(ActorKind.MEMBER, by.member_id),
                agency_id=by.agency_id,
                details={"officer": officer_id},
            )
            await self._audit.append(uow, event)
