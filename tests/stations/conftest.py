from collections.abc import AsyncIterator

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import World, simulated_registry


@pytest.fixture
async def world(sqlite_storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    """A furnished registration office."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.furnish()
        yield world
