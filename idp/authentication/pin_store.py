"""The table of PINs. How often one may be guessed is in `tries`."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, Text, delete, select

from idp.authentication.model import StoredPin
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
    Column("set_at", Instant, nullable=False),
)


async def put_pin(uow: UnitOfWork, subscriber_id: SubscriberId, hashed: str) -> None:
    """The subscriber's PIN from now on."""
    fresh = {"hashed": hashed, "set_at": uow.now}
    await uow.execute(
        insert_on_conflict(pin, uow.dialect)
        .values(subscriber_id=subscriber_id, **fresh)
        .on_conflict_do_update(index_elements=[pin.c.subscriber_id], set_=fresh)
    )


async def delete_pin(uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
    """False when there was none."""
    return await uow.changed(delete(pin).where(pin.c.subscriber_id == subscriber_id)) == 1


async def pin_set_at(uow: UnitOfWork, subscriber_id: SubscriberId) -> datetime | None:
    """When the present PIN was chosen, None without one."""
    row = await uow.first(select(pin.c.set_at).where(pin.c.subscriber_id == subscriber_id))
    return None if row is None else row.set_at


async def find_pin(uow: UnitOfWork, subscriber_id: SubscriberId | None) -> StoredPin | None:
    """The PIN to compare with. The same statement runs for nobody."""
    row = await uow.first(
        select(pin.c.subscriber_id, pin.c.hashed, live_subscriber(uow.now).label("is_live"))
        .join(subscriber, subscriber.c.id == pin.c.subscriber_id)
        .where(pin.c.subscriber_id == (subscriber_id or ""))
    )
    return None if row is None else StoredPin(SubscriberId(row.subscriber_id), row.hashed, bool(row.is_live))
