"""The table of applicants' sessions at the portal. No secret lies here, only digests."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, Table, Text, delete, insert, or_, select, update

from idp.kernel.ids import SubscriberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

applicant_session = Table(
    "applicant_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("subscriber_id", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
)


async def insert_session(uow: UnitOfWork, digest: bytes, subscriber_id: SubscriberId) -> None:
    """Keep a new session."""
    await uow.execute(
        insert(applicant_session).values(
            digest=digest, subscriber_id=subscriber_id, started_at=uow.now, last_seen=uow.now
        )
    )


async def find_session(
    uow: UnitOfWork, digest: bytes, *, started_after: datetime, seen_after: datetime
) -> tuple[SubscriberId, datetime] | None:
    """Whose session it is, and when it was last used, while it lives."""
    this = (applicant_session.c.digest == digest, applicant_session.c.started_at > started_after)
    row = await uow.first(select(applicant_session).where(*this, applicant_session.c.last_seen > seen_after))
    return None if row is None else (SubscriberId(row.subscriber_id), row.last_seen)


async def touch_session(uow: UnitOfWork, digest: bytes) -> None:
    """It was used."""
    await uow.execute(update(applicant_session).where(applicant_session.c.digest == digest).values(last_seen=uow.now))


async def delete_session(uow: UnitOfWork, digest: bytes) -> None:
    """End it."""
    await uow.execute(delete(applicant_session).where(applicant_session.c.digest == digest))


async def delete_older_sessions(uow: UnitOfWork, *, started_before: datetime, seen_before: datetime) -> None:
    """Forget those that are over."""
    over = or_(applicant_session.c.started_at < started_before, applicant_session.c.last_seen < seen_before)
    await uow.execute(delete(applicant_session).where(over))
