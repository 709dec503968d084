"""A closed loop of HTTP/1.1 connections, each with one operation under way at a time."""

import asyncio
import base64
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

ENDPOINTS = (
    "pushed_authorization_request_endpoint",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "introspection_endpoint",
    "jwks_uri",
)


class WrongAnswer(Exception):
    """The server answered, but not what the operation needs."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Target:
    """Where the server's endpoints are and who asks."""

    host: str
    port: int
    paths: Mapping[str, str]
    client: Mapping[str, str]
    cookies: Sequence[str]

    @property
    def basic(self) -> str:
        """RFC 6749 §2.3.1."""
        pair = f"{quote_plus(self.client['client_id'])}:{quote_plus(self.client['client_secret'])}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


def discover(issuer: str, client: Mapping[str, str], cookies: Sequence[str]) -> Target:
    """A target by its metadata."""
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
        metadata = json.load(answer)
    address = urlsplit(issuer)
    paths = {name: urlsplit(metadata[name]).path for name in ENDPOINTS}
    return Target(str(address.hostname), int(address.port or 80), paths, client, cookies)


class Connection:
    """One kept-alive connection; remembers how long each request took."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.seconds: list[float] = []
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, endpoint: str, query: str = "", **headers: str) -> Answer:
        return await self._exchange("GET", self.target.paths[endpoint] + query, b"", headers)

    async def post(self, endpoint: str, form: Mapping[str, str]) -> Answer:
        """As the client, by client_secret_basic."""
        headers = {"Authorization": self.target.basic, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._exchange("POST", self.target.paths[endpoint], urlencode(form).encode(), headers)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()
            self._reader = self._writer = None

    async def _exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.target.host}:{self.target.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self.target.host, self.target.port)
        started = time.perf_counter()
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await _read_answer(self._reader)
        self.seconds.append(time.perf_counter() - started)
        return answer


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    return Answer(int(head[0].split()[1]), fields.get("location", ""), body)


Operation = Callable[[Connection], Awaitable[None]]


@dataclass
class Tally:
    """What a run of one operation came to."""

    good: int = 0
    bad: int = 0
    seconds: float = 0.0
    request_seconds: list[float] = field(default_factory=list)

    @property
    def p99_ms(self) -> float:
        ordered = sorted(self.request_seconds) or [0.0]
        return ordered[len(ordered) * 99 // 100] * 1000


async def drive(target: Target, operations: Sequence[Operation], *, seconds: float) -> Tally:
    """Run each operation in a loop on a connection of its own until the time is over."""
    tally, started = Tally(), time.perf_counter()

    async def loop(operation: Operation) -> None:
        connection = Connection(target)
        while time.perf_counter() - started < seconds:
            try:
                await operation(connection)
                tally.good += 1
            except (WrongAnswer, OSError, asyncio.IncompleteReadError, ValueError, KeyError):
                tally.bad += 1
                await connection.close()
        tally.request_seconds += connection.seconds
        await connection.close()

    await asyncio.gather(*(loop(operation) for operation in operations))
    tally.seconds = time.perf_counter() - started
    return tally
