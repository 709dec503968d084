"""Client of one witness (C2SP tlog-witness) at an address the operator chose. One attempt, a deadline, 64 KB."""

import asyncio
import re
from typing import Final

import httpx2

from connectors.contracts.witness import WitnessElsewhere, WitnessUnavailable
from connectors.outbound.client import outbound_client

LARGEST_ANSWER: Final = 64 * 1024
DEADLINE_SECONDS: Final = 10.0
"""For the whole answer: a witness that trickles holds nobody up."""
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n")


class WitnessClient:
    """Fulfils `connectors.contracts.witness.CheckpointWitness`."""

    def __init__(self, *, submission_prefix: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline_seconds = deadline_seconds
        self._url = f"{submission_prefix.rstrip('/')}/add-checkpoint"

    async def add_checkpoint(self, body: str) -> str:
        """Signature lines, not yet verified. Raises WitnessElsewhere, WitnessUnavailable."""
        try:
            async with (
                asyncio.timeout(self._deadline_seconds),
                outbound_client() as http,
                http.stream("POST", self._url, content=body.encode()) as response,
            ):
                text = await _bounded(response)
        except (httpx2.HTTPError, UnicodeDecodeError, TimeoutError) as fault:
            raise WitnessUnavailable(f"the witness gave no answer: {type(fault).__name__}") from fault
        # tlog-witness, add-checkpoint: "If it doesn't match, the witness MUST respond with a "409 Conflict" HTTP status
        # code. The response body MUST consist of the tree size of the latest cosigned checkpoint in decimal"
        if response.status_code == httpx2.codes.CONFLICT and (size := _SIZE.fullmatch(text)) is not None:
            raise WitnessElsewhere(int(size[1]))
        if response.status_code != httpx2.codes.OK:
            raise WitnessUnavailable(f"the witness answered HTTP {response.status_code}")
        return text


async def _bounded(response: httpx2.Response) -> str:
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise WitnessUnavailable("the witness's answer is too long")
    return content.decode()
