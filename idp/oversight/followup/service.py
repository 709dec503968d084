"""Use cases of the follow-up: rows are made by the worker, looked at and judged by the supervisor."""

from datetime import date, datetime, time, timedelta
from typing import Final

from connectors.contracts.thai_dates import BANGKOK
from idp.approvals.model import Decider
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.exchange.counter.store import find_case
from idp.exchange.counter.supervision import await_review, is_reviewed, put_off
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, DisclosureId, MemberId, ServiceId, SubscriberId, is_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.oversight.followup import rules, store
from idp.oversight.followup.model import (
    LOOK_UP_QUESTION,
    Flag,
    OversightProblem,
    Result,
    Sample,
    SampleId,
    SampleView,
    Standing,
    Verdict,
    Why,
)
from idp.oversight.followup.reading import LookUps
from idp.oversight.followup.supervisors import expect_independent, expect_supervisor
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork

DAYS_BACK: Final = 7
"""A worker that was away draws from the days that it missed."""
BATCH: Final = 500
ASKED_AT_ONCE: Final = 25
_TABLE: Final = "oversight_sample"


class FollowUp:
    """Samples of look-ups by card session and by number, and every photo."""

    def __init__(
        self,
        *,
        storage: Storage,
        personal: PersonalData,
        look_ups: LookUps,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._personal = personal
        self._look_ups = look_ups
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
                id=self._look_ups.new_id(uow),
                agency_id=AgencyId(row.agency_id),
                day=store.day_of(row.at),
                anchor=row.counter_id,
                disclosure_id=disclosure_id,
                officer_id=MemberId(row.officer_id),
                officer_person=SubscriberId(row.officer_person),
                second_person=SubscriberId(row.second_person),
                service_id=ServiceId(row.service_id),
                person=self._look_ups.pseudonym(row.agency_id, persons.get(row.counter_id)),
                result=Result.RELEASED,
                flags=frozenset({Flag.NIGHT}) if rules.is_at_night(row.at) else frozenset(),
                why=Why.ALWAYS,
                at=row.at,
            )
            await self._save(uow, sample)

    async def standing(self, uow: UnitOfWork, agency_id: AgencyId) -> Standing:
        """How the reviews of an agency stand."""
        return Standing(*await store.standing_of(uow, agency_id))

    async def page(
        self, uow: UnitOfWork, by: Decider, *, after: SampleId | None = None, limit: int = 50, is_open: bool = True
    ) -> tuple[Sample, ...]:
        """What this supervisor may look at: what waits, oldest first, or what has its last word, newest first. The own
        look-ups are for another supervisor.

        Raises Refused (NOT_A_SUPERVISOR, LOOKS_UP_TOO).
        """
        await expect_supervisor(uow, by)
        return await store.page(uow, by, after=after, limit=limit, is_open=is_open)

    async def look(self, uow: UnitOfWork, sample_id: SampleId, *, by: Decider) -> SampleView:
        """One row with its case. Raises NotFound (UNKNOWN), the same for another agency's, Refused (OWN_LOOK_UP,
        LOOKS_UP_TOO).
        """
        sample, row = await self._own(uow, sample_id, by)
        # what a colleague wrote about them while it is not settled is no reading for who is looked into
        if rules.is_own(sample, by=by):
            raise Refused(OversightProblem.OWN_LOOK_UP)
        return SampleView(
            sample=sample,
            case=await self._case(uow, sample),
            reason=await self._opened(uow, sample, "sealed_reason", row.sealed_reason),
            question=await self._opened(uow, sample, "sealed_question", row.sealed_question),
            answer=await self._opened(uow, sample, "sealed_answer", row.sealed_answer),
        )

    async def review(self, sample_id: SampleId, *, by: Decider, verdict: Verdict, reason: str) -> None:
        """What the supervisor found, and why; "fine" and "misuse" are the last word.

        A question goes to the officer, and gives both three more working days, once.
        Raises NotFound (UNKNOWN), Refused (OWN_LOOK_UP, REASON, LOOKS_UP_TOO), Conflict (DECIDED).
        """
        async with self._storage.unit_of_work() as uow:
            sample, _ = await self._own(uow, sample_id, by)
            problem = rules.reviewing_problem(sample, by=by, reason=reason)
            if problem is OversightProblem.DECIDED:
                raise Conflict(problem)
            if problem is not None:
                raise Refused(problem)
            column = "sealed_question" if verdict is Verdict.QUESTION else "sealed_reason"
            sealed = await self._sealed(uow, sample, column, reason)
            if not await store.save_verdict(uow, sample.id, by=by, verdict=verdict, sealed_reason=sealed):
                raise Conflict(OversightProblem.DECIDED)
            if verdict is not Verdict.QUESTION:
                await is_reviewed(uow, sample.id)
            else:
                if sample.asked_at is None:
                    await put_off(uow, sample.id, due_at=rules.due_after(uow.now))
                payload = {"subscriber_id": sample.officer_person}
                await enqueue(uow, topic=LOOK_UP_QUESTION, payload=payload, randomness=self._randomness)
            event = AuditEvent(
                event="oversight.reviewed",
                actor=Actor(ActorKind.MEMBER, by.member_id),
                agency_id=sample.agency_id,
                details={"sample": sample.id, "officer": sample.officer_id, "verdict": verdict.value},
            )
            await self._audit.append(uow, event)

    async def questions(self, uow: UnitOfWork, by: Decider) -> tuple[SampleView, ...]:
        """What this officer is asked about the own look-ups, oldest first, at most `ASKED_AT_ONCE`."""
        asked = []
        for sample, row in await store.asked_of(uow, by, limit=ASKED_AT_ONCE):
            case = await self._case(uow, sample)
            question = await self._opened(uow, sample, "sealed_question", row.sealed_question)
            asked.append(SampleView(sample, case, None, question))
        return tuple(asked)

    async def answer(self, sample_id: SampleId, *, by: Decider, text: str) -> None:
        """What the officer says to it, once. Raises NotFound (NOT_ASKED), Refused (REASON)."""
        async with self._storage.unit_of_work() as uow:
            found = await store.find_sample(uow, sample_id) if is_id("ovs", sample_id) else None
            if found is None or not rules.is_asked(found[0], by=by):
                raise NotFound(OversightProblem.NOT_ASKED)
            sample = found[0]
            if not rules.is_text(text):
                raise Refused(OversightProblem.REASON)
            sealed = await self._sealed(uow, sample, "sealed_answer", text)
            if not await store.save_answer(uow, sample.id, by=by, sealed_answer=sealed):
                raise NotFound(OversightProblem.NOT_ASKED)
            event = AuditEvent(
                event="oversight.answered",
                actor=Actor(ActorKind.MEMBER, by.member_id),
                agency_id=sample.agency_id,
                details={"sample": sample.id},
            )
            await self._audit.append(uow, event)

    async def _draw_from(
        self, uow: UnitOfWork, agency_id: AgencyId, day: date, *, begins: datetime, ends: datetime
    ) -> int:
        rows = await store.look_ups(uow, agency_id, begins=begins, ends=ends)
        anchors = store.anchors_of(agency_id, begins=begins, ends=ends)
        # a day more: the clocks of two nodes differ
        found = await self._look_ups.of(uow, agency_id, rows, anchors, since=day - timedelta(days=1))
        chosen = rules.choose(list(found.values()), draws={anchor: self._randomness(8) for anchor in found})
        # what an alarm made rows of is there already, and says more now perhaps
        await store.add_flags(uow, agency_id, {anchor: one.flags for anchor, one in chosen.items() if one.flags})
        made = 0
        for sample in self._look_ups.samples(uow, rows, found, chosen):
            made += await self._save(uow, sample)
        details = {"day": day.isoformat(), "look_ups": len(rows), "samples": len(chosen)}
        await self._audit.append(
            uow, AuditEvent(event="oversight.drawn", actor=SYSTEM, agency_id=agency_id, details=details)
        )
        return made

    async def _save(self, uow: UnitOfWork, sample: Sample) -> bool:
        """True for a row that is new; from then on it is awaited."""
        is_new = await store.insert_sample(uow, sample)
        if is_new:
            await await_review(uow, sample.id, sample.agency_id, due_at=rules.due_after(uow.now))
        return is_new

    async def _own(self, uow: UnitOfWork, sample_id: SampleId, by: Decider) -> store.Found:
        found = await store.find_sample(uow, sample_id) if is_id("ovs", sample_id) else None
        if found is None or not rules.is_supervisor(by, found[0].agency_id):
            raise NotFound(OversightProblem.UNKNOWN)
        await expect_independent(uow, by)
        return found

    async def _case(self, uow: UnitOfWork, sample: Sample) -> str | None:
        """None where somebody spoiled it: what cannot be shown could not be reviewed, and would stop the agency."""
        try:
            return await find_case(uow, self._personal, sample.anchor)
        except SealBroken:
            return None

    async def _sealed(self, uow: UnitOfWork, sample: Sample, column: str, text: str) -> bytes:
        return await self._personal.seal(
            uow, sample.agency_id, table=_TABLE, column=column, row=sample.id, value=text.strip().encode()
        )

    async def _opened(self, uow: UnitOfWork, sample: Sample, column: str, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        try:
            opened = await self._personal.open(
                uow, sample.agency_id, table=_TABLE, column=column, row=sample.id, sealed=sealed
            )
        except SealBroken:
            return None
        return opened.decode()
