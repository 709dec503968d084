"""Lines that real registries have on bad days: servers on a loopback port that answer raw bytes, or do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Line = Callable[[asyncio.StreamWriter], Awaitable[None]]


def saying(raw: bytes) -> Line:
    """Answers these bytes and hangs up."""

    async def line(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return line


async def mute(writer: asyncio.StreamWriter) -> None:
    """Takes the request and never answers."""
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time: no single wait is long, the whole is."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(writer: asyncio.StreamWriter) -> None:
    """Never stops answering."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def resetting(writer: asyncio.StreamWriter) -> None:
    """Tears the connection down."""
    writer.transport.abort()


class Server:
    """Where the line is, and how many requests came."""

    def __init__(self) -> None:
        self.base_url = ""
        self.requests = 0


@asynccontextmanager
async def answering(line: Line) -> AsyncIterator[Server]:
    """Every connection gets this line."""
    server = Server()
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            server.requests += 1
            await line(writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await listener.wait_closed()
