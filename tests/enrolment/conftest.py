from collections.abc import AsyncIterator

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import World, simulated_registry


@pytest.fixture
def registry_seconds() -> float:
    """A busy machine is no silent registry."""
    return 30.0


@pytest.fixture
async def world(sqlite_storage: Storage, clock: FrozenClock, registry_seconds: float) -> AsyncIterator[World]:
    """A furnished registration office."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard, registry_seconds=registry_seconds)
        await world.furnish()
        yield world


@pytest.fixture
async def either(storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    """A furnished registration office on each engine."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(storage, clock, http, switchboard)
        await world.furnish()
        yield world
