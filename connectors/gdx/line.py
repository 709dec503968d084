"""The way to one registry: connections, breaker, queue and retries, which no other registry's trouble touches."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import httpx2

from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable
from connectors.gdx.breaker import Breaker
from connectors.gdx.bulkhead import Bulkhead
from connectors.gdx.exchange import LARGEST_ANSWER, WireAnswer, exchange, within
from connectors.gdx.flights import Flights
from connectors.gdx.retries import PAUSE_SECONDS, RetryBudget

_AWAY_FOR_A_MOMENT: Final = frozenset({502, 503, 504})
"""What a gateway says for a registry that may be back at the next try."""


class Line:
    """One per registry and process; sessions that are given the same one share it."""

    def __init__(self, *, http: httpx2.AsyncClient, clock: Callable[[], datetime]) -> None:
        self.http = http
        self.clock = clock
        self.flights = Flights()
        self._breakers: dict[str, Breaker] = {}
        self._bulkhead = Bulkhead()
        self._retries = RetryBudget()

    @asynccontextmanager
    async def conversation(self, *, service: str, deadline_seconds: float) -> AsyncIterator[None]:
        """Around one question to a service and its whole answer, log-in and retries included.

        Each service has its own breaker, so that a broken one closes none of the others; turns and saved retries are
        the registry's. Raises RegistryUnavailable when the deadline has passed or the service's breaker is open,
        RegistryBusy when the queue is full.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + deadline_seconds
        # the queue stands outside the breaker: being full is this machine's state, not the registry's
        async with self._bulkhead.place(deadline_seconds=deadline_seconds):
            with self._breaker_of(service).attempt(seconds=deadline_seconds):
                async with within(ends_at - loop.time()):
                    yield
        self._retries.earn()

    def _breaker_of(self, service: str) -> Breaker:
        # the services of a registry are a list in a program: nobody who asks adds to it
        return self._breakers.setdefault(service, Breaker(clock=self.clock))

    async def carry(self, request: httpx2.Request, *, largest: int = LARGEST_ANSWER) -> WireAnswer:
        """Send the request, once more when the line broke and a retry was saved. Raises RegistryUnavailable."""
        try:
            answer = await exchange(self.http, request, largest=largest)
        except RegistryUnavailable as failure:
            # what is too large is so again
            if failure.outcome is RegistryOutcome.TOO_LARGE or not self._retries.spend():
                raise
        else:
            if answer.status not in _AWAY_FOR_A_MOMENT or not self._retries.spend():
                return answer
        await asyncio.sleep(PAUSE_SECONDS)
        return await exchange(self.http, request, largest=largest)
