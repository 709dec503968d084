"""The portal's own table: sessions of the staff. The cookie holds the secret, the table its digest."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, Table, and_, delete, insert, select, update

from idp.kernel.ids import MemberId
from idp.portal.model import StaffSession
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

portal_session = Table(
    "portal_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("member_ids", JsonText, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False, index=True),
)


async def insert_session(uow: UnitOfWork, session: StaffSession) -> None:
    """A new session."""
    await uow.execute(
        insert(portal_session).values(
            digest=session.digest,
            member_ids=list(session.member_ids),
            started_at=session.started_at,
            last_seen=session.last_seen,
        )
    )


async def find_session(
    uow: UnitOfWork, digest: bytes, *, started_after: datetime, seen_after: datetime
) -> StaffSession | None:
    """The session, if it began and was used recently enough."""
    live = and_(
        portal_session.c.digest == digest,
        portal_session.c.started_at > started_after,
        portal_session.c.last_seen > seen_after,
    )
    row = await uow.first(select(portal_session).where(live))
    if row is None:
        return None
    members = tuple(MemberId(member_id) for member_id in row.member_ids)
    return StaffSession(bytes(row.digest), members, row.started_at, row.last_seen)


async def touch_session(uow: UnitOfWork, digest: bytes) -> None:
    """The session was used now."""
    await uow.execute(update(portal_session).where(portal_session.c.digest == digest).values(last_seen=uow.now))


async def delete_session(uow: UnitOfWork, digest: bytes) -> None:
    """The session is over."""
    await uow.execute(delete(portal_session).where(portal_session.c.digest == digest))


async def delete_older_sessions(uow: UnitOfWork, *, started_before: datetime, seen_before: datetime) -> None:
    """Forget sessions that no cookie can revive."""
    over = (portal_session.c.started_at <= started_before) | (portal_session.c.last_seen <= seen_before)
    await uow.execute(delete(portal_session).where(over))
