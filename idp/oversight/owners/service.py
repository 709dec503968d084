"""Use cases of owners."""

from datetime import date, datetime, timedelta
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Agency, Role
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.exchange.usage import day_of
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.oversight.owners.model import OwnerProblem, OwnersUse, UsedByAgency, UsedOnADay
from idp.oversight.owners.store import used_in_all, used_on_days
from idp.storage.storage import UnitOfWork

PERIODS: Final = (1, 7, 30)
"""Days that are told of, today the last of them."""


class OwnerUsage:
    """For the staff of agencies that own data."""

    def __init__(self, *, agencies: Agencies) -> None:
        self._agencies = agencies

    async def owner(self, uow: UnitOfWork, by: Decider) -> Agency:
        """The agency for which they act. Raises Refused (NOT_THE_OWNER) where it owns no data."""
        agency = await self._agencies.agency(uow, by.agency_id)
        if Role.DATA_OWNER.value not in by.roles or not agency.owns:
            raise Refused(OwnerProblem.NOT_THE_OWNER)
        return agency

    async def use(self, uow: UnitOfWork, *, days: int, by: Decider) -> OwnersUse:
        """How much of the owner's data was asked for in the last days, and by whom.

        Refusals that came in a burst count as often as they came; who is named in another's record counts nothing.

        Raises Refused (NOT_THE_OWNER), NotFound (NO_SUCH_PERIOD).
        """
        agency = await self.owner(uow, by)
        first, last = period(uow.now, days)
        released, by_agency = dict.fromkeys((first + timedelta(days=one) for one in range(days)), 0), []
        for row in await used_in_all(uow, agency.owns, first, last):
            if row.agency_id is None:
                released[day_of(row.day)] = int(row.released)
                continue
            by_agency.append(
                UsedByAgency(
                    AgencyId(row.agency_id),
                    row.dataset,
                    released=int(row.released),
                    refused=int(row.refused),
                    officers=row.officers,
                )
            )
        by_agency.sort(key=lambda one: (-one.released - one.refused, one.agency_id, one.dataset))
        return OwnersUse(first, last, released, tuple(by_agency))

    async def each_day(self, uow: UnitOfWork, *, days: int, by: Decider) -> tuple[UsedOnADay, ...]:
        """The same day by day, for a file. Raises Refused (NOT_THE_OWNER), NotFound (NO_SUCH_PERIOD)."""
        agency = await self.owner(uow, by)
        rows = [
            UsedOnADay(
                day=day_of(row.day),
                agency_id=AgencyId(row.agency_id),
                dataset=row.dataset,
                released=int(row.released),
                refused=int(row.refused),
                officers=row.officers,
            )
            for row in await used_on_days(uow, agency.owns, *period(uow.now, days))
        ]
        return tuple(sorted(rows, key=lambda one: (one.day, one.agency_id, one.dataset)))


def period(now: datetime, days: int) -> tuple[date, date]:
    """The first day and today. Raises NotFound (NO_SUCH_PERIOD)."""
    if days not in PERIODS:
        raise NotFound(OwnerProblem.NO_SUCH_PERIOD)
    last = now.astimezone(BANGKOK).date()
    return last - timedelta(days=days - 1), last
