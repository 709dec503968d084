"""Equal questions of one pull at the same moment are one question: it counts once against the registry's quota."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from connectors.gdx.fields import Fields


class Flights:
    """Who asks while the same question is under way waits for its answer; an answer that has landed is not kept."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Fields]] = {}
        self._passengers: dict[Hashable, int] = {}

    async def join(self, key: Hashable, take_off: Callable[[], Coroutine[Any, Any, Fields]]) -> Fields:
        """The answer of the flight with this key, started by the first. The last who gives up ends it."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = asyncio.create_task(take_off())
            self._passengers[key] = 0
        self._passengers[key] += 1
        try:
            return await asyncio.shield(flight)
        finally:
            self._leave(key, flight)

    def _leave(self, key: Hashable, flight: asyncio.Task[Fields]) -> None:
        if self._under_way.get(key) is not flight:
            return
        self._passengers[key] -= 1
        if flight.done() or self._passengers[key] == 0:
            flight.cancel()
            del self._under_way[key], self._passengers[key]
