import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FrozenClock
from tests.provider.enrol.world import Person, Town, open_town


@pytest.fixture(scope="session")
async def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An issuer's home with its keys, its tables and its assets, for each town to move into."""
    home = tmp_path_factory.mktemp("town") / "home"
    async with open_town(home, FrozenClock()):
        return home


@pytest.fixture
async def town(prepared_home: Path, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Town]:
    shutil.copytree(prepared_home, tmp_path / "home")
    async with open_town(tmp_path / "home", clock) as town:
        yield town


@pytest.fixture
async def person(town: Town) -> AsyncIterator[Person]:
    """Somebody with a browser."""
    async with town.browser() as http:
        yield Person(town, http)
