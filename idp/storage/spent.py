"""Single use: a secret is spent exactly once over all nodes (nevers, 2).

One row a secret, keyed by the minute of its expiry first, so that expired rows lie together and go as one range. The
insert is the atomic gate: whoever inserts has spent it. Spend before minting; a crash in between costs a retry, never a
second use.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table, Text, delete, select

from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import EPOCH, metadata
from idp.storage.storage import UnitOfWork


class SpentKind(StrEnum):
    """What was spent; a secret of one kind is never taken as another (attack row 13)."""

    CODE = "code"
    REQUEST_URI = "request_uri"
    CLIENT_ASSERTION = "client_assertion"
    DPOP_PROOF = "dpop_proof"
    WEBAUTHN_CHALLENGE = "webauthn_challenge"
    PASSKEY_LINK = "passkey_link"
    STATION_HELLO = "station_hello"
    STATION_ANSWER = "station_answer"
    FLOW = "flow"
    REQUEST_OBJECT = "request_object"
    INITIAL_ACCESS_TOKEN = "initial_access_token"


spent = Table(
    "spent",
    metadata,
    Column("expiry_minute", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("expiry_minute", "kind", "digest"),
)

MINUTE = timedelta(minutes=1)


def spent_digest(kind: SpentKind, scope: str, secret: str) -> bytes:
    """What is stored of a secret: a digest over its kind, its scope (for example the client) and itself."""
    return hashlib.sha256("\x1f".join((kind.value, scope, secret)).encode()).digest()


async def spend(uow: UnitOfWork, *, kind: SpentKind, scope: str, secret: str, expires_at: datetime) -> bool:
    """True exactly once for a secret, on any number of nodes; False ever after.

    `expires_at` must follow from the secret itself (sealed inside it, or signed with it), so that each showing falls
    into the same row. The row is kept until a minute after.
    """
    statement = (
        insert_on_conflict(spent, uow.dialect)
        .values(
            expiry_minute=_expiry_minute(expires_at),
            kind=kind.value,
            digest=spent_digest(kind, scope, secret),
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def is_spent(uow: UnitOfWork, *, kind: SpentKind, scope: str, secret: str, expires_at: datetime) -> bool:
    """True when it was spent before: for an early answer only, since what counts is `spend`."""
    key = (
        spent.c.expiry_minute == _expiry_minute(expires_at),
        spent.c.kind == kind.value,
        spent.c.digest == spent_digest(kind, scope, secret),
    )
    return await uow.first(select(spent.c.kind).where(*key)) is not None


def _expiry_minute(expires_at: datetime) -> int:
    return (expires_at - EPOCH) // MINUTE + 2


async def drop_expired_spent(uow: UnitOfWork) -> int:
    """Forget what can no longer be shown; gives how many rows went."""
    return await uow.changed(delete(spent).where(spent.c.expiry_minute < (uow.now - EPOCH) // MINUTE))
