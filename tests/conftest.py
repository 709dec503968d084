"""Fixtures every test may ask for: an empty store on either engine, and the machine's parts that tests stand on.

A part that is missing fails the run when CI is set and skips with the reason elsewhere.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from idp.storage.metadata import metadata
from idp.storage.storage import Storage, open_engine
from tests.clock import FrozenClock
from tests.postgresql import Cluster, find_binaries

# No property is timed: machines that run tests are busy. `make test-long` asks every property ten times as often.
settings.register_profile("usual", deadline=None)
settings.register_profile("long", max_examples=1_000, deadline=None)
settings.load_profile("long" if os.environ.get("LONG") else "usual")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def missing(part: str) -> None:
    """Say that a part of the machine is not there: loudly in CI, as a skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs {part}")
    pytest.skip(f"needs {part}")


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        missing("a PostgreSQL server (initdb, pg_ctl)")
    assert binaries is not None
    with Cluster.started(binaries) as cluster:
        yield cluster


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/store.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on each engine in turn: one suite, both stores."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/store.db"
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    name = f"test_{secrets.token_hex(6)}"
    yield cluster.create_database(name)
    cluster.drop_database(name)


@pytest.fixture
async def storage(database_url: str, clock: FrozenClock) -> AsyncIterator[Storage]:
    """A migrated store on each engine."""
    store = Storage(open_engine(database_url), clock)
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield store
    await store.close()


@pytest.fixture
async def sqlite_storage(sqlite_url: str, clock: FrozenClock) -> AsyncIterator[Storage]:
    """A migrated store on SQLite alone, for tests whose question is not the engine."""
    store = Storage(open_engine(sqlite_url), clock)
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def run_tool() -> object:
    """Run a program of the machine and give its output; fails the test when the program fails."""

    def run(*command: str) -> str:
        if shutil.which(command[0]) is None:
            missing(command[0])
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    return run
