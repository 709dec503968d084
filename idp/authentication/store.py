"""The table of sessions and its SQL. Their secrets are kept as digests."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    and_,
    insert,
    select,
    true,
    update,
)

from idp.authentication.model import SsoSession
from idp.authentication.rules import SESSION_IDLE, SESSION_LIFE
from idp.kernel.assurance import Aal
from idp.kernel.ids import SsoSessionId, SubscriberId
from idp.storage.metadata import Instant, JsonText, Moment, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

sso_session = Table(
    "sso_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cookie_digest", LargeBinary, nullable=False, unique=True),
    Column("visit_id", Text, nullable=False),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("aal", Text, nullable=False),
    Column("amr", JsonText, nullable=False),
    Column("auth_time", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("device", Text),
)


def live_session(now: Moment) -> ColumnElement[bool]:
    """The session may be used at `now`: for the statement that mints (design, section 4)."""
    return and_(
        sso_session.c.ended_at.is_(None),
        sso_session.c.last_seen > now - SESSION_IDLE,
        sso_session.c.auth_time > now - SESSION_LIFE,
        sso_session.c.auth_time <= now,
    )


async def insert_session(uow: UnitOfWork, session: SsoSession, *, cookie_digest: bytes) -> None:
    """A new row."""
    await uow.execute(
        insert(sso_session).values(
            id=session.id,
            cookie_digest=cookie_digest,
            visit_id=session.visit_id,
            subscriber_id=session.subscriber_id,
            aal=session.aal.value,
            amr=list(session.amr),
            auth_time=session.auth_time,
            last_seen=session.last_seen,
            device=session.device or None,
        )
    )


async def find_live_session(uow: UnitOfWork, cookie_digest: bytes) -> SsoSession | None:
    """The session of a cookie, if it may be used now."""
    statement = select(sso_session).where(sso_session.c.cookie_digest == cookie_digest, live_session(uow.now))
    row = await uow.first(statement)
    return None if row is None else session_of(row)


async def touch_session(uow: UnitOfWork, session_id: SsoSessionId) -> None:
    """The session was used now."""
    await uow.execute(
        update(sso_session).where(sso_session.c.id == session_id, live_session(uow.now)).values(last_seen=uow.now)
    )


async def end_session(uow: UnitOfWork, session_id: SsoSessionId) -> bool:
    """End it alone; False when it had ended before."""
    statement = update(sso_session).where(sso_session.c.id == session_id, sso_session.c.ended_at.is_(None))
    return await uow.changed(statement.values(ended_at=uow.now)) == 1


async def end_visit(uow: UnitOfWork, session: SsoSession) -> bool:
    """End it, or the one that has followed it in the same browser; False when there is nothing left to end.

    Their owner's row is to be held, so that none begins meanwhile.
    """
    same = and_(sso_session.c.subscriber_id == session.subscriber_id, sso_session.c.visit_id == session.visit_id)
    statement = update(sso_session).where(same, sso_session.c.ended_at.is_(None))
    return await uow.changed(statement.values(ended_at=uow.now)) > 0


async def live_sessions_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[SsoSession]:
    """The sessions of a subscriber that may be used, the last used first."""
    mine = and_(sso_session.c.subscriber_id == subscriber_id, live_session(uow.now))
    rows = await uow.all(select(sso_session).where(mine).order_by(sso_session.c.last_seen.desc(), sso_session.c.id))
    return [session_of(row) for row in rows]


async def find_own_session(uow: UnitOfWork, session: SsoSession) -> SsoSession | None:
    """The session as it stands now, while it may be used and its owner may act."""
    joined = sso_session.join(subscriber, subscriber.c.id == sso_session.c.subscriber_id)
    own = and_(sso_session.c.id == session.id, sso_session.c.subscriber_id == session.subscriber_id)
    statement = select(sso_session).select_from(joined).where(own, live_session(uow.now), live_subscriber(uow.now))
    row = await uow.first(statement)
    return None if row is None else session_of(row)


async def find_session_before(uow: UnitOfWork, session: SsoSession) -> SsoSession | None:
    """The same person's last sign-in before this browser's visit began, also where it has ended."""
    earlier = (
        sso_session.c.subscriber_id == session.subscriber_id,
        sso_session.c.visit_id != session.visit_id,
        sso_session.c.auth_time < session.auth_time,
    )
    row = await uow.first(select(sso_session).where(*earlier).order_by(sso_session.c.auth_time.desc()).limit(1))
    return None if row is None else session_of(row)


async def find_session_of(uow: UnitOfWork, subscriber_id: SubscriberId, session_id: SsoSessionId) -> SsoSession | None:
    """A session of this subscriber."""
    mine = and_(sso_session.c.id == session_id, sso_session.c.subscriber_id == subscriber_id)
    row = await uow.first(select(sso_session).where(mine))
    return None if row is None else session_of(row)


async def end_sessions_of(
    uow: UnitOfWork, subscriber_id: SubscriberId, *, but: SsoSessionId | None = None
) -> Sequence[SsoSessionId]:
    """End all sessions of a subscriber, `but` one; gives the visits of those that had not ended before."""
    statement = (
        update(sso_session)
        .where(sso_session.c.subscriber_id == subscriber_id, sso_session.c.ended_at.is_(None))
        .where(true() if but is None else sso_session.c.id != but)
        .values(ended_at=uow.now)
        .returning(sso_session.c.visit_id)
    )
    return [SsoSessionId(row.visit_id) for row in (await uow.execute(statement)).all()]


async def hold_owner(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """Keep the owner's row until the commit, so that acts on the same owner come one after another."""
    await uow.execute(select(subscriber.c.id).where(subscriber.c.id == subscriber_id).with_for_update(key_share=True))


async def may_act(uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
    """The identity may be used now; with its row held, until the commit."""
    live = select(subscriber.c.id).where(subscriber.c.id == subscriber_id, live_subscriber(uow.now))
    return await uow.first(live) is not None


def session_of(row: Any) -> SsoSession:
    """The session of a whole row."""
    return SsoSession(
        id=SsoSessionId(row.id),
        visit_id=SsoSessionId(row.visit_id),
        subscriber_id=SubscriberId(row.subscriber_id),
        aal=Aal(row.aal),
        amr=tuple(row.amr),
        auth_time=row.auth_time,
        last_seen=row.last_seen,
        ended_at=row.ended_at,
        device=row.device or "",
    )
