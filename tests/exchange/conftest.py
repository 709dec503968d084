from collections.abc import AsyncIterator

import pytest

from connectors.simulators.switchboard import Switchboard
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import World, registries_of


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard()


@pytest.fixture
async def world(sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard) -> AsyncIterator[World]:
    async with registries_of(clock, switchboard) as http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.settle()
        yield world


@pytest.fixture
async def world_on_each_engine(storage: Storage, clock: FrozenClock, switchboard: Switchboard) -> AsyncIterator[World]:
    async with registries_of(clock, switchboard) as http:
        world = World(storage, clock, http, switchboard)
        await world.settle()
        yield world
