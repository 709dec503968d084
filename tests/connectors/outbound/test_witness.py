"""A witness that answers, but never to the end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connectors.contracts.witness import WitnessUnavailable
from connectors.outbound.witness import WitnessClient
from tests.connectors.authority.serving import served

pytestmark = pytest.mark.anyio


async def trickle(request: Request) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.02)

    return StreamingResponse(drops())


async def test_a_witness_that_trickles_holds_nobody_up_beyond_the_deadline() -> None:
    with served([Route("/w1/add-checkpoint", trickle, methods=["POST"])]) as url:
        client = WitnessClient(submission_prefix=f"{url}/w1", deadline_seconds=0.5)
        with pytest.raises(WitnessUnavailable, match="TimeoutError"):
            await client.add_checkpoint("old 0\n\n")
