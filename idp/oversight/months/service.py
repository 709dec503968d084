"""Use cases of months."""

from calendar import monthrange
from datetime import date
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from idp.kernel.randomness import Randomness
from idp.oversight.followup.service import FollowUp
from idp.oversight.followup.supervisors import expect_supervisor
from idp.oversight.months import store
from idp.oversight.months.model import Month, MonthProblem, MonthReport, MonthReportId
from idp.storage.storage import Storage, UnitOfWork

MONTHS_BACK: Final = 24


class Months:
    """For supervisors, about their agency."""

    def __init__(self, *, storage: Storage, follow_up: FollowUp, audit: AuditLog, randomness: Randomness) -> None:
        self._storage = storage
        self._follow_up = follow_up
        self._audit = audit
        self._randomness = randomness

    def offered(self) -> list[date]:
        """The first days of the months there are reports of, the present one first."""
        today = self._storage.clock.now().astimezone(BANGKOK).date()
        numbers = (today.year * 12 + today.month - 1 - back for back in range(MONTHS_BACK))
        return [date(number // 12, number % 12 + 1, 1) for number in numbers]

    async def month(self, uow: UnitOfWork, first: date, *, by: Decider) -> Month:
        """The month that begins with this day; of the present one, the days until now.

        Raises Refused (NOT_A_SUPERVISOR, LOOKS_UP_TOO), NotFound (NO_SUCH_MONTH).
        """
        await expect_supervisor(uow, by)
        if first not in self.offered():
            raise NotFound(MonthProblem.NO_SUCH_MONTH)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        last = min(last, uow.now.astimezone(BANGKOK).date())
        rows = await store.reviewed(uow, by.agency_id, first=first, last=last)
        return Month(
            agency_id=by.agency_id,
            first=first,
            last=last,
            days=await store.days_of(uow, by.agency_id, first=first, last=last),
            officers=await store.count_officers(uow, by.agency_id, first=first, last=last),
            reviewed=rows.rows,
            flags=rows.flags,
            findings=rows.findings,
            asked=rows.asked,
            standing=await self._follow_up.standing(uow, by.agency_id),
        )

    async def take(self, first: date, *, by: Decider) -> MonthReport:
        """The month as it is taken out, on record. Raises as `month` does."""
        async with self._storage.unit_of_work() as uow:
            month = await self.month(uow, first, by=by)
            report_id = MonthReportId(new_id("mrp", now=uow.now, randomness=self._randomness))
            event = AuditEvent(
                event="oversight.month_reported",
                actor=Actor(ActorKind.MEMBER, by.member_id),
                agency_id=by.agency_id,
                details={"report": report_id, "month": f"{first:%Y-%m}", "look_ups": month.named},
            )
            return MonthReport(report_id, month, await self._audit.append(uow, event))
