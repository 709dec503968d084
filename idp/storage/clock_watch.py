"""A node more than two seconds off the database issues nothing (design, section 6, Clock).

Expiry is judged by each node's own clock, and spent secrets are forgotten by it: where that clock is wrong a code would
live too long, or be spent twice. SQLite has no clock but the node's.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from idp.kernel.errors import Unavailable
from idp.storage.model import StorageProblem
from idp.storage.storage import Storage

LARGEST_OFFSET = timedelta(seconds=2)


async def watch_clock(storage: Storage) -> None:
    """Compare the clocks once: from now on the store takes writes from this node only if they agree."""
    if storage.engine.dialect.name == "sqlite":
        return
    before = storage.clock.now()
    async with storage.reading() as uow:
        row = await uow.first(select(func.clock_timestamp()))
    after = storage.clock.now()
    assert row is not None
    database: datetime = row[0]
    # the answer was true at some moment between the two: what cannot be explained by the way is the offset
    is_off = database < before - LARGEST_OFFSET or database > after + LARGEST_OFFSET
    storage.refuse_writes(Unavailable(StorageProblem.CLOCK_IS_OFF) if is_off else None)
