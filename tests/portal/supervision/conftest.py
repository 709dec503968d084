from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FrozenClock
from tests.gateway.conftest import sealer, sealing
from tests.portal.auditing.house import PortalHouse, Seeded, open_portal

__all__ = ["sealer", "sealing"]


@pytest.fixture
async def portal(seeded: Seeded, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[PortalHouse]:
    async with open_portal(seeded, tmp_path / "home", clock) as portal:
        yield portal
