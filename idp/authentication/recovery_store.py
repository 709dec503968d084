"""The tables of recovery codes and of recoveries. A code is a keyed digest; spending one is a conditional update."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, and_, delete, func, insert, select, update

from idp.kernel.ids import SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("made_at", Instant, nullable=False),
    Column("spent_at", Instant),
)

recovery = Table(
    "recovery",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), primary_key=True),
    Column("cooling_until", Instant, nullable=False),
)


async def replace_codes(uow: UnitOfWork, subscriber_id: SubscriberId, digests: Sequence[bytes]) -> None:
    """These codes from now on; those made before are gone."""
    await uow.execute(delete(recovery_code).where(recovery_code.c.subscriber_id == subscriber_id))
    if digests:
        rows = [{"digest": digest, "subscriber_id": subscriber_id, "made_at": uow.now} for digest in digests]
        await uow.execute(insert(recovery_code).values(rows))


async def unspent_codes(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """How many codes the subscriber has left."""
    mine = and_(recovery_code.c.subscriber_id == subscriber_id, recovery_code.c.spent_at.is_(None))
    row = await uow.first(select(func.count().label("left")).select_from(recovery_code).where(mine))
    return 0 if row is None else int(row.left)


async def spend_code(uow: UnitOfWork, subscriber_id: SubscriberId, digest: bytes) -> bool:
    """True exactly once for a code, for its owner only (nevers, 2): the conditional update is the gate."""
    mine = and_(recovery_code.c.subscriber_id == subscriber_id, recovery_code.c.digest == digest)
    statement = update(recovery_code).where(mine, recovery_code.c.spent_at.is_(None)).values(spent_at=uow.now)
    return await uow.changed(statement) == 1


async def save_recovery(uow: UnitOfWork, subscriber_id: SubscriberId, *, cooling_until: datetime) -> None:
    """The subscriber came back without a passkey; a later recovery counts in place of an earlier one."""
    fresh = {"cooling_until": cooling_until}
    await uow.execute(
        insert_on_conflict(recovery, uow.dialect)
        .values(subscriber_id=subscriber_id, **fresh)
        .on_conflict_do_update(index_elements=[recovery.c.subscriber_id], set_=fresh)
    )


async def cooling_until(uow: UnitOfWork, subscriber_id: SubscriberId) -> datetime | None:
    """Until when acts of high risk must wait, None when nothing was ever recovered."""
    row = await uow.first(select(recovery.c.cooling_until).where(recovery.c.subscriber_id == subscriber_id))
    return None if row is None else row.cooling_until
