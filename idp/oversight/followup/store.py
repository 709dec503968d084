"""The tables of the follow-up, and reading what it is about."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Select,
    SelectBase,
    Table,
    Text,
    delete,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
    union,
    union_all,
    update,
)

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.member_store import has_role, member
from idp.agencies.model import Role, Standing
from idp.approvals.model import Decider
from idp.exchange.counter.person_store import counter_person
from idp.exchange.counter.store import citizen_ref, counter_session
from idp.exchange.counter.supervision import awaited_review
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

_OPEN: Final = text("verdict IS NULL OR verdict = 'question'")

oversight_sample = Table(
    "oversight_sample",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    # a handle, a card session, or the disclosure of a photo: each is looked at once
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
    Column("sealed_question", LargeBinary),
    Column("sealed_answer", LargeBinary),
    Column("asked_at", Instant),
    Column("answered_at", Instant),
    Column("reviewed_by", Text),
    Column("reviewed_at", Instant),
    Index("ix_oversight_sample_agency_id", "agency_id", "id"),
    Index("ix_oversight_sample_agency_id_day", "agency_id", "day"),
    # what waits, oldest first, among all that was ever looked at
    Index("ix_oversight_sample_open", "agency_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_oversight_sample_at", "at"),
)


Anchors = Collection[str] | SelectBase
"""Some, or all that a statement gives."""

Found = tuple[Sample, Row[Any]]
"""A row as it is read, and as it stands in the table with what is sealed."""


def day_of(at: datetime) -> date:
    """The day in Bangkok."""
    return at.astimezone(BANGKOK).date()


async def agencies_with_look_ups(uow: UnitOfWork, *, begins: datetime, ends: datetime, day: date) -> list[AgencyId]:
    """Which agencies' look-ups of this day were not drawn from yet."""
    drawn = select(oversight_day.c.agency_id).where(oversight_day.c.day == day.isoformat())
    looked_up = [
        select(one.c.agency_id).where(*_looked_up(one, begins=begins, ends=ends), one.c.agency_id.not_in(drawn))
        for one in (citizen_ref, counter_session)
    ]
    return [AgencyId(row.agency_id) for row in await uow.all(union(*looked_up))]


async def agencies_looking_up(uow: UnitOfWork, *, since: datetime) -> list[AgencyId]:
    """Which agencies looked somebody up since then."""
    recent = [select(one.c.agency_id).where(one.c.opened_at >= since) for one in (citizen_ref, counter_session)]
    return [AgencyId(row.agency_id) for row in await uow.all(union(*recent))]


async def take_day(uow: UnitOfWork, agency_id: AgencyId, day: date) -> bool:
    """True for the one transaction, over all nodes, that draws from an agency's day."""
    first = insert_on_conflict(oversight_day, uow.dialect).values(
        agency_id=agency_id, day=day.isoformat(), drawn_at=uow.now
    )
    return await uow.changed(first.on_conflict_do_nothing()) == 1


async def look_ups(uow: UnitOfWork, agency_id: AgencyId, *, begins: datetime, ends: datetime) -> Sequence[Row[Any]]:
    """The handles, and the sessions whose card was read, of an agency that were opened in this time, each with the
    person of its officer.
    """
    rows: list[Row[Any]] = []
    for one, flags in ((citizen_ref, citizen_ref.c.flags), (counter_session, literal([], JsonText()).label("flags"))):
        kept = (one.c.id, one.c.agency_id, one.c.member_id, one.c.service_id, one.c.sealed_case, one.c.opened_at)
        statement = select(*kept, flags, member.c.subscriber_id.label("officer_person"))
        mine = (one.c.agency_id == agency_id, *_looked_up(one, begins=begins, ends=ends))
        statement = statement.join(member, member.c.id == one.c.member_id).where(*mine)
        rows += await uow.all(statement.order_by(one.c.id))
    return rows


def anchors_of(agency_id: AgencyId, *, begins: datetime, ends: datetime) -> SelectBase:
    """The same by their ids."""
    return union_all(
        *(
            select(one.c.id).where(one.c.agency_id == agency_id, *_looked_up(one, begins=begins, ends=ends))
            for one in (citizen_ref, counter_session)
        )
    )


def _looked_up(table: Table, *, begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ...]:
    in_time = (table.c.opened_at >= begins, table.c.opened_at < ends)
    if table is citizen_ref:
        return in_time
    # a session into which nobody put a card looked nobody up
    return (*in_time, exists().where(counter_person.c.anchor == table.c.id))


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


async def add_flags(uow: UnitOfWork, agency_id: AgencyId, flags: Mapping[str, frozenset[Flag]]) -> frozenset[str]:
    """More was noticed about rows that are there and open: gives the anchors of those that had not all of it."""
    of_these = (oversight_sample.c.agency_id == agency_id, oversight_sample.c.about.in_(flags), _open())
    more = set()
    for row in await uow.all(select(oversight_sample.c.about, oversight_sample.c.flags).where(*of_these)):
        found = flags[row.about]
        if not found <= set(row.flags):
            new = {"flags": sorted(found | set(row.flags)), "why": Why.FLAGGED.value}
            await uow.execute(update(oversight_sample).where(oversight_sample.c.about == row.about).values(new))
            more.add(row.about)
    return frozenset(more)


async def known_flags(uow: UnitOfWork, anchors: Collection[str]) -> dict[str, frozenset[Flag]]:
    """What is noticed already, by the anchor of each row that is there; a row with its last word takes nothing more."""
    kept = (oversight_sample.c.about, oversight_sample.c.flags, _open().label("is_open"))
    rows = await uow.all(select(*kept).where(oversight_sample.c.about.in_(anchors)))
    return {row.about: frozenset(map(Flag, row.flags)) if row.is_open else frozenset(Flag) for row in rows}


async def find_sample(uow: UnitOfWork, sample_id: SampleId) -> Found | None:
    """The row, and the same as it stands in the table, with what is sealed."""
    row = await uow.first(_samples().where(oversight_sample.c.id == sample_id))
    return None if row is None else (_sample(row), row)


async def looks_up_there(uow: UnitOfWork, by: Decider) -> bool:
    """True for whoever has a place of a look-up officer at the agency as well."""
    place = select(member.c.id).where(
        member.c.agency_id == by.agency_id,
        member.c.subscriber_id == by.person,
        member.c.status == Standing.ACTIVE.value,
        member.c.expires_at > uow.now,
        has_role(member, Role.LOOKUP_OFFICER),
    )
    return await uow.first(place.limit(1)) is not None


async def asked_of(uow: UnitOfWork, by: Decider, *, limit: int) -> tuple[Found, ...]:
    """The look-ups of this officer about which an answer is wanted, oldest first, with what is sealed."""
    mine = (oversight_sample.c.agency_id == by.agency_id, oversight_sample.c.officer_person == by.person)
    waits = (oversight_sample.c.verdict == Verdict.QUESTION.value, oversight_sample.c.answered_at.is_(None))
    rows = await uow.all(_samples().where(*mine, *waits).order_by(oversight_sample.c.id).limit(limit))
    return tuple((_sample(row), row) for row in rows)


async def standing_of(uow: UnitOfWork, agency_id: AgencyId) -> tuple[int, int, datetime | None]:
    """How many reviews of an agency wait, how many are overdue, and when the first of the others is due."""
    due_at = awaited_review.c.due_at
    row = await uow.first(
        select(
            func.count().label("waiting"),
            func.count().filter(due_at <= uow.now).label("overdue"),
            func.min(due_at).filter(due_at > uow.now).label("next_due"),
        ).where(awaited_review.c.agency_id == agency_id)
    )
    return (0, 0, None) if row is None else (row.waiting, row.overdue, row.next_due)


async def page(
    uow: UnitOfWork, by: Decider, *, after: SampleId | None, limit: int, is_open: bool
) -> tuple[Sample, ...]:
    """The rows of the supervisor's agency, the own look-ups left out: those without a last word, oldest first, or the
    others, newest first.
    """
    statement = _samples().where(oversight_sample.c.agency_id == by.agency_id, *_of_others(by))
    statement = statement.where(_open() if is_open else not_(_open()))
    place = oversight_sample.c.id
    if after is not None:
        statement = statement.where(place > after if is_open else place < after)
    order = place if is_open else place.desc()
    return tuple(_sample(row) for row in await uow.all(statement.order_by(order).limit(limit)))


async def save_verdict(
    uow: UnitOfWork, sample_id: SampleId, *, by: Decider, verdict: Verdict, sealed_reason: bytes
) -> bool:
    """True for the one finding that counts: of another person than those who looked, while there is no last word.

    A question asks the officer anew, whatever was answered before.
    """
    mine = (oversight_sample.c.id == sample_id, oversight_sample.c.agency_id == by.agency_id, *_of_others(by), _open())
    found: dict[str, Any] = {"verdict": verdict.value, "reviewed_by": by.member_id, "reviewed_at": uow.now}
    if verdict is Verdict.QUESTION:
        found |= {"sealed_question": sealed_reason, "asked_at": uow.now, "sealed_answer": None, "answered_at": None}
    else:
        found |= {"sealed_reason": sealed_reason}
    return await uow.changed(update(oversight_sample).where(*mine).values(found)) == 1


async def save_answer(uow: UnitOfWork, sample_id: SampleId, *, by: Decider, sealed_answer: bytes) -> bool:
    """True for the one answer of the officer who is asked."""
    mine = (
        oversight_sample.c.id == sample_id,
        oversight_sample.c.agency_id == by.agency_id,
        oversight_sample.c.officer_person == by.person,
        oversight_sample.c.verdict == Verdict.QUESTION.value,
        oversight_sample.c.answered_at.is_(None),
    )
    said = {"sealed_answer": sealed_answer, "answered_at": uow.now}
    return await uow.changed(update(oversight_sample).where(*mine).values(said)) == 1


async def flags_noticed(uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> dict[Flag, int]:
    """How many look-ups of these days were noticed for what: counts for the agency's own administrator, no rows."""
    of_days = (oversight_sample.c.day >= first.isoformat(), oversight_sample.c.day <= last.isoformat())
    rows = await uow.all(select(oversight_sample.c.flags).where(oversight_sample.c.agency_id == agency_id, *of_days))
    counted = Counter(Flag(flag) for row in rows for flag in row.flags)
    return dict(counted)


async def forget_samples(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Drop rows, and marks of days, that are older; gives how many. What nobody reviewed stays, and stops look-ups."""
    old = select(oversight_sample.c.id).where(oversight_sample.c.at <= before, not_(_open())).limit(limit)
    dropped = await uow.changed(delete(oversight_sample).where(oversight_sample.c.id.in_(old)))
    return dropped + await uow.changed(delete(oversight_day).where(oversight_day.c.drawn_at <= before))


def _samples() -> Select[Any]:
    """Rows, each with when it is due; what has its last word is not."""
    awaited = oversight_sample.outerjoin(awaited_review, awaited_review.c.about == oversight_sample.c.id)
    return select(oversight_sample, awaited_review.c.due_at).select_from(awaited)


def _open() -> ColumnElement[bool]:
    # the words of the index: a value in place of them would not be known to be the same
    return or_(oversight_sample.c.verdict.is_(None), oversight_sample.c.verdict == literal_column("'question'"))


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
        due_at=row.due_at,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
