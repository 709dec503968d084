"""Identities that somebody accepted before anyone met the person: who is to meet them, and that it was done.

A service that lets people in below the level it will need says so; the identity stays provisional until an officer
of the agency completes the journey `provisional_completion` with the person at the counter.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, and_, select, update

from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.ids import AgencyId, ServiceId, SubscriberId
from idp.notices.model import NoticeTopic
from idp.notices.service import Notices
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

REMINDED_AFTER: Final = timedelta(days=14)
REMINDED_AT_ONCE: Final = 100

provisional_identity = Table(
    "provisional_identity",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("service_id", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("met_at", Instant),
    Column("reminded_at", Instant),
    PrimaryKeyConstraint("subscriber_id", "agency_id"),
    Index("ix_provisional_identity_since", "since"),
)


class Meeting(StrEnum):
    """Whether an agency said that it is to meet a person, and whether it did."""

    UNSAID = "unsaid"
    AWAITED = "awaited"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Provisional:
    """`agency_id` lets the person use `service_id` and is to meet them."""

    subscriber_id: SubscriberId
    agency_id: AgencyId
    service_id: ServiceId
    since: datetime


class Provisionals:
    """Marks, tells, reminds and completes, in the caller's unit of work."""

    def __init__(self, *, audit: AuditLog) -> None:
        self._audit = audit

    async def mark(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, agency_id: AgencyId, service_id: ServiceId, by: Actor
    ) -> bool:
        """The agency is to meet this person; False when that was said before, or the meeting was already."""
        statement = (
            insert_on_conflict(provisional_identity, uow.dialect)
            .values(subscriber_id=subscriber_id, agency_id=agency_id, service_id=service_id, since=uow.now)
            .on_conflict_do_nothing()
        )
        is_new = await uow.changed(statement) == 1
        if is_new:
            await self._note(uow, "subscriber.provisional", subscriber_id, agency_id, by, service=service_id)
        return is_new

    async def meeting(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, agency_id: AgencyId) -> Meeting:
        """How the agency and this person stand."""
        statement = select(provisional_identity.c.met_at).where(
            provisional_identity.c.subscriber_id == subscriber_id, provisional_identity.c.agency_id == agency_id
        )
        row = await uow.first(statement)
        if row is None:
            return Meeting.UNSAID
        return Meeting.AWAITED if row.met_at is None else Meeting.HELD

    async def of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Provisional, ...]:
        """Which agencies are still to meet this person, in the order in which they said so."""
        waiting = and_(provisional_identity.c.subscriber_id == subscriber_id, provisional_identity.c.met_at.is_(None))
        rows = await uow.all(select(provisional_identity).where(waiting).order_by(provisional_identity.c.since))
        return tuple(
            Provisional(SubscriberId(row.subscriber_id), AgencyId(row.agency_id), ServiceId(row.service_id), row.since)
            for row in rows
        )

    async def meet(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, agency_id: AgencyId, by: Actor) -> bool:
        """The agency met the person; False when nothing waited for that."""
        waiting = and_(
            provisional_identity.c.subscriber_id == subscriber_id,
            provisional_identity.c.agency_id == agency_id,
            provisional_identity.c.met_at.is_(None),
        )
        met = await uow.changed(update(provisional_identity).where(waiting).values(met_at=uow.now)) == 1
        if met:
            await self._note(uow, "subscriber.met", subscriber_id, agency_id, by)
        return met

    async def remind_due(self, uow: UnitOfWork, notices: Notices) -> int:
        """Tell everybody who has waited for two weeks, once for each agency; gives how many were told.

        One batch; safe to run twice and on any node.
        """
        joined = provisional_identity.join(subscriber, subscriber.c.id == provisional_identity.c.subscriber_id)
        due = (
            select(provisional_identity.c.subscriber_id, provisional_identity.c.agency_id)
            .select_from(joined)
            .where(
                provisional_identity.c.since <= uow.now - REMINDED_AFTER, _is_to_be_reminded(), live_subscriber(uow.now)
            )
            .order_by(provisional_identity.c.since)
            .limit(REMINDED_AT_ONCE)
        )
        told = 0
        for row in await uow.all(due):
            this = and_(
                provisional_identity.c.subscriber_id == row.subscriber_id,
                provisional_identity.c.agency_id == row.agency_id,
                _is_to_be_reminded(),
            )
            # another node may have told, or an officer met the person, since the rows were read
            if await uow.changed(update(provisional_identity).where(this).values(reminded_at=uow.now)) == 1:
                cause = f"meeting:{row.agency_id}"
                told += await notices.tell(
                    uow, SubscriberId(row.subscriber_id), NoticeTopic.MEETING_AWAITED, cause=cause
                )
        return told

    async def _note(
        self, uow: UnitOfWork, event: str, subscriber_id: SubscriberId, agency_id: AgencyId, by: Actor, **details: str
    ) -> None:
        await self._audit.append(
            uow, AuditEvent(event=event, actor=by, subject=subscriber_id, agency_id=agency_id, details=details)
        )


def _is_to_be_reminded() -> ColumnElement[bool]:
    return and_(provisional_identity.c.met_at.is_(None), provisional_identity.c.reminded_at.is_(None))
