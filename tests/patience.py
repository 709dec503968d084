"""Waiting for what another process or thread does: until it has happened, however busy the machine.

No test judges how long something took. What must not last is held back by the test until its own end instead: who
would wait for it finds the test's time over (`timeout` in pyproject.toml).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

PATIENCE_SECONDS: Final = 90.0
"""After this long it will not happen any more. Costs nothing where it does."""

_LOOK_EVERY_SECONDS: Final = 0.02


def until(condition: Callable[[], object], complaint: str = "waited in vain") -> None:
    """Come back when the condition holds; fails the test with the complaint when it does not."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, complaint
        time.sleep(_LOOK_EVERY_SECONDS)


async def becomes_true(condition: Callable[[], object], complaint: str = "waited in vain") -> None:
    """The same where the test and what it waits for share a loop."""

    async def asked() -> object:
        return condition()

    await eventually(asked, complaint)


async def eventually(condition: Callable[[], Awaitable[object]], complaint: str = "waited in vain") -> None:
    """The same for a condition that has to be awaited."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        assert time.monotonic() < ends_at, complaint
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
