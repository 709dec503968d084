"""The tables of the follow-up, and reading what it is about."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Select,
    Table,
    Text,
    delete,
    or_,
    select,
    update,
)

from idp.agencies.member_store import member
from idp.approvals.model import Decider
from idp.exchange.counter.person_store import counter_person
from idp.exchange.counter.store import citizen_ref
from idp.exchange.photo.store import photo_request
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.exchange.usage import first_id
from idp.kernel.ids import AgencyId, DisclosureId, MemberId, ServiceId, SubscriberId
from idp.oversight.followup.model import Flag, Result, Sample, SampleId, Verdict, Why
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

oversight_day = Table(
    "oversight_day",
    metadata,
    Column("agency_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("drawn_at", Instant, nullable=False),
    PrimaryKeyConstraint("agency_id", "day"),
)

oversight_sample = Table(
    "oversight_sample",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    # a handle, or the disclosure of a photo: each is looked at once
    Column("about", Text, nullable=False, unique=True),
    Column("anchor", Text, nullable=False),
    Column("disclosure_id", Text),
    Column("officer_id", Text, nullable=False),
    Column("officer_person", Text, nullable=False),
    Column("second_person", Text),
    Column("service_id", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("flags", JsonText, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("verdict", Text),
    Column("sealed_reason", LargeBinary),
    Column("reviewed_by", Text),
    Column("reviewed_at", Instant),
    Index("ix_oversight_sample_agency_id", "agency_id", "id"),
    Index("ix_oversight_sample_at", "at"),
)


Anchors = Collection[str] | Select[Any]
"""Some, or all that a statement gives."""


async def agencies_with_look_ups(uow: UnitOfWork, *, begins: datetime, ends: datetime, day: date) -> list[AgencyId]:
    """Which agencies' look-ups of this day were not drawn from yet."""
    drawn = select(oversight_day.c.agency_id).where(oversight_day.c.day == day.isoformat())
    looked_up = select(citizen_ref.c.agency_id).where(citizen_ref.c.opened_at >= begins, citizen_ref.c.opened_at < ends)
    rows = await uow.all(looked_up.where(citizen_ref.c.agency_id.not_in(drawn)).distinct())
    return [AgencyId(row.agency_id) for row in rows]


async def take_day(uow: UnitOfWork, agency_id: AgencyId, day: date) -> bool:
    """True for the one transaction, over all nodes, that draws from an agency's day."""
    first = insert_on_conflict(oversight_day, uow.dialect).values(
        agency_id=agency_id, day=day.isoformat(), drawn_at=uow.now
    )
    return await uow.changed(first.on_conflict_do_nothing()) == 1


async def look_ups(uow: UnitOfWork, agency_id: AgencyId, *, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """The handles of an agency that were opened in this time, each with the person of its officer."""
    mine = (citizen_ref.c.agency_id == agency_id, citizen_ref.c.opened_at >= begins, citizen_ref.c.opened_at < ends)
    statement = select(citizen_ref, member.c.subscriber_id.label("officer_person")).join(
        member, member.c.id == citizen_ref.c.member_id
    )
    return await uow.all(statement.where(*mine).order_by(citizen_ref.c.id))


def anchors_of(agency_id: AgencyId, *, begins: datetime, ends: datetime) -> Select[Any]:
    """The handles of an agency that were opened in this time, by their ids."""
    mine = (citizen_ref.c.agency_id == agency_id, citizen_ref.c.opened_at >= begins, citizen_ref.c.opened_at < ends)
    return select(citizen_ref.c.id).where(*mine)


async def results_of(uow: UnitOfWork, anchors: Anchors) -> dict[str, Result]:
    """What became of each; those of which nothing was asked are missing."""
    about = (disclosure.c.counter_id.in_(anchors), disclosure.c.outcome != Outcome.NAMED.value)
    rows = await uow.all(select(disclosure.c.counter_id, disclosure.c.outcome).where(*about).distinct())
    left = {Outcome.RELEASED.value, Outcome.FETCHED.value}
    found = {row.counter_id: Result.REFUSED for row in rows}
    return found | {row.counter_id: Result.RELEASED for row in rows if row.outcome in left}


async def naming_officers(
    uow: UnitOfWork, anchors: Anchors, *, agency_id: AgencyId, since: date
) -> frozenset[tuple[str, str]]:
    """Anchor and person, where somebody stands in a record that left by it: an officer perhaps, who lives there too.

    `since` is a day before which nothing left by any of them.
    """
    left = disclosure.alias("left")
    named = select(left.c.counter_id, disclosure.c.subscriber_id).join(
        disclosure, disclosure.c.audit_entry_id == left.c.audit_entry_id
    )
    # those days of the agency alone: nothing else finds an entry's other rows but all disclosures there are
    within = (disclosure.c.agency_id == agency_id, disclosure.c.id >= first_id(since))
    about = (left.c.counter_id.in_(anchors), disclosure.c.outcome == Outcome.NAMED.value, *within)
    return frozenset((row.counter_id, row.subscriber_id) for row in await uow.all(named.where(*about)))


async def persons_of(uow: UnitOfWork, anchors: Anchors) -> Mapping[str, bytes]:
    """Of each the keyed digest of whom it is about, under the oldest key: the same for one person at all times."""
    about = select(counter_person).where(counter_person.c.anchor.in_(anchors))
    rows = await uow.all(about.order_by(counter_person.c.key_version.desc()))
    return {row.anchor: bytes(row.digest) for row in rows}


async def photo_shown(uow: UnitOfWork, disclosure_id: DisclosureId, request_id: str) -> Row[Any] | None:
    """The disclosure of a photo with its two officers."""
    both = select(
        disclosure.c.agency_id,
        disclosure.c.service_id,
        disclosure.c.counter_id,
        disclosure.c.at,
        photo_request.c.officer_id,
        photo_request.c.officer_person,
        photo_request.c.second_person,
    ).join(photo_request, photo_request.c.anchor == disclosure.c.counter_id)
    return await uow.first(both.where(disclosure.c.id == disclosure_id, photo_request.c.id == request_id))


async def insert_sample(uow: UnitOfWork, record: Sample) -> bool:
    """Save a row; False when the same thing is looked at already."""
    statement = insert_on_conflict(oversight_sample, uow.dialect).values(
        id=record.id,
        agency_id=record.agency_id,
        day=record.day.isoformat(),
        about=record.disclosure_id or record.anchor,
        anchor=record.anchor,
        disclosure_id=record.disclosure_id,
        officer_id=record.officer_id,
        officer_person=record.officer_person,
        second_person=record.second_person,
        service_id=record.service_id,
        person=record.person,
        result=record.result.value,
        flags=sorted(record.flags),
        why=record.why.value,
        at=record.at,
    )
    return await uow.changed(statement.on_conflict_do_nothing(index_elements=["about"])) == 1


async def find_sample(uow: UnitOfWork, sample_id: SampleId) -> tuple[Sample, bytes | None] | None:
    """The row, and the sealed reason of what was found."""
    row = await uow.first(select(oversight_sample).where(oversight_sample.c.id == sample_id))
    return None if row is None else (_sample(row), row.sealed_reason)


async def page(
    uow: UnitOfWork, by: Decider, *, after: SampleId | None, limit: int, is_open: bool
) -> tuple[Sample, ...]:
    """The rows of the supervisor's agency, oldest first, the own look-ups left out; open ones have no last word."""
    statement = select(oversight_sample).where(oversight_sample.c.agency_id == by.agency_id, *_of_others(by))
    if is_open:
        statement = statement.where(_open())
    if after is not None:
        statement = statement.where(oversight_sample.c.id > after)
    return tuple(_sample(row) for row in await uow.all(statement.order_by(oversight_sample.c.id).limit(limit)))


async def save_verdict(
    uow: UnitOfWork, sample_id: SampleId, *, by: Decider, verdict: Verdict, sealed_reason: bytes
) -> bool:
    """True for the one finding that counts: of another person than those who looked, while there is no last word."""
    mine = (oversight_sample.c.id == sample_id, oversight_sample.c.agency_id == by.agency_id, *_of_others(by), _open())
    found = {
        "verdict": verdict.value,
        "sealed_reason": sealed_reason,
        "reviewed_by": by.member_id,
        "reviewed_at": uow.now,
    }
    return await uow.changed(update(oversight_sample).where(*mine).values(found)) == 1


async def forget_samples(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Drop rows, and marks of days, that are older; gives how many."""
    old = select(oversight_sample.c.id).where(oversight_sample.c.at <= before).limit(limit)
    dropped = await uow.changed(delete(oversight_sample).where(oversight_sample.c.id.in_(old)))
    return dropped + await uow.changed(delete(oversight_day).where(oversight_day.c.drawn_at <= before))


def _open() -> ColumnElement[bool]:
    return or_(oversight_sample.c.verdict.is_(None), oversight_sample.c.verdict == Verdict.QUESTION.value)


def _of_others(by: Decider) -> tuple[ColumnElement[bool], ...]:
    nobody_else = or_(oversight_sample.c.second_person.is_(None), oversight_sample.c.second_person != by.person)
    return oversight_sample.c.officer_person != by.person, nobody_else


def _sample(row: Row[Any]) -> Sample:
    return Sample(
        id=SampleId(row.id),
        agency_id=AgencyId(row.agency_id),
        day=date.fromisoformat(row.day),
        anchor=row.anchor,
        disclosure_id=None if row.disclosure_id is None else DisclosureId(row.disclosure_id),
        officer_id=MemberId(row.officer_id),
        officer_person=SubscriberId(row.officer_person),
        second_person=None if row.second_person is None else SubscriberId(row.second_person),
        service_id=ServiceId(row.service_id),
        person=row.person,
        result=Result(row.result),
        flags=frozenset(Flag(flag) for flag in row.flags),
        why=Why(row.why),
        at=row.at,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        reviewed_by=None if row.reviewed_by is None else MemberId(row.reviewed_by),
        reviewed_at=row.reviewed_at,
    )
