"""Leases: one worker at a time does a job; the fence rises with each taking, so that a late holder can be told."""

from datetime import timedelta

from sqlalchemy import BigInteger, Column, Table, Text, or_, select, update

from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import EPOCH, Instant, metadata
from idp.storage.storage import UnitOfWork

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
)


async def take_lease(uow: UnitOfWork, *, name: str, holder: str, for_how_long: timedelta) -> int | None:
    """The fence number while `holder` has the lease, None while another one has it. Taking again prolongs it."""
    fresh = insert_on_conflict(lease, uow.dialect).values(name=name, holder="", fence=0, expires_at=EPOCH)
    await uow.execute(fresh.on_conflict_do_nothing())
    free = or_(lease.c.holder == holder, lease.c.expires_at <= uow.now)
    taken = (
        update(lease)
        .where(lease.c.name == name, free)
        .values(holder=holder, fence=lease.c.fence + 1, expires_at=uow.now + for_how_long)
    )
    if await uow.changed(taken) == 0:
        return None
    row = await uow.first(select(lease.c.fence).where(lease.c.name == name))
    return None if row is None else int(row.fence)
