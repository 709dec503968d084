"""One HTTP exchange with a registry: never longer than the deadline, never larger than the limit, no redirect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx2

from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable

LARGEST_ANSWER: Final = 1_048_576
"""Bytes after decompression; a profile is a few thousand."""


@dataclass(frozen=True, slots=True, repr=False)
class WireAnswer:
    """Status and whole body of an answer."""

    status: int
    body: bytes


@asynccontextmanager
async def within(deadline_seconds: float) -> AsyncIterator[None]:
    """Everything inside shares this many seconds. Raises RegistryUnavailable when they have passed."""
    try:
        async with asyncio.timeout(deadline_seconds):
            yield
    except TimeoutError:
        raise RegistryUnavailable("no whole answer within the deadline") from None


async def exchange(http: httpx2.AsyncClient, request: httpx2.Request, *, largest: int = LARGEST_ANSWER) -> WireAnswer:
    """Send the request and read the answer. Raises RegistryUnavailable when there is no whole, bounded answer."""
    body = bytearray()
    try:
        response = await http.send(request, stream=True, follow_redirects=False)
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > largest:
                    raise RegistryUnavailable("the answer is larger than any record", outcome=RegistryOutcome.TOO_LARGE)
        finally:
            await response.aclose()
    except httpx2.HTTPError as error:
        # the cause holds the URL, and the URL a citizen's number: only its kind goes on
        raise RegistryUnavailable(f"the exchange failed: {type(error).__name__}") from None
    return WireAnswer(response.status_code, bytes(body))
