import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.attacks.house import House, open_house
from tests.clock import FrozenClock
from tests.gateway.agency.caretaker import Caretaker, open_office


@pytest.fixture(scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house for all; each test has agencies of its own in it."""
    home: Path = tmp_path_factory.mktemp("offices") / "home"
    async with open_house(home, FrozenClock()) as opened:
        yield opened


@pytest.fixture
async def caretaker(house: House) -> Caretaker:
    return await open_office(house, f"office-{secrets.token_hex(4)}")


@pytest.fixture
async def rival(house: House) -> Caretaker:
    return await open_office(house, f"rival-{secrets.token_hex(4)}")
