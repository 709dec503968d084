"""The hot operations of grants: look one up, open one for a code, go on to its next refresh token.

Each write judges in its own statement whether everything the grant rests on counts, and puts its entry into the log.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, exists, select

from idp.audit.hot_store import ENTRY_TAKES, entry_steps
from idp.authorization.grants.store import (
    GRANT_COLUMNS,
    grant,
    live_grant,
    rests_on_live,
    rests_on_live_mandate,
)
from idp.storage.hot.operations import Gate, Given, Insert, Read, Rows, Takes, Update, Write
from idp.storage.metadata import Instant
from idp.storage.spent import SPENDING_TAKES, spending
from idp.subscribers.hot_store import PERSON_COLUMNS, person_tables

_BY_ID: Takes = {"grant_id": Text(), "now": Instant()}


def _live(rows: Rows) -> Select[Any]:
    return select(*GRANT_COLUMNS).join(rows, grant.c.id == rows.c.grant_id).where(live_grant(rows.c.now))


def _with_person(rows: Rows) -> Select[Any]:
    tables = person_tables(rows.join(grant, grant.c.id == rows.c.grant_id), grant.c.subscriber_id)
    return select(*GRANT_COLUMNS, *PERSON_COLUMNS).select_from(tables).where(live_grant(rows.c.now))


LIVE_GRANT = Read("live_grant", _BY_ID, _live)
"""The grant while it counts."""

LIVE_GRANT_WITH_PERSON = Read("live_grant_with_person", _BY_ID, _with_person)
"""The grant while it counts, and the sealed attributes of its subscriber."""

_NEW_GRANT: Takes = {
    column.name: column.type for column in grant.c if column.name not in ("rotated_at", "revoked_at", "revoked_reason")
}


def _opening(given: Given) -> dict[str, Any]:
    return {name: given.c[name] for name in _NEW_GRANT}


def _may_open(given: Given) -> ColumnElement[bool]:
    now = given.c.created_at
    return and_(rests_on_live(given.c, now), rests_on_live_mandate(given.c, now))


REDEEM = Write(
    "redeem_code",
    {**_NEW_GRANT, **SPENDING_TAKES, **ENTRY_TAKES},
    (spending(), Insert(grant, _opening, Gate("id", grant.c.id), _may_open), *entry_steps()),
)
"""Spend a code and open its grant. Gates: the code was not spent before; everything the grant rests on counts."""

NEXT_GENERATION = Write(
    "next_generation",
    {**_BY_ID, "generation": Integer(), **ENTRY_TAKES},
    (
        Update(
            grant,
            lambda given: {"generation": given.c.generation + 1, "rotated_at": given.c.now},
            Gate("grant_id", grant.c.id),
            lambda given: (grant.c.generation == given.c.generation) & live_grant(given.c.now),
        ),
        *entry_steps(),
    ),
)
"""Make the generation after `generation` the present one. Gate: the grant counts, and no other call did so before."""

NOTE_OF_GRANT = Write(
    "note_of_grant",
    {**_BY_ID, **ENTRY_TAKES},
    entry_steps(when=lambda given: exists().where(grant.c.id == given.c.grant_id, live_grant(given.c.now))),
)
"""An entry about what a grant gives without changing. Gate: the grant counts."""
