"""Single use: a secret is spent exactly once over all nodes (nevers, 2).

One row a secret, keyed by the minute of its expiry first, so that expired rows lie together and go as one range. The
insert is the atomic gate: whoever inserts has spent it. Spend before minting; a crash in between costs a retry, never a
second use.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    PrimaryKeyConstraint,
    Select,
    Table,
    Text,
    and_,
    delete,
    select,
)

from idp.storage.dialects import insert_on_conflict
from idp.storage.hot.operations import Gate, Given, Insert, Read, Rows, Takes, Write
from idp.storage.metadata import EPOCH, metadata
from idp.storage.storage import Storage, UnitOfWork


class SpentKind(StrEnum):
    """What was spent; a secret of one kind is never taken as another (attack row 13)."""

    CODE = "code"
    REQUEST_URI = "request_uri"
    CLIENT_ASSERTION = "client_assertion"
    DPOP_PROOF = "dpop_proof"
    WEBAUTHN_CHALLENGE = "webauthn_challenge"
    PASSKEY_LINK = "passkey_link"
    FREEZE_LINK = "freeze_link"
    STATION_HELLO = "station_hello"
    STATION_ANSWER = "station_answer"
    FLOW = "flow"
    REQUEST_OBJECT = "request_object"
    INITIAL_ACCESS_TOKEN = "initial_access_token"
    ACCOUNT_TRY = "account_try"
    FORM_KEY = "form_key"


spent = Table(
    "spent",
    metadata,
    Column("expiry_minute", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("expiry_minute", "kind", "digest"),
)

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Spend:
    """What must be spent before anything is given for it: which secret, by digest, and until when that is remembered.

    `expires_at` must follow from the secret itself (sealed inside it, or signed with it), so that each showing falls
    into the same row. The row is kept until a minute after.
    """

    kind: SpentKind
    digest: bytes
    expiry_minute: int

    @classmethod
    def of(cls, kind: SpentKind, *, scope: str, secret: str, expires_at: datetime) -> "Spend":
        """The digest is over the kind, the scope (for example the client) and the secret."""
        digest = hashlib.sha256("\x1f".join((kind.value, scope, secret)).encode()).digest()
        return cls(kind, digest, (expires_at - EPOCH) // MINUTE + 2)


def spending(*, when: Callable[[Given], ColumnElement[bool]] | None = None) -> Insert:
    """The step of a hot write that spends one secret, while `when` holds: its gate passes whoever is first."""
    return Insert(
        spent,
        lambda given: {
            "expiry_minute": given.c.expiry_minute,
            "kind": given.c.spent_kind,
            "digest": given.c.spent_digest,
        },
        Gate("spent_digest", spent.c.digest, once=True),
        when,
    )


SPENDING_TAKES: Takes = {"expiry_minute": BigInteger(), "spent_kind": Text(), "spent_digest": LargeBinary()}
"""What a hot write with `spending` takes for it; `spending_values` gives it."""

_SPEND = Write("spend", SPENDING_TAKES, (spending(),))


def _spent_before(rows: Rows) -> Select[Any]:
    same = and_(
        spent.c.expiry_minute == rows.c.expiry_minute,
        spent.c.kind == rows.c.spent_kind,
        spent.c.digest == rows.c.spent_digest,
    )
    return select(spent.c.kind).join(rows, same)


_IS_SPENT = Read("is_spent", SPENDING_TAKES, _spent_before)


def spending_values(one: Spend) -> dict[str, int | str | bytes]:
    """A secret as a hot write takes it."""
    return {"expiry_minute": one.expiry_minute, "spent_kind": one.kind.value, "spent_digest": one.digest}


async def spend_now(storage: Storage, spends: Sequence[Spend]) -> Spend | None:
    """Spend these secrets, committed when this returns; gives the first that was spent before, None if none was."""
    gates = await asyncio.gather(*(storage.hot.write(_SPEND, **spending_values(one)) for one in spends))
    return next((one for one, passed in zip(spends, gates, strict=True) if not passed), None)


async def spend(uow: UnitOfWork, *, kind: SpentKind, scope: str, secret: str, expires_at: datetime) -> bool:
    """True exactly once for a secret, on any number of nodes; False ever after. See `Spend`."""
    return await spend_in(uow, Spend.of(kind, scope=scope, secret=secret, expires_at=expires_at))


async def spend_in(uow: UnitOfWork, one: Spend) -> bool:
    """Spend in the transaction of an act: spent when it commits."""
    statement = (
        insert_on_conflict(spent, uow.dialect)
        .values(expiry_minute=one.expiry_minute, kind=one.kind.value, digest=one.digest)
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def is_spent(storage: Storage, one: Spend) -> bool:
    """True when it was spent before: for an early answer only, since what counts is spending it."""
    return await storage.hot.first(_IS_SPENT, **spending_values(one)) is not None


async def drop_expired_spent(uow: UnitOfWork) -> int:
    """Forget what can no longer be shown; gives how many rows went."""
    return await uow.changed(delete(spent).where(spent.c.expiry_minute < (uow.now - EPOCH) // MINUTE))
