from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FrozenClock
from tests.notices.streams.town import Mailbox, Town, mailbox, open_town


@pytest.fixture
async def town(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Town]:
    async with open_town(tmp_path / "home", clock) as opened:
        yield opened


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as opened:
        yield opened
