"""Whether look-ups at an agency are supervised at this moment: who reviews them, and by when; in SQL and in one place.

An agency looks people up at counters and by number only while somebody who is no look-up officer there supervises, and
while no review is overdue (mission, row S28; facts/security-and-reliability, "Officer follow-up"). Both are judged by
the statement that discloses: nobody has to switch anything off.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Table,
    Text,
    and_,
    delete,
    exists,
    not_,
    select,
    update,
)

from idp.agencies.member_store import has_role, live_member, member
from idp.agencies.model import Role, Standing
from idp.exchange.counter.model import Supervision
from idp.kernel.ids import AgencyId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

awaited_review = Table(
    "awaited_review",
    metadata,
    # what is to be reviewed: an id of whoever follows look-ups up
    Column("about", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Index("ix_awaited_review_agency_id", "agency_id", "due_at"),
)


def is_supervised(agency_id: Any, now: datetime) -> ColumnElement[bool]:
    """Look-ups of this agency (a value, or a column of another row) may go on now."""
    return and_(has_supervisor(agency_id, now), not_(has_overdue(agency_id, now)))


def has_supervisor(agency_id: Any, now: datetime) -> ColumnElement[bool]:
    """Somebody supervises this agency now who looks nobody up there, in any of their places."""
    other = member.alias("other_place")
    looks_up = exists().where(
        other.c.agency_id == member.c.agency_id,
        other.c.subscriber_id == member.c.subscriber_id,
        other.c.status == Standing.ACTIVE.value,
        other.c.expires_at > now,
        has_role(other, Role.LOOKUP_OFFICER),
    )
    is_person = exists().where(subscriber.c.id == member.c.subscriber_id, live_subscriber(now))
    supervises = (member.c.agency_id == agency_id, has_role(member, Role.SUPERVISOR), live_member(now))
    return exists().where(*supervises, is_person, not_(looks_up))


def has_overdue(agency_id: Any, now: datetime) -> ColumnElement[bool]:
    """Something of this agency should have been reviewed by now."""
    return exists().where(awaited_review.c.agency_id == agency_id, awaited_review.c.due_at <= now)


async def supervision_of(uow: UnitOfWork, agency_id: AgencyId) -> Supervision:
    """How the agency stands now."""
    row = await uow.first(
        select(has_supervisor(agency_id, uow.now).label("somebody"), has_overdue(agency_id, uow.now).label("overdue"))
    )
    if row is None or not row.somebody:
        return Supervision.NOBODY
    return Supervision.OVERDUE if row.overdue else Supervision.LIVE


async def await_review(uow: UnitOfWork, about: str, agency_id: AgencyId, *, due_at: datetime) -> None:
    """This has to be reviewed by then; said again, the first time stands."""
    row = insert_on_conflict(awaited_review, uow.dialect).values(about=about, agency_id=agency_id, due_at=due_at)
    await uow.execute(row.on_conflict_do_nothing(index_elements=["about"]))


async def put_off(uow: UnitOfWork, about: str, *, due_at: datetime) -> None:
    """What is awaited still has until then."""
    await uow.execute(update(awaited_review).where(awaited_review.c.about == about).values(due_at=due_at))


async def is_reviewed(uow: UnitOfWork, about: str) -> None:
    """It waits no longer."""
    await uow.execute(delete(awaited_review).where(awaited_review.c.about == about))
