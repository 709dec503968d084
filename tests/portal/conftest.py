import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import World, simulated_registry
from tests.portal.auditing.house import Seeded, make_seeded
from tests.portal.office import Office


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A whole house, seeded once; tests copy it."""
    return asyncio.run(make_seeded(tmp_path_factory.mktemp("seeded") / "home"))


@pytest.fixture
async def world(sqlite_storage: Storage, clock: FrozenClock) -> AsyncIterator[World]:
    """A furnished registration office."""
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(sqlite_storage, clock, http, switchboard)
        await world.furnish()
        yield world


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    """The portal of that registration office."""
    folder = tmp_path / "assets"
    folder.mkdir()
    return Office(world, folder)
