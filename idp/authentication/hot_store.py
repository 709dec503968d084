"""The hot read of sessions: who is signed in to the browser that shows a cookie, if that identity may be used."""

from typing import Any

from sqlalchemy import FromClause, LargeBinary, Select, select

from idp.authentication.model import SignedIn, SsoSession
from idp.authentication.store import live_session, sso_session
from idp.kernel.assurance import Aal, Ial
from idp.kernel.ids import SsoSessionId, SubscriberId
from idp.storage.hot.operations import Read, Rows, Takes
from idp.storage.metadata import Instant
from idp.subscribers.model import Subscriber, SubscriberStatus
from idp.subscribers.store import live_subscriber, subscriber

COOKIE_TAKES: Takes = {"cookie_digest": LargeBinary(), "now": Instant()}

SIGNED_IN_COLUMNS = (
    sso_session.c.id.label("session_id"),
    sso_session.c.visit_id,
    sso_session.c.subscriber_id.label("person_id"),
    sso_session.c.aal,
    sso_session.c.amr,
    sso_session.c.auth_time,
    sso_session.c.last_seen,
    subscriber.c.ial,
    subscriber.c.enrolled_at,
)
"""What `signed_in_of` reads; from `signed_in_tables`, where `is_signed_in`."""


def signed_in_tables(rows: FromClause) -> FromClause:
    """`rows` joined with the sessions of their cookies and with whose they are."""
    of_cookie = rows.join(sso_session, sso_session.c.cookie_digest == rows.c.cookie_digest)
    return of_cookie.join(subscriber, subscriber.c.id == sso_session.c.subscriber_id)


def signed_in(rows: Rows, select_from: FromClause, *columns: Any) -> Select[Any]:
    """Who is signed in, by these tables, with further columns."""
    selected = select(*SIGNED_IN_COLUMNS, *columns).select_from(select_from)
    return selected.where(live_session(rows.c.now), live_subscriber(rows.c.now))


def signed_in_of(row: Any) -> SignedIn:
    """The session and the live identity of a row with `SIGNED_IN_COLUMNS`."""
    session = SsoSession(
        id=SsoSessionId(row.session_id),
        visit_id=SsoSessionId(row.visit_id),
        subscriber_id=SubscriberId(row.person_id),
        aal=Aal(row.aal),
        amr=tuple(row.amr),
        auth_time=row.auth_time,
        last_seen=row.last_seen,
        ended_at=None,
    )
    person = Subscriber(session.subscriber_id, SubscriberStatus.ACTIVE, Ial(row.ial), row.enrolled_at, None)
    return SignedIn(session, person)


SIGNED_IN = Read("signed_in", COOKIE_TAKES, lambda rows: signed_in(rows, signed_in_tables(rows)))
"""A session that may be used, of an identity that may."""
