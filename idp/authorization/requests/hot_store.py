"""The hot operations of a sign-in without questions: one read of all that decides, one statement that ends the flow."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, exists

from idp.audit.hot_store import ENTRY_TAKES, entry_steps
from idp.authentication.hot_store import COOKIE_TAKES, signed_in, signed_in_tables
from idp.authentication.store import live_session, sso_session
from idp.authorization.grants.store import rests_on_live
from idp.consent.store import consent, live_consent
from idp.storage.hot.operations import Given, Read, Rows, Write
from idp.storage.metadata import Instant
from idp.storage.spent import SPENDING_TAKES, spending


def _facts(rows: Rows) -> Select[Any]:
    given_to_client = and_(
        consent.c.subscriber_id == sso_session.c.subscriber_id,
        consent.c.client_id == rows.c.client_id,
        live_consent(rows.c.now),
    )
    tables = signed_in_tables(rows).outerjoin(consent, given_to_client)
    return signed_in(rows, tables, *consent.c).order_by(consent.c.id.desc())


SIGN_IN_FACTS = Read("sign_in_facts", {**COOKIE_TAKES, "client_id": Text()}, _facts)
"""Who is signed in, a row for each consent in force with the client, the newest first; one row without any."""


def _may_issue(given: Given) -> ColumnElement[bool]:
    session = exists().where(sso_session.c.id == given.c.session_id, live_session(given.c.now))
    return and_(session, rests_on_live(given.c, given.c.now))


ISSUE = Write(
    "issue_code",
    {
        "session_id": Text(),
        "subscriber_id": Text(),
        "client_id": Text(),
        "consent_id": Text(),
        "now": Instant(),
        **SPENDING_TAKES,
        **ENTRY_TAKES,
    },
    (spending(when=_may_issue), *entry_steps()),
)
"""End a flow by granting it. Gate: it had not ended, and the session and everything else it rests on counts."""
