"""Tables and SQL of reviews. Lists are read along an index in the order of ids, which is the order of time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    or_,
    select,
    update,
)

from idp.enrolment.reviews.model import (
    CaseFilter,
    CaseId,
    CaseKind,
    CaseState,
    Involved,
    Outcome,
    RemarkKind,
    ReviewCase,
    Reviewer,
)
from idp.kernel.ids import AgencyId, EnrolmentId, MemberId, StationId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

review_case = Table(
    "review_case",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("subscriber_id", Text, ForeignKey("subscriber.id")),
    Column("enrolment_id", Text),
    Column("agency_id", Text),
    Column("site", Text),
    Column("officer", Text),
    Column("officer_person", Text),
    Column("state", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    Column("outcome", Text),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    # one enrolment gives one case for one cause, however often its message comes
    UniqueConstraint("enrolment_id", "kind", "topic"),
    Index("ix_review_case_state_id", "state", "id"),
    Index("ix_review_case_state_kind_id", "state", "kind", "id"),
    Index("ix_review_case_site_state_id", "site", "state", "id"),
    Index("ix_review_case_subscriber_id_id", "subscriber_id", "id"),
    Index("ix_review_case_officer_state_id", "officer", "state", "id"),
    Index("ix_review_case_claimed_by", "claimed_by", "claimed_until"),
)

review_remark = Table(
    "review_remark",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("review_case.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("by_member", Text),
    Column("at", Instant, nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
)


async def insert_case(uow: UnitOfWork, case: ReviewCase) -> bool:
    """A new case; False when this enrolment has one for this cause."""
    involved = case.involved
    statement = insert_on_conflict(review_case, uow.dialect).values(
        id=case.id,
        number=case.number,
        kind=case.kind.value,
        topic=case.topic,
        subscriber_id=involved.subscriber_id,
        enrolment_id=involved.enrolment_id,
        agency_id=involved.agency_id,
        site=involved.site,
        officer=involved.officer,
        officer_person=involved.officer_person,
        state=case.state.value,
        opened_at=case.opened_at,
        due_at=case.due_at,
    )
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def find(uow: UnitOfWork, case_id: CaseId) -> ReviewCase | None:
    """The case with this id."""
    row = await uow.first(select(review_case).where(review_case.c.id == case_id))
    return None if row is None else _case(row)


async def find_by_number(uow: UnitOfWork, number: str) -> ReviewCase | None:
    """The case that people call by this number."""
    row = await uow.first(select(review_case).where(review_case.c.number == number))
    return None if row is None else _case(row)


async def page(uow: UnitOfWork, which: CaseFilter, *, after: CaseId | None, limit: int) -> Sequence[ReviewCase]:
    """The next cases, oldest first; `after` is the last id of the page before."""
    return [_case(row) for row in await uow.all(page_query(which, after=after, limit=limit))]


def page_query(which: CaseFilter, *, after: CaseId | None, limit: int) -> Select[Any]:
    """The query of `page`."""
    statement = _filtered(select(review_case), which)
    if after is not None:
        statement = statement.where(review_case.c.id > after)
    return statement.order_by(review_case.c.id).limit(limit)


async def count_up_to(uow: UnitOfWork, which: CaseFilter, *, most: int) -> int:
    """How many cases there are; counting stops at `most`, so that it costs the same however many there are."""
    some = _filtered(select(review_case.c.id), which).limit(most).subquery()
    row = await uow.first(select(func.count()).select_from(some))
    return 0 if row is None else int(row[0])


async def in_hand_of(uow: UnitOfWork, member_id: MemberId) -> Sequence[ReviewCase]:
    """What a reviewer has in hand."""
    mine = (review_case.c.claimed_by == member_id, review_case.c.claimed_until > uow.now)
    return [_case(row) for row in await uow.all(select(review_case).where(*mine).order_by(review_case.c.id))]


async def asked_of_officer(uow: UnitOfWork, officer: MemberId, *, limit: int) -> Sequence[ReviewCase]:
    """The questions about a member's own enrolments."""
    asked = (review_case.c.officer == officer, review_case.c.state == CaseState.ASKED_BACK.value)
    statement = select(review_case).where(*asked).order_by(review_case.c.id).limit(limit)
    return [_case(row) for row in await uow.all(statement)]


async def of_person(
    uow: UnitOfWork, subscriber_id: SubscriberId, kind: CaseKind, *, limit: int
) -> Sequence[ReviewCase]:
    """A person's cases of one kind, newest first."""
    mine = (review_case.c.subscriber_id == subscriber_id, review_case.c.kind == kind.value)
    statement = select(review_case).where(*mine).order_by(review_case.c.id.desc()).limit(limit)
    return [_case(row) for row in await uow.all(statement)]


async def find_of_person(
    uow: UnitOfWork, subscriber_id: SubscriberId, kind: CaseKind, *, topic: str
) -> ReviewCase | None:
    """A person's one case of a kind about this."""
    mine = (review_case.c.subscriber_id == subscriber_id, review_case.c.kind == kind.value)
    row = await uow.first(select(review_case).where(*mine, review_case.c.topic == topic))
    return None if row is None else _case(row)


async def of_enrolment(uow: UnitOfWork, enrolment_id: EnrolmentId, kind: CaseKind, topic: str) -> ReviewCase | None:
    """The one case that an enrolment gave for this cause."""
    cause = (
        review_case.c.enrolment_id == enrolment_id,
        review_case.c.kind == kind.value,
        review_case.c.topic == topic,
    )
    row = await uow.first(select(review_case).where(*cause))
    return None if row is None else _case(row)


async def allowed_topics(uow: UnitOfWork, enrolment_id: EnrolmentId) -> frozenset[str]:
    """What two reviewers let one enrolment pass."""
    allowed = (
        review_case.c.enrolment_id == enrolment_id,
        review_case.c.kind == CaseKind.OVERRIDE.value,
        review_case.c.outcome == Outcome.ALLOWED.value,
    )
    return frozenset(row.topic for row in await uow.all(select(review_case.c.topic).where(*allowed)))


async def claim(uow: UnitOfWork, case_id: CaseId, *, by: Reviewer, until: datetime) -> bool:
    """True for the one reviewer who now has the case in hand, on whichever node; false while somebody else has."""
    free = or_(
        review_case.c.claimed_until.is_(None),
        review_case.c.claimed_until <= uow.now,
        review_case.c.claimed_by == by.member_id,
    )
    statement = (
        update(review_case)
        .where(review_case.c.id == case_id, review_case.c.state == CaseState.OPEN.value, free)
        .values(claimed_by=by.member_id, claimed_until=until)
    )
    return await uow.changed(statement) == 1


async def release(uow: UnitOfWork, case_id: CaseId, *, by: Reviewer) -> bool:
    """The reviewer puts it back."""
    mine = (review_case.c.id == case_id, review_case.c.claimed_by == by.member_id)
    statement = update(review_case).where(*mine).values(claimed_by=None, claimed_until=None)
    return await uow.changed(statement) == 1


async def move_in_hand(
    uow: UnitOfWork, case_id: CaseId, *, by: Reviewer, to: CaseState, outcome: Outcome | None = None
) -> bool:
    """A step of the reviewer who has the open case in hand; it is out of hand with it."""
    in_hand = (
        review_case.c.id == case_id,
        review_case.c.state == CaseState.OPEN.value,
        review_case.c.claimed_by == by.member_id,
        review_case.c.claimed_until > uow.now,
    )
    return await _move(uow, in_hand, to=to, outcome=outcome, by=by.member_id)


async def move(
    uow: UnitOfWork,
    case_id: CaseId,
    *,
    of: Collection[CaseState],
    to: CaseState,
    outcome: Outcome | None = None,
    by: MemberId | None = None,
) -> bool:
    """A step that needs nobody's hand; False when the case stood elsewhere."""
    there = (review_case.c.id == case_id, review_case.c.state.in_([state.value for state in of]))
    return await _move(uow, there, to=to, outcome=outcome, by=by)


async def unanswered(uow: UnitOfWork, *, asked_before: datetime, limit: int) -> Sequence[ReviewCase]:
    """Cases whose last question was asked before that moment and has no answer; oldest first."""
    asked_at = (
        select(func.max(review_remark.c.at))
        .where(review_remark.c.case_id == review_case.c.id, review_remark.c.kind == RemarkKind.QUESTION.value)
        .scalar_subquery()
    )
    # about an identity that is closed nothing is kept: then it counts when the case was opened
    old = func.coalesce(asked_at, review_case.c.opened_at) <= asked_before
    waiting = select(review_case).where(review_case.c.state == CaseState.ASKED_BACK.value, old)
    return [_case(row) for row in await uow.all(waiting.order_by(review_case.c.id).limit(limit))]


async def proposed_cases(uow: UnitOfWork, *, limit: int) -> Sequence[ReviewCase]:
    """Cases that wait for a second reviewer, oldest first."""
    return await page(uow, CaseFilter(state=CaseState.PROPOSED), after=None, limit=limit)


async def insert_remark(
    uow: UnitOfWork, *, remark_id: str, case_id: CaseId, kind: RemarkKind, by: MemberId | None, sealed: bytes
) -> None:
    """Keep what was written."""
    await uow.execute(
        insert(review_remark).values(
            id=remark_id, case_id=case_id, kind=kind.value, by_member=by, at=uow.now, sealed_text=sealed
        )
    )


async def remark_rows(uow: UnitOfWork, case_id: CaseId) -> Sequence[Row[Any]]:
    """What was written, oldest first."""
    return await uow.all(select(review_remark).where(review_remark.c.case_id == case_id).order_by(review_remark.c.id))


async def _move(
    uow: UnitOfWork, where: Sequence[Any], *, to: CaseState, outcome: Outcome | None, by: MemberId | None
) -> bool:
    values: dict[str, Any] = {"state": to.value, "claimed_by": None, "claimed_until": None}
    if to is CaseState.DECIDED and outcome is not None:
        values |= {"outcome": outcome.value, "decided_by": by, "decided_at": uow.now}
    return await uow.changed(update(review_case).where(*where).values(values)) == 1


def _filtered(statement: Select[Any], which: CaseFilter) -> Select[Any]:
    if which.state is not None:
        statement = statement.where(review_case.c.state == which.state.value)
    if which.kind is not None:
        statement = statement.where(review_case.c.kind == which.kind.value)
    if which.site is not None:
        statement = statement.where(review_case.c.site == which.site)
    if which.seen_by is not None:
        statement = statement.where(review_case.c.agency_id.in_(which.seen_by))
    if which.opened_before is not None:
        statement = statement.where(review_case.c.opened_at <= which.opened_before)
    return statement


def _case(row: Row[Any]) -> ReviewCase:
    return ReviewCase(
        id=CaseId(row.id),
        number=row.number,
        kind=CaseKind(row.kind),
        topic=row.topic,
        involved=Involved(
            subscriber_id=None if row.subscriber_id is None else SubscriberId(row.subscriber_id),
            enrolment_id=None if row.enrolment_id is None else EnrolmentId(row.enrolment_id),
            agency_id=None if row.agency_id is None else AgencyId(row.agency_id),
            site=None if row.site is None else StationId(row.site),
            officer=None if row.officer is None else MemberId(row.officer),
            officer_person=None if row.officer_person is None else SubscriberId(row.officer_person),
        ),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        due_at=row.due_at,
        claimed_by=None if row.claimed_by is None else MemberId(row.claimed_by),
        claimed_until=row.claimed_until,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        decided_at=row.decided_at,
    )
