"""SQL of the requests: no table of its own; it reads whether a session counts."""

from sqlalchemy import select

from idp.authentication.store import live_session, sso_session
from idp.kernel.ids import SsoSessionId
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber


async def session_counts(uow: UnitOfWork, session_id: SsoSessionId) -> bool:
    """True while the session may be used and its subscriber may act."""
    joined = sso_session.join(subscriber, subscriber.c.id == sso_session.c.subscriber_id)
    statement = (
        select(sso_session.c.id)
        .select_from(joined)
        .where(sso_session.c.id == session_id, live_session(uow.now), live_subscriber(uow.now))
    )
    return await uow.first(statement) is not None
