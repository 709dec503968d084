"""SQL of the requests: no table of its own; it reads whether a session counts."""

from sqlalchemy import select

from idp.authentication.store import live_session, sso_session
from idp.authorization.grants.model import Grant
from idp.authorization.grants.store import find_managed_grant
from idp.kernel.ids import ClientId, SsoSessionId
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


async def managed_grant(uow: UnitOfWork, managed_id: str, client_id: ClientId) -> Grant | None:
    """The grant that this client manages under this name, while it counts."""
    found = await find_managed_grant(uow, managed_id, client_id)
    return None if found is None else found[0]
