"""Fixtures every test may ask for: an empty store on either engine, and the machine's parts that tests stand on.

A part that is missing fails the run when CI is set and skips with the reason elsewhere.
"""

import gc
import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from idp.storage.storage import Storage, open_engine
from tests.blank_stores import BLANK, make_blank_postgresql, make_blank_sqlite
from tests.clock import FrozenClock
from tests.patience import PATIENCE_SECONDS
from tests.postgresql import Cluster, find_binaries

# No property is timed: machines that run tests are busy. What is tried is the same in every run; `make test-long` asks
# ten times as often, and each time something else.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", UNTIMED, derandomize=True)
settings.register_profile("long", UNTIMED, max_examples=1_000)
settings.load_profile("long" if os.environ.get("LONG") else "usual")


def pytest_collection_finish() -> None:
    """Set apart what stays for the whole run: gone through at each collection, it takes a sixth of all time."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "store.db"
    make_blank_sqlite(path)
    return path


@pytest.fixture(scope="session")
def blank_postgresql(postgresql: Cluster) -> Cluster:
    """The cluster, with a database in it that can be copied."""
    make_blank_postgresql(postgresql)
    return postgresql


@pytest.fixture
def sqlite_url(blank_sqlite: Path, tmp_path: Path) -> str:
    """A store with every table and no row."""
    return sqlite_copy(blank_sqlite, tmp_path)


def sqlite_copy(blank: Path, folder: Path) -> str:
    shutil.copyfile(blank, folder / "store.db")
    return f"sqlite+aiosqlite:///{folder}/store.db"


EITHER_ENGINE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=EITHER_ENGINE)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store with every table and no row, on each engine in turn: one suite, both stores."""
    if request.param == "sqlite":
        yield sqlite_copy(request.getfixturevalue("blank_sqlite"), tmp_path)
        return
    with database_in(request.getfixturevalue("blank_postgresql"), like=BLANK) as url:
        yield url


@pytest.fixture(params=EITHER_ENGINE)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/store.db"
        return
    with database_in(request.getfixturevalue("postgresql")) as url:
        yield url


@contextmanager
def database_in(cluster: Cluster, **how: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    yield cluster.create_database(name, **how)
    cluster.drop_database(name)


@pytest.fixture
async def storage(database_url: str, clock: FrozenClock) -> AsyncIterator[Storage]:
    """A store on each engine."""
    store = Storage(open_engine(database_url), clock)
    yield store
    await store.close()


@pytest.fixture
async def sqlite_storage(sqlite_url: str, clock: FrozenClock) -> AsyncIterator[Storage]:
    """A store on SQLite alone, for tests whose question is not the engine."""
    store = Storage(open_engine(sqlite_url), clock)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium")
    assert path is not None
    from playwright.async_api import expect  # costs who has no browser nothing

    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    return path


@pytest.fixture(scope="session")
def run_tool() -> object:
    """Run a program of the machine and give its output; fails the test when the program fails."""

    def run(*command: str) -> str:
        if shutil.which(command[0]) is None:
            missing(command[0])
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    return run
