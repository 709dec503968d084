from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FrozenClock
from tests.provider.enrol.world import Person, Town, open_town


@pytest.fixture
async def town(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Town]:
    async with open_town(tmp_path / "home", clock) as town:
        yield town


@pytest.fixture
async def person(town: Town) -> AsyncIterator[Person]:
    """Somebody with a browser."""
    async with town.browser() as http:
        yield Person(town, http)
