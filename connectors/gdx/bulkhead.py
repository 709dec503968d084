"""A place in the queue for one registry: so many questions at once, so many waiting, everybody else is told at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.contracts.errors import RegistryBusy
from connectors.gdx.exchange import within


class Bulkhead:
    """`running` questions are under way, `waiting` more wait their turn; one per registry and process."""

    def __init__(self, *, running: int = 20, waiting: int = 200) -> None:
        self._turns = asyncio.Semaphore(running)
        self._most = running + waiting
        self._inside = 0

    @asynccontextmanager
    async def place(self, *, deadline_seconds: float) -> AsyncIterator[None]:
        """Around one question. Raises RegistryBusy when the queue is full, RegistryUnavailable when no turn came."""
        if self._inside >= self._most:
            raise RegistryBusy("too many questions at once")
        self._inside += 1
        try:
            async with within(deadline_seconds):
                await self._turns.acquire()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._inside -= 1
