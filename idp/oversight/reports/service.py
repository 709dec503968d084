"""Use case of reports: gather what one person may read of themselves, and note that it was asked for."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.ids import SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.oversight.model import EVERYTHING, Entry, HistoryFilter, NamedRecord
from idp.oversight.reports.model import AccessReport, Period, ReportId
from idp.oversight.service import AccessHistory
from idp.storage.storage import Storage, UnitOfWork

DAYS: Final[Mapping[Period, int | None]] = {Period.ALL: None, Period.YEAR: 365, Period.MONTH: 30}
MOST_ENTRIES: Final = 1_000
"""Some fifty pages: what a person asks for holds no node for long. Older ones are on the page itself."""
AT_ONCE: Final = 200


class AccessReports:
    """Reports of accesses to one subscriber's data."""

    def __init__(self, *, storage: Storage, history: AccessHistory, audit: AuditLog, randomness: Randomness) -> None:
        self._storage = storage
        self._history = history
        self._audit = audit
        self._randomness = randomness

    async def gather(self, subscriber_id: SubscriberId, period: Period) -> AccessReport:
        """What is reported now, to its owner alone. The log names the report, the period and how many entries."""
        now = self._storage.clock.now()
        since = first_moment(period, now)
        async with self._storage.reading() as uow:
            entries, is_cut = await self._entries(uow, subscriber_id, since)
        report_id = ReportId(new_id("acr", now=now, randomness=self._randomness))
        event = AuditEvent(
            event="oversight.report_asked",
            actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
            subject=subscriber_id,
            details={"report": report_id, "period": period.value, "entries": len(entries)},
        )
        async with self._storage.unit_of_work() as uow:
            audit_entry_id = await self._audit.append(uow, event)
        return AccessReport(report_id, period, since, now, entries, is_cut, audit_entry_id)

    async def listed(self, subscriber_id: SubscriberId, which: HistoryFilter) -> tuple[tuple[Entry, ...], bool]:
        """The entries asked for, to take along as a file, and whether there were more. The log names how many."""
        async with self._storage.reading() as uow:
            entries, is_cut = await self._entries(uow, subscriber_id, None, which)
        event = AuditEvent(
            event="oversight.list_exported",
            actor=Actor(ActorKind.SUBSCRIBER, subscriber_id),
            subject=subscriber_id,
            details={"entries": len(entries)},
        )
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, event)
        return entries, is_cut

    async def _entries(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, since: datetime | None, which: HistoryFilter = EVERYTHING
    ) -> tuple[tuple[Entry, ...], bool]:
        found: list[Entry] = []
        before: str | None = None
        while len(found) <= MOST_ENTRIES:
            page = await self._history.of(uow, subscriber_id, which, before=before, limit=AT_ONCE)
            within = [entry for entry in page if since is None or moment_of(entry) >= since]
            found += within
            if len(page) < AT_ONCE or len(within) < len(page):
                break
            before = page[-1].place
        return tuple(found[:MOST_ENTRIES]), len(found) > MOST_ENTRIES


def first_moment(period: Period, now: datetime) -> datetime | None:
    """The first moment of the day in Bangkok from which a period reports; None for all of them."""
    days = DAYS[period]
    if days is None:
        return None
    first = now.astimezone(BANGKOK).date() - timedelta(days=days)
    return datetime.combine(first, time.min, tzinfo=BANGKOK)


def moment_of(entry: Entry) -> datetime:
    """When it was; of one who is only named in another's record the day alone is told."""
    return entry.day if isinstance(entry, NamedRecord) else entry.at
