"""The outbox: what an act causes above its room, written in the act's own transaction and handed on by the worker.

Delivery is at least once: a handler must bear to see a row twice. Payloads hold ids only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Integer, Table, Text, delete, insert, select, update

from idp.kernel.ids import new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("payload", JsonText, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A row to be handed to the room above."""

    id: str
    topic: str
    payload: Mapping[str, str]
    attempts: int


async def enqueue(
    uow: UnitOfWork,
    *,
    topic: str,
    payload: Mapping[str, str],
    after: timedelta = timedelta(0),
    randomness: Randomness = system_randomness,
) -> None:
    """Write a message in the act's own transaction; it is handed on when `after` has passed."""
    row_id, due_at = new_id("out", now=uow.now, randomness=randomness), uow.now + after
    await uow.execute(insert(outbox).values(id=row_id, topic=topic, payload=dict(payload), due_at=due_at, attempts=0))


async def claim(uow: UnitOfWork, *, limit: int, retry_after: timedelta) -> Sequence[OutboxMessage]:
    """Take due messages for a while: another worker sees them again only when `retry_after` has passed."""
    due = select(outbox).where(outbox.c.due_at <= uow.now).order_by(outbox.c.attempts, outbox.c.due_at).limit(limit)
    if uow.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    rows = await uow.all(due)
    if rows:
        again: datetime = uow.now + retry_after
        taken = outbox.c.id.in_([row.id for row in rows])
        await uow.execute(update(outbox).where(taken).values(due_at=again, attempts=outbox.c.attempts + 1))
    return [OutboxMessage(row.id, row.topic, row.payload, row.attempts) for row in rows]


async def settle(uow: UnitOfWork, message_id: str) -> None:
    """The message was handed on."""
    await uow.execute(delete(outbox).where(outbox.c.id == message_id))
