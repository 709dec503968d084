"""Use cases of the follow-up: rows are made by the worker, looked at and judged by the supervisor."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row

from connectors.contracts.thai_dates import BANGKOK
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.exchange.counter.store import case_in, citizen_ref, find_case
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, DisclosureId, MemberId, ServiceId, SubscriberId, is_id, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import FIRST_VERSION, RootKeys
from idp.keys.keyed_digest import KeyedDigest
from idp.keys.sealing import SealBroken
from idp.oversight.followup import rules, store
from idp.oversight.followup.model import (
    Flag,
    LookUp,
    OversightProblem,
    Result,
    Sample,
    SampleId,
    SampleView,
    Verdict,
    Why,
)
from idp.storage.storage import Storage, UnitOfWork

DAYS_BACK: Final = 7
"""A worker that was away draws from the days that it missed."""
PSEUDONYM_BYTES: Final = 8
BATCH: Final = 500
_TABLE: Final = "oversight_sample"


class FollowUp:
    """Samples of look-ups by number, and every photo."""

    def __init__(
        self,
        *,
        storage: Storage,
        personal: PersonalData,
        root_keys: RootKeys,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._personal = personal
        self._pseudonyms = KeyedDigest(root_keys.derive("oversight-person", version=FIRST_VERSION))
        self._audit = audit
        self._randomness = randomness

    async def draw(self) -> int:
        """Draw from the days that are over; for the worker, on any node, as often as it likes. Gives how many rows."""
        today = self._storage.clock.now().astimezone(BANGKOK).date()
        made = 0
        for day in (today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)):
            begins = datetime.combine(day, time.min, BANGKOK)
            ends = begins + timedelta(days=1)
            async with self._storage.reading() as uow:
                agencies = await store.agencies_with_look_ups(uow, begins=begins, ends=ends, day=day)
            for agency_id in agencies:
                async with self._storage.unit_of_work() as uow:
                    if await store.take_day(uow, agency_id, day):
                        made += await self._draw_from(uow, agency_id, day, begins=begins, ends=ends)
        return made

    async def forget(self, kept_for: timedelta) -> int:
        """Drop rows that are older, one batch; for the worker. Gives how many."""
        async with self._storage.unit_of_work() as uow:
            return await store.forget_samples(uow, before=uow.now - kept_for, limit=BATCH)

    async def add_photo(self, disclosure_id: DisclosureId, request_id: str) -> None:
        """A photo was shown: it is looked at, whatever the day brings. Safe to be told twice."""
        async with self._storage.unit_of_work() as uow:
            row = await store.photo_shown(uow, disclosure_id, request_id)
            if row is None:
                return
            persons = await store.persons_of(uow, [row.counter_id])
            sample = Sample(
                id=self._new_id(uow),
                agency_id=AgencyId(row.agency_id),
                day=row.at.astimezone(BANGKOK).date(),
                anchor=row.counter_id,
                disclosure_id=disclosure_id,
                officer_id=MemberId(row.officer_id),
                officer_person=SubscriberId(row.officer_person),
                second_person=SubscriberId(row.second_person),
                service_id=ServiceId(row.service_id),
                person=self._pseudonym(row.agency_id, persons.get(row.counter_id)),
                result=Result.RELEASED,
                flags=frozenset({Flag.NIGHT}) if rules.is_at_night(row.at) else frozenset(),
                why=Why.ALWAYS,
                at=row.at,
            )
            await store.insert_sample(uow, sample)

    async def page(
        self, uow: UnitOfWork, by: Decider, *, after: SampleId | None = None, limit: int = 50, is_open: bool = True
    ) -> tuple[Sample, ...]:
        """What this supervisor may look at, oldest first; the own look-ups are for another supervisor.

        Raises Refused (NOT_A_SUPERVISOR).
        """
        if not rules.is_supervisor(by, by.agency_id):
            raise Refused(OversightProblem.NOT_A_SUPERVISOR)
        return await store.page(uow, by, after=after, limit=limit, is_open=is_open)

    async def look(self, uow: UnitOfWork, sample_id: SampleId, *, by: Decider) -> SampleView:
        """One row with its case. Raises NotFound (UNKNOWN), the same for another agency's, Refused (OWN_LOOK_UP)."""
        sample, sealed = await self._own(uow, sample_id, by)
        # what a colleague wrote about them while it is not settled is no reading for who is looked into
        if rules.is_own(sample, by=by):
            raise Refused(OversightProblem.OWN_LOOK_UP)
        case = await find_case(uow, self._personal, sample.anchor)
        return SampleView(sample, case, await self._reason(uow, sample, sealed))

    async def review(self, sample_id: SampleId, *, by: Decider, verdict: Verdict, reason: str) -> None:
        """What the supervisor found, and why; "fine" and "misuse" are the last word.

        Raises NotFound (UNKNOWN), Refused (OWN_LOOK_UP, REASON), Conflict (DECIDED).
        """
        async with self._storage.unit_of_work() as uow:
            sample, _ = await self._own(uow, sample_id, by)
            problem = rules.reviewing_problem(sample, by=by, reason=reason)
            if problem is OversightProblem.DECIDED:
                raise Conflict(problem)
            if problem is not None:
                raise Refused(problem)
            sealed = await self._personal.seal(
                uow,
                sample.agency_id,
                table=_TABLE,
                column="sealed_reason",
                row=sample.id,
                value=reason.strip().encode(),
            )
            if not await store.save_verdict(uow, sample.id, by=by, verdict=verdict, sealed_reason=sealed):
                raise Conflict(OversightProblem.DECIDED)
            event = AuditEvent(
                event="oversight.reviewed",
                actor=Actor(ActorKind.MEMBER, by.member_id),
                agency_id=sample.agency_id,
                details={"sample": sample.id, "officer": sample.officer_id, "verdict": verdict.value},
            )
            await self._audit.append(uow, event)

    async def _draw_from(
        self, uow: UnitOfWork, agency_id: AgencyId, day: date, *, begins: datetime, ends: datetime
    ) -> int:
        rows = await store.look_ups(uow, agency_id, begins=begins, ends=ends)
        anchors = store.anchors_of(agency_id, begins=begins, ends=ends)
        # a day more: the clocks of two nodes differ
        named = await store.naming_officers(uow, anchors, agency_id=agency_id, since=day - timedelta(days=1))
        found = await self._look_ups(uow, rows, anchors, named)
        chosen = rules.choose(list(found.values()), draws={anchor: self._randomness(8) for anchor in found})
        for row in rows:
            if row.id not in chosen:
                continue
            one, choice = found[row.id], chosen[row.id]
            sample = Sample(
                id=self._new_id(uow),
                agency_id=agency_id,
                day=day,
                anchor=one.anchor,
                disclosure_id=None,
                officer_id=one.officer_id,
                officer_person=SubscriberId(row.officer_person),
                second_person=None,
                service_id=one.service_id,
                person=one.person,
                result=one.result,
                flags=choice.flags,
                why=choice.why,
                at=one.at,
            )
            await store.insert_sample(uow, sample)
        details = {"day": day.isoformat(), "look_ups": len(rows), "samples": len(chosen)}
        await self._audit.append(
            uow, AuditEvent(event="oversight.drawn", actor=SYSTEM, agency_id=agency_id, details=details)
        )
        return len(chosen)

    async def _look_ups(
        self, uow: UnitOfWork, rows: Sequence[Row[Any]], anchors: store.Anchors, named: Collection[tuple[str, str]]
    ) -> dict[str, LookUp]:
        results, persons = await store.results_of(uow, anchors), await store.persons_of(uow, anchors)
        return {
            row.id: LookUp(
                anchor=row.id,
                officer_id=MemberId(row.member_id),
                service_id=ServiceId(row.service_id),
                case=await self._case(uow, row),
                person=self._pseudonym(row.agency_id, persons.get(row.id)),
                flags=frozenset(Flag(flag) for flag in row.flags)
                | ({Flag.HOUSE_MATE} if (row.id, row.officer_person) in named else set()),
                result=results.get(row.id, Result.UNUSED),
                at=row.opened_at,
            )
            for row in rows
        }

    async def _case(self, uow: UnitOfWork, row: Row[Any]) -> str:
        """The case of a look-up; one row that somebody spoiled stops no day's sample."""
        try:
            return await case_in(uow, self._personal, citizen_ref, row) or ""
        except SealBroken:
            return ""

    async def _own(self, uow: UnitOfWork, sample_id: SampleId, by: Decider) -> tuple[Sample, bytes | None]:
        found = await store.find_sample(uow, sample_id) if is_id("ovs", sample_id) else None
        if found is None or not rules.is_supervisor(by, found[0].agency_id):
            raise NotFound(OversightProblem.UNKNOWN)
        return found

    async def _reason(self, uow: UnitOfWork, sample: Sample, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        try:
            opened = await self._personal.open(
                uow, sample.agency_id, table=_TABLE, column="sealed_reason", row=sample.id, sealed=sealed
            )
        except SealBroken:
            return None
        return opened.decode()

    def _pseudonym(self, agency_id: str, digest: bytes | None) -> str:
        """The name of a person in this agency's rows; no two agencies' rows share one. Empty where nobody is known."""
        if digest is None:
            return ""
        return self._pseudonyms.of(agency_id.encode() + b"\x1f" + digest)[:PSEUDONYM_BYTES].hex()

    def _new_id(self, uow: UnitOfWork) -> SampleId:
        return SampleId(new_id("ovs", now=uow.now, randomness=self._randomness))
