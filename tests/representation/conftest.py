"""The world on either engine, and on SQLite alone."""

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.representation.world import World


@pytest.fixture
def world(storage: Storage, clock: FrozenClock) -> World:
    return World(storage, clock)


@pytest.fixture
def small_world(sqlite_storage: Storage, clock: FrozenClock) -> World:
    return World(sqlite_storage, clock)
