"""Leases: one worker at a time does a job; the fence rises with each taking, so that a late holder can be told."""

from datetime import timedelta

from sqlalchemy import BigInteger, Column, Table, Text, or_

from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
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
    first = insert_on_conflict(lease, uow.dialect).values(
        name=name, holder=holder, fence=1, expires_at=uow.now + for_how_long
    )
    # one statement: whoever holds it, or finds it free, has it when this returns
    taken = first.on_conflict_do_update(
        index_elements=[lease.c.name],
        set_={"holder": holder, "fence": lease.c.fence + 1, "expires_at": uow.now + for_how_long},
        where=or_(lease.c.holder == holder, lease.c.expires_at <= uow.now),
    )
    row = await uow.first(taken.returning(lease.c.fence))
    return None if row is None else int(row.fence)
