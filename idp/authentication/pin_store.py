"""The table of PINs. Every try is paid for before it is judged: the conditional update is the gate."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, or_, select, update

from idp.authentication.model import StoredPin
from idp.authentication.rules import lock_after
from idp.kernel.ids import SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

pin = Table(
    "pin",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), primary_key=True),
    Column("hashed", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("set_at", Instant, nullable=False),
)


async def put_pin(uow: UnitOfWork, subscriber_id: SubscriberId, hashed: str) -> None:
    """The subscriber's PIN from now on; earlier failures are forgotten with the earlier PIN."""
    fresh = {"hashed": hashed, "failures": 0, "locked_until": None, "set_at": uow.now}
    await uow.execute(
        insert_on_conflict(pin, uow.dialect)
        .values(subscriber_id=subscriber_id, **fresh)
        .on_conflict_do_update(index_elements=[pin.c.subscriber_id], set_=fresh)
    )


async def take_try(uow: UnitOfWork, subscriber_id: SubscriberId) -> StoredPin | None:
    """The PIN to compare with, one try paid for; None when there is none, or it rests after too many.

    The count goes up, and the rest begins, in this one transaction: guesses made at once, on any number of nodes, are
    counted one by one.
    """
    usable = or_(pin.c.locked_until.is_(None), pin.c.locked_until <= uow.now)
    paid = (
        update(pin)
        .where(pin.c.subscriber_id == subscriber_id, usable)
        .values(failures=pin.c.failures + 1)
        .returning(pin.c.failures)
    )
    row = (await uow.execute(paid)).first()
    if row is None:
        return None
    rest = lock_after(row.failures)
    if rest is not None:
        await uow.execute(update(pin).where(pin.c.subscriber_id == subscriber_id).values(locked_until=uow.now + rest))
    stored = await uow.first(
        select(pin.c.hashed, live_subscriber(uow.now).label("is_live"))
        .join(subscriber, subscriber.c.id == pin.c.subscriber_id)
        .where(pin.c.subscriber_id == subscriber_id)
    )
    assert stored is not None
    return StoredPin(subscriber_id, stored.hashed, bool(stored.is_live))


async def clear_tries(uow: UnitOfWork, used: StoredPin) -> bool:
    """The PIN was right: tries start again. False when it was replaced meanwhile."""
    statement = update(pin).where(pin.c.subscriber_id == used.subscriber_id, pin.c.hashed == used.hashed)
    return await uow.changed(statement.values(failures=0, locked_until=None)) == 1
