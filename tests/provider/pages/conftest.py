from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.provider.pages.house import House, Visitor, open_house


@pytest.fixture(scope="session")
def asset_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assets") / "web"


@pytest.fixture
async def house(sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[House]:
    async with open_house(sqlite_storage, clock, asset_folder) as house:
        yield house


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    visitor = house.visitor()
    async with visitor.http:
        yield visitor


@pytest.fixture
async def citizen(visitor: Visitor) -> Visitor:
    """Somchai with a passkey, signed in."""
    await visitor.add_passkey()
    await visitor.sign_in()
    return visitor
