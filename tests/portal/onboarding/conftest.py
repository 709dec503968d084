from collections.abc import AsyncIterator

import pytest

from tests.clock import FrozenClock
from tests.portal.auditing.house import Seeded, open_portal
from tests.portal.onboarding.agency import Onboarded


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the house of a module."""
    return "asyncio"


@pytest.fixture(scope="module")
async def house(
    seeded: Seeded, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Onboarded]:
    """A portal with two administrators of the platform, and a person who applies; one for all tests of a module."""
    home = tmp_path_factory.mktemp("onboarding") / "home"
    async with open_portal(seeded, home, FrozenClock()) as portal:
        yield await Onboarded.open(portal)
