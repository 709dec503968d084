from collections.abc import AsyncIterator

import pytest

from tests.gateway.bridge.world import Bridge, open_bridge
from tests.gateway.counter import Counter, open_counter
from tests.gateway.door import Door


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


@pytest.fixture
async def bridge(counter: Counter) -> AsyncIterator[Bridge]:
    async with open_bridge(counter) as opened:
        yield opened
