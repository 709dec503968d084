"""Telling the provider how far a read has come, for whoever waits at the screen: a real card takes seconds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from connectors.card.agent.mail import AgentRejected, ProviderUnreachable
from connectors.contracts.card import Progress

TOLD_EVERY_SECONDS: Final = 0.3
"""A read that is over sooner is not told about at all."""


@asynccontextmanager
async def told(send: Callable[[int], Awaitable[None]], *, beside: Progress) -> AsyncIterator[Progress]:
    """A callback for the reading thread: says it `beside` as well, and now and then the percentage by `send`.

    What cannot be sent is left out: the next one says more, and the answer itself says all.
    """
    done = 0.0

    def note(now_done: float) -> None:
        nonlocal done
        done = now_done
        beside(now_done)

    async def tell() -> None:
        said = 0
        while True:
            await asyncio.sleep(TOLD_EVERY_SECONDS)
            percent = min(99, int(done * 100))
            if percent > said:
                with suppress(ProviderUnreachable, AgentRejected):
                    await send(percent)
                said = percent

    telling = asyncio.create_task(tell())
    try:
        yield note
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
