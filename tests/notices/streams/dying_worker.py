"""`python -m tests.notices.streams.dying_worker DATABASE_URL`: one turn of deliveries, for tests that kill it in it."""

import asyncio
import sys

from idp.storage.storage import Storage, open_engine
from tests.clock import FrozenClock
from tests.notices.streams.office import Office


async def one_turn(database_url: str) -> None:
    """Send what is due, by the clock of the tests."""
    storage = Storage(open_engine(database_url), FrozenClock())
    await Office(storage, FrozenClock()).deliveries.send_due()
    await storage.close()


if __name__ == "__main__":
    asyncio.run(one_turn(sys.argv[1]))
