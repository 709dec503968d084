"""The issuer of these tests: seeded once, each test on its own copy of the store."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.app.schema import all_tables
from idp.storage.storage import Storage, open_engine
from tests.clock import FrozenClock
from tests.provider.oidc.program import Program
from tests.provider.oidc.sowing import make_world
from tests.provider.oidc.world import Seed, World, build


@pytest.fixture(scope="session")
async def seeded_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seed]:
    path = tmp_path_factory.mktemp("seeded") / "store.db"
    store = Storage(open_engine(f"sqlite+aiosqlite:///{path}"), FrozenClock())
    async with store.engine.begin() as connection:
        await connection.run_sync(all_tables().create_all)
    world = await make_world(store, FrozenClock())
    await store.close()
    return path, world.sown


@pytest.fixture
async def world(seeded_store: tuple[Path, Seed], tmp_path: Path, clock: FrozenClock) -> AsyncIterator[World]:
    path, seed = seeded_store
    shutil.copy(path, tmp_path / "store.db")
    store = Storage(open_engine(f"sqlite+aiosqlite:///{tmp_path}/store.db"), clock)
    yield build(store, clock, seed)
    await store.close()


@pytest.fixture
def jobs(world: World) -> Program:
    return Program(world)
