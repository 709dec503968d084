"""Use cases of owners."""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Agency, Role
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.exchange.usage import GAVE, day_number, day_of, on_days
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.oversight.owners.model import OwnerProblem, OwnersUse, UsedOnADay
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
        """Who asked for the owner's data in the last days. Raises Refused (NOT_THE_OWNER), NotFound (NO_SUCH_PERIOD).

        Refusals that came in a burst count as often as they came; who is named in another's record counts nothing.
        """
        agency = await self.owner(uow, by)
        if days not in PERIODS:
            raise NotFound(OwnerProblem.NO_SUCH_PERIOD)
        last = uow.now.astimezone(BANGKOK).date()
        first = last - timedelta(days=days - 1)
        day = day_number(disclosure.c.at)
        grouped = (day, disclosure.c.agency_id, disclosure.c.dataset)
        asked = (disclosure.c.dataset.in_(sorted(agency.owns)), disclosure.c.outcome != Outcome.NAMED.value)
        counts = await uow.all(
            select(day.label("day"), *grouped[1:], disclosure.c.outcome, func.sum(disclosure.c.times).label("times"))
            .where(*on_days(first, last), *asked)
            .group_by(*grouped, disclosure.c.outcome)
        )
        officers = await uow.all(
            select(day.label("day"), *grouped[1:], func.count(disclosure.c.officer_id.distinct()).label("officers"))
            .where(*on_days(first, last), *asked)
            .group_by(*grouped)
        )
        sums: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for row in counts:
            sums[int(row.day), row.agency_id, row.dataset][row.outcome not in GAVE] += int(row.times)
        who = {(int(row.day), row.agency_id, row.dataset): row.officers for row in officers}
        rows = [
            UsedOnADay(
                day=day_of(key[0]),
                agency_id=AgencyId(key[1]),
                dataset=key[2],
                released=count[0],
                refused=count[1],
                officers=who.get(key, 0),
            )
            for key, count in sums.items()
        ]
        return OwnersUse(first, last, tuple(sorted(rows, key=lambda one: (one.day, one.agency_id, one.dataset))))
