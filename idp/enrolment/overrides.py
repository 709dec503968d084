"""Overrides: a journey that was stopped by what two reviewers may let pass, and that they let pass, goes on.

It goes on from its first step, with the card asked for anew; only the one check is passed over, and only for the number
and the chip that were stopped: another person's card gains nothing by it.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, select

from idp.agencies.model import Member
from idp.enrolment import kept_store, rules, store
from idp.enrolment.journal import Journal
from idp.enrolment.journeys import BY_PASSPORT, JOURNEYS
from idp.enrolment.model import Enrolment, EnrolmentProblem, EnrolmentState, EvidenceKind, EvidenceResult
from idp.enrolment.presented import Presented
from idp.enrolment.reviews import store as review_store
from idp.enrolment.reviews.model import CaseKind, CaseState, Involved
from idp.enrolment.reviews.service import Reviews
from idp.enrolment.steps import Steps
from idp.kernel.errors import Conflict
from idp.kernel.ids import EnrolmentId, SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.stations.model import CardPurpose
from idp.stations.service import Stations
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.model import Subscriber

stopped_person = Table(
    "stopped_person",
    metadata,
    Column("enrolment_id", Text, ForeignKey("enrolment.id"), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("number_digest", LargeBinary, nullable=False),
    Column("subscriber_id", Text),
    Column("stopped_at", Instant, nullable=False),
    PrimaryKeyConstraint("enrolment_id", "key_version"),
    Index("ix_stopped_person_digest", "digest"),
    Index("ix_stopped_person_number_digest", "number_digest"),
)

PERSON_AND_CHIP: Final = "stopped_person"
PERSON: Final = "stopped_number"
LIFE: Final = timedelta(days=30)
"""How long after it was stopped a journey may go on."""
FACE_LIFE: Final = timedelta(hours=24)
"""How long the "no" of a comparison of faces stops a card at every counter, as at kiosks."""


class Standing(StrEnum):
    """What an officer can do about a stopped journey."""

    NONE = "none"
    MAY_ASK = "may_ask"
    ASKED = "asked"
    ALLOWED = "allowed"
    DENIED = "denied"


class Overrides:
    """Who was stopped, and what that person may pass. Joins the caller's unit of work."""

    def __init__(self, *, reviews: Reviews, blind_index: BlindIndex) -> None:
        self._reviews = reviews
        self._blind_index = blind_index

    async def remember(
        self, uow: UnitOfWork, enrolment_id: EnrolmentId, presented: Presented, *, holder: Subscriber | None
    ) -> None:
        """Note whose card was stopped, as a digest; the first one stays."""
        numbers = {index.key_version: index.digest for index in self._blind_index.digests(PERSON, presented.number)}
        rows = [
            {
                "enrolment_id": enrolment_id,
                "key_version": index.key_version,
                "digest": index.digest,
                "number_digest": numbers[index.key_version],
                "subscriber_id": None if holder is None else holder.id,
                "stopped_at": uow.now,
            }
            for index in self._blind_index.digests(PERSON_AND_CHIP, _person_and_chip(presented))
        ]
        await uow.execute(insert_on_conflict(stopped_person, uow.dialect).values(rows).on_conflict_do_nothing())

    async def allowed(
        self, uow: UnitOfWork, enrolment_id: EnrolmentId, presented: Presented
    ) -> frozenset[EnrolmentProblem]:
        """What two reviewers let the person pass who was stopped, with that card; nothing for anybody else."""
        problems = await self.decided(uow, enrolment_id)
        if not problems:
            return problems
        rows = await uow.all(select(stopped_person).where(stopped_person.c.enrolment_id == enrolment_id))
        stopped = {(row.key_version, bytes(row.digest)) for row in rows}
        shown = self._blind_index.digests(PERSON_AND_CHIP, _person_and_chip(presented))
        is_same = any((index.key_version, index.digest) in stopped for index in shown)
        return problems if is_same else frozenset()

    async def face_differed(self, uow: UnitOfWork, enrolment_id: EnrolmentId, presented: Presented) -> bool:
        """Did a comparison of faces say "no" to whoever showed this card in another journey, within `FACE_LIFE`?

        A card whose chip nobody reads is any card of its number: "the chip is broken" passes nothing over. What
        reviewers let pass is withdrawn when that journey goes on, and counts no more.
        """
        column, shown = stopped_person.c.digest, (PERSON_AND_CHIP, _person_and_chip(presented))
        if not presented.chip_no:
            column, shown = stopped_person.c.number_digest, (PERSON, presented.number)
        for index in self._blind_index.digests(*shown):
            said_no = (
                select(store.evidence.c.id)
                .join(stopped_person, stopped_person.c.enrolment_id == store.evidence.c.enrolment_id)
                .where(
                    column == index.digest,
                    stopped_person.c.key_version == index.key_version,
                    store.evidence.c.checked_at > uow.now - FACE_LIFE,
                    stopped_person.c.enrolment_id != enrolment_id,
                    store.evidence.c.kind == EvidenceKind.FACE_BY_COMPARISON.value,
                    store.evidence.c.result == EvidenceResult.DIFFERS.value,
                    store.evidence.c.withdrawn_at.is_(None),
                )
            )
            if await uow.first(said_no.limit(1)) is not None:
                return True
        return False

    async def decided(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> frozenset[EnrolmentProblem]:
        """What two reviewers said of this journey, while it may still go on."""
        topics = await self._reviews.allowed(uow, enrolment_id)
        if not topics or await self.stopped(uow, enrolment_id) is None:
            return frozenset()
        return frozenset(problem for problem in rules.MAY_BE_OVERRIDDEN if problem.value in topics)

    async def stopped(self, uow: UnitOfWork, enrolment_id: EnrolmentId) -> Involved | None:
        """Whom a journey stopped, while it may still go on."""
        row = await uow.first(
            select(stopped_person.c.subscriber_id)
            .where(stopped_person.c.enrolment_id == enrolment_id, stopped_person.c.stopped_at > uow.now - LIFE)
            .limit(1)
        )
        if row is None:
            return None
        return Involved(subscriber_id=None if row.subscriber_id is None else SubscriberId(row.subscriber_id))


class Overriding:
    """The officer's side: ask two reviewers, and go on when they said yes."""

    def __init__(
        self,
        *,
        storage: Storage,
        stations: Stations,
        steps: Steps,
        journal: Journal,
        overrides: Overrides,
        reviews: Reviews,
    ) -> None:
        self._storage = storage
        self._stations = stations
        self._steps = steps
        self._journal = journal
        self._overrides = overrides
        self._reviews = reviews

    async def standing(self, enrolment: Enrolment) -> Standing:
        """What can be done about this journey now."""
        async with self._storage.reading() as uow:
            return await self._standing(uow, enrolment)

    async def ask(self, enrolment_id: EnrolmentId, *, officer: Member) -> None:
        """Open a case in the review queue. Raises NotFound (UNKNOWN), Conflict (WRONG_STATE)."""
        async with self._storage.unit_of_work() as uow:
            enrolment = await self._steps.own(uow, enrolment_id, officer)
            stopped = await self._overrides.stopped(uow, enrolment_id)
            if await self._standing(uow, enrolment) is not Standing.MAY_ASK or stopped is None:
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            assert enrolment.problem is not None, "a refused journey says why"
            involved = Involved(
                subscriber_id=stopped.subscriber_id,
                enrolment_id=enrolment.id,
                agency_id=enrolment.agency_id,
                site=enrolment.station_id,
                officer=enrolment.officer,
                officer_person=enrolment.officer_person,
            )
            if await self._reviews.open_case(uow, CaseKind.OVERRIDE, enrolment.problem.value, involved) is None:
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await self._journal.note(uow, "enrolment.override_asked", enrolment, code=enrolment.problem.value)

    async def resume(self, enrolment_id: EnrolmentId, *, officer: Member) -> Enrolment:
        """Go on from the first step; nothing that was gathered before counts.

        Raises NotFound (UNKNOWN), Conflict (WRONG_STATE), and as `Stations.open_session` does.
        """
        async with self._storage.unit_of_work() as uow:
            enrolment = await self._steps.own(uow, enrolment_id, officer)
            if await self._standing(uow, enrolment) is not Standing.ALLOWED:
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            session = await self._stations.open_session(
                uow, station_id=enrolment.station_id, requested_by=officer, purpose=CardPurpose.ENROLMENT
            )
            first = JOURNEYS[enrolment.journey].first
            if not await kept_store.resume(uow, enrolment.id, to=first, card_session_id=session.id):
                raise Conflict(EnrolmentProblem.WRONG_STATE)
            await store.withdraw_evidence(uow, enrolment.id, frozenset(EvidenceKind))
            passed = " ".join(sorted(await self._overrides.decided(uow, enrolment.id)))
            await self._journal.note(uow, "enrolment.resumed", enrolment, passed_over=passed)
            return await self._steps.found(uow, enrolment.id)

    async def _standing(self, uow: UnitOfWork, enrolment: Enrolment) -> Standing:
        # a passport's lines are kept nowhere: such a journey begins anew
        if enrolment.state is not EnrolmentState.REFUSED or enrolment.journey in BY_PASSPORT:
            return Standing.NONE
        if await self._overrides.decided(uow, enrolment.id):
            return Standing.ALLOWED
        is_open = await self._overrides.stopped(uow, enrolment.id) is not None
        if enrolment.problem not in rules.MAY_BE_OVERRIDDEN or not is_open:
            return Standing.NONE
        case = await review_store.of_enrolment(uow, enrolment.id, CaseKind.OVERRIDE, enrolment.problem.value)
        if case is None:
            return Standing.MAY_ASK
        return Standing.DENIED if case.state is CaseState.DECIDED else Standing.ASKED


def _person_and_chip(presented: Presented) -> str:
    return f"{presented.number} {presented.chip_no}"
