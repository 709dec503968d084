"""Nodes as processes: two providers and a gateway on one store, and what a request costs them in CPU time."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.commands import Running, started
from tests.patience import eventually
from tests.provider.oidc.world import GATEWAY, ISSUER


@dataclass(frozen=True)
class Node:
    """A running process and the port of its one door."""

    process: Running
    port: int
    log: Path

    def cpu_seconds(self) -> float:
        """The CPU time that the process has used so far, by its own clock (as clock_getcpuclockid(3) names it)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)


class AtNodes(httpx2.AsyncBaseTransport):
    """The proxy before the nodes: what is for an origin goes to the port behind it."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        behind = request.url.copy_with(host="127.0.0.1", port=self._ports[origin])
        return await self._inner.handle_async_request(
            httpx2.Request(
                request.method, behind, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    async def aclose(self) -> None:
        """The connections outlive a browser; `close_connections` ends them."""

    async def close_connections(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def serving(home: Path, *parts: str, database_url: str = "") -> AsyncIterator[list[Node]]:
    """Doors of the house, each as a process of its own, until the block ends."""
    nodes = [_started(home, part, database_url) for part in parts]
    try:
        for node in nodes:
            await _until_it_answers(node)
        yield nodes
    finally:
        for node in nodes:
            node.process.terminate()
        for node in nodes:
            node.process.wait(30)


def _started(home: Path, part: str, database_url: str) -> Node:
    port, log = _free_port(), home / f"{part}-{os.urandom(4).hex()}.log"
    arguments = ["serve", "--profile", "conformance", "--only", part]
    arguments += ["--issuer", ISSUER, "--listen", f"127.0.0.1:{port}", "--home", str(home)]
    environment = {"IDP_ASSETS": str(home / "assets"), "IDP_GATEWAY_URL": GATEWAY, "IDP_DATABASE_URL": database_url}
    return Node(started(*arguments, log=log, environment=environment), port, log)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def _until_it_answers(node: Node) -> None:
    async def answers() -> bool:
        assert node.process.poll() is None, f"the node did not start:\n{node.log.read_text('utf-8')[-4000:]}"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", node.port)
        except OSError:
            return False
        writer.close()
        return True

    await eventually(answers, "the node does not answer")
