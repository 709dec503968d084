"""A node whose clock is off writes nothing until it is right again."""

import pytest

from idp.kernel.clock import SystemClock
from idp.kernel.errors import Unavailable
from idp.storage.clock_watch import watch_clock
from idp.storage.model import StorageProblem
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage
from tests.clock import FrozenClock


async def write(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        await enqueue(uow, topic="t", payload={})


@pytest.mark.parametrize("offset", [-2.5, 2.5])
async def test_a_node_off_the_database_takes_no_writes(storage: Storage, clock: FrozenClock, offset: float) -> None:
    clock.advance((SystemClock().now() - clock.now()).total_seconds())
    await watch_clock(storage)
    await write(storage)
    clock.advance(offset)
    await watch_clock(storage)
    if storage.engine.dialect.name == "sqlite":  # its clock is the node's
        await write(storage)
        return
    with pytest.raises(Unavailable) as refused:
        await write(storage)
    assert refused.value.code is StorageProblem.CLOCK_IS_OFF
    clock.advance(-offset)
    await watch_clock(storage)
    await write(storage)
