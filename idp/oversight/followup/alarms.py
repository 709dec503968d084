"""Alarms: what is noticed about look-ups reaches the supervisor within minutes, not with the next day's sample."""

from datetime import timedelta
from typing import Final

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.exchange.counter.supervision import await_review
from idp.kernel.ids import AgencyId
from idp.kernel.randomness import Randomness
from idp.oversight.followup import rules, store
from idp.oversight.followup.model import LOOK_UP_ALARM, Chosen, Flag, Why
from idp.oversight.followup.reading import LookUps
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork

BACK: Final = timedelta(minutes=90)
"""An hour in which many were named, and how long a handle can be used after that."""


class Alarms:
    """For the worker, on any node, as often as it likes."""

    def __init__(self, *, storage: Storage, look_ups: LookUps, audit: AuditLog, randomness: Randomness) -> None:
        self._storage = storage
        self._look_ups = look_ups
        self._audit = audit
        self._randomness = randomness

    async def watch(self) -> int:
        """Rows for what was noticed about the look-ups of a moment ago; gives how many rows are new or say more."""
        since = self._storage.clock.now() - BACK
        async with self._storage.reading() as uow:
            agencies = await store.agencies_looking_up(uow, since=since)
        raised = 0
        for agency_id in agencies:
            async with self._storage.reading() as uow:
                is_news = bool(await self._news(uow, agency_id))
            if not is_news:
                continue
            async with self._storage.unit_of_work() as uow:
                raised += await self._raise(uow, agency_id)
        return raised

    async def _news(self, uow: UnitOfWork, agency_id: AgencyId) -> dict[str, frozenset[Flag]]:
        """What is noticed and stands in no row yet, by anchor."""
        begins, ends = uow.now - BACK, uow.now + timedelta(seconds=1)
        rows = await store.look_ups(uow, agency_id, begins=begins, ends=ends)
        anchors = store.anchors_of(agency_id, begins=begins, ends=ends)
        found = await self._look_ups.of(uow, agency_id, rows, anchors, since=(begins - timedelta(days=1)).date())
        flags = {anchor: flags for anchor, flags in rules.flags_of(list(found.values())).items() if flags}
        known = await store.known_flags(uow, list(flags))
        return {anchor: flags for anchor, flags in flags.items() if not flags <= known.get(anchor, frozenset())}

    async def _raise(self, uow: UnitOfWork, agency_id: AgencyId) -> int:
        # 1. read again: another node may have raised the same meanwhile
        flags = await self._news(uow, agency_id)
        begins, ends = uow.now - BACK, uow.now + timedelta(seconds=1)
        rows = [row for row in await store.look_ups(uow, agency_id, begins=begins, ends=ends) if row.id in flags]
        found = await self._look_ups.of(uow, agency_id, rows, list(flags), since=(begins - timedelta(days=1)).date())
        # 2. rows that are there say more, the others are made
        raised = await store.add_flags(uow, agency_id, flags)
        chosen = {anchor: Chosen(Why.FLAGGED, noticed) for anchor, noticed in flags.items()}
        for sample in self._look_ups.samples(uow, rows, found, chosen):
            if await store.insert_sample(uow, sample):
                await await_review(uow, sample.id, agency_id, due_at=rules.due_after(uow.now))
                raised |= {sample.anchor}
        # 3. the supervisors hear of it
        if raised:
            noticed = sorted({flag for anchor in raised for flag in flags[anchor]})
            details = {"look_ups": len(raised), "flags": [flag.value for flag in noticed]}
            await self._audit.append(
                uow, AuditEvent(event="oversight.alarm", actor=SYSTEM, agency_id=agency_id, details=details)
            )
            payload = {"agency_id": agency_id, "at": uow.now.isoformat()}
            await enqueue(uow, topic=LOOK_UP_ALARM, payload=payload, randomness=self._randomness)
        return len(raised)
