"""The gateway session: log-in, renewal, deadline, bad lines and what every code means (facts: sections 3.2, 3.3)."""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryError,
    RegistryRefused,
    RegistryUnavailable,
)
from connectors.gdx import URL_LOGGERS
from connectors.gdx.exchange import LARGEST_ANSWER
from connectors.gdx.session import GdxCredentials, GdxSession
from tests.clock import FrozenClock
from tests.connectors.gdx.lines import Line, answering, dripping, endless, mute, resetting, saying
from tests.connectors.simulators.serving import served
from tests.connectors.written_lines import written_lines
from tests.patience import becomes_true

pytestmark = pytest.mark.anyio

CREDENTIALS = GdxCredentials(consumer_key="key", consumer_secret="secret", agent_id="system")
NUMBER = {"CitizenID": "1009900000011"}


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


class Gateway:
    """A gateway that gives numbered tokens and then answers as told."""

    def __init__(self, *, status: int = 200, body: bytes = b'{"CitizenID":"1"}') -> None:
        self.answer = Response(body, status)
        self.log_ins = 0
        self.calls: list[Mapping[str, str]] = []
        self.live: set[str] = set()
        self.application = Starlette(
            routes=[Route("/ws/auth/validate", self.log_in), Route("/record", self.record)],
        )

    async def log_in(self, request: Request) -> Response:
        assert dict(request.query_params) == {"ConsumerSecret": "secret", "AgentID": "system"}
        self.log_ins += 1
        self.live.add(f"token-{self.log_ins}")
        return JSONResponse({"Result": f"token-{self.log_ins}"})

    async def record(self, request: Request) -> Response:
        self.calls.append(dict(request.headers))
        if request.headers["token"] not in self.live:
            return JSONResponse({"Message": "UnauthorizedException: token not found"}, 401)
        return self.answer

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.application))


def session_of(http: httpx2.AsyncClient, clock: FrozenClock, base_url: str = "http://gateway") -> GdxSession:
    return GdxSession(base_url=base_url, credentials=CREDENTIALS, http=http, clock=clock.now)


async def ask(session: GdxSession, *, deadline_seconds: float = 5.0) -> Mapping[str, object]:
    return await session.get("/record", NUMBER, deadline_seconds=deadline_seconds)


async def test_one_token_serves_many_calls(clock: FrozenClock) -> None:
    gateway = Gateway()
    async with gateway.client() as client:
        session = session_of(client, clock)
        await asyncio.gather(*(ask(session) for _ in range(5)))
    assert gateway.log_ins == 1
    assert all(call["consumer-key"] == "key" and call["token"] == "token-1" for call in gateway.calls)
    assert all(call["content-type"] == "application/x-www-form-urlencoded" for call in gateway.calls)


async def test_a_stale_token_is_renewed_before_it_is_refused(clock: FrozenClock) -> None:
    gateway = Gateway()
    async with gateway.client() as client:
        session = session_of(client, clock)
        await ask(session)
        clock.advance(54 * 60)
        await ask(session)
        clock.advance(54 * 60)
        await ask(session)
        assert gateway.log_ins == 1
        clock.advance(55 * 60)
        await ask(session)
        assert gateway.log_ins == 2


async def test_a_forgotten_token_is_renewed_once_for_all(clock: FrozenClock) -> None:
    gateway = Gateway()
    async with gateway.client() as client:
        session = session_of(client, clock)
        await ask(session)
        gateway.live.clear()
        await asyncio.gather(*(ask(session) for _ in range(5)))
    assert gateway.log_ins == 2


async def test_a_gateway_that_refuses_every_token_is_a_refusal(clock: FrozenClock) -> None:
    gateway = Gateway(status=401, body=b'{"Message":"UnauthorizedException: token not found"}')
    async with gateway.client() as client:
        with pytest.raises(RegistryRefused):
            await ask(session_of(client, clock))
    assert (gateway.log_ins, len(gateway.calls)) == (2, 2)


MEANINGS: list[tuple[int, str, type[RegistryError]]] = [
    (500, "00815", RecordNotFound),
    (500, "90005", RegistryClosed),
    (500, "90008", RegistryBusy),
    *((500, code, RegistryRefused) for code in (
        "90001", "90002", "90003", "90007", "90009", "90026", "90027", "90028", "90043", "90045", "90046", "90048",
        "90050", "99705", "99999", "A0001", "AX001", "AX002",
    )),
    *((500, code, RegistryUnavailable) for code in (
        "00101", "90010", "X0001", "X0003", "A0000", "ZZZZZ", "12345",
    )),
    (200, "90006", RegistryUnavailable),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "error"), MEANINGS)
async def test_every_code_means_one_error(
    clock: FrozenClock, status: int, code: str, error: type[RegistryError]
) -> None:
    gateway = Gateway(status=status, body=f'{{"Message":"[{code}] 1009900000011"}}'.encode())
    async with gateway.client() as client:
        with pytest.raises(RegistryError) as refusal:
            await ask(session_of(client, clock))
    assert type(refusal.value) is error
    assert refusal.value.wire_code == code
    assert "1009900000011" not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (204, b"", RecordNotFound),
        (400, b"{}", RegistryUnavailable),
        (403, b'{"Message":"ForbiddenException: consumer not found"}', RegistryRefused),
        (404, b"<html>", RegistryUnavailable),
        (405, b"", RegistryUnavailable),
        (429, b"", RegistryBusy),
        (500, b"<html>", RegistryUnavailable),
        (503, b"", RegistryUnavailable),
        (302, b"", RegistryUnavailable),
        (200, b"", RegistryUnavailable),
        (200, b"[]", RegistryUnavailable),
        (200, b'{"CitizenID":', RegistryUnavailable),
        (200, b"\xff\xfe", RegistryUnavailable),
        (200, b"[" * 100_000, RegistryUnavailable),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, bytes) else None,
)
async def test_every_status_and_body_means_one_error(
    clock: FrozenClock, status: int, body: bytes, error: type[RegistryError]
) -> None:
    gateway = Gateway(status=status, body=body)
    async with gateway.client() as client:
        with pytest.raises(RegistryError) as refusal:
            await ask(session_of(client, clock))
    assert type(refusal.value) is error


BOMB = zlib.compress(b" " * (64 * LARGEST_ANSWER))


@pytest.mark.parametrize(
    "line",
    [
        mute,
        dripping,
        endless,
        resetting,
        saying(b""),
        saying(b"garbage\r\n\r\n"),
        saying(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Result":"tok'),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\nno deflate"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + BOMB),
        saying(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"),
        saying(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"Result":""}'),
    ],
    ids=[
        "mute",
        "dripping",
        "endless",
        "reset",
        "empty",
        "no http",
        "cut",
        "no deflate",
        "bomb",
        "redirect",
        "no token",
    ],
)
async def test_a_bad_line_is_unavailable_within_the_deadline(
    http: httpx2.AsyncClient, clock: FrozenClock, line: Line
) -> None:
    async with answering(line) as server:
        with pytest.raises(RegistryUnavailable) as refusal:
            await ask(session_of(http, clock, server.base_url), deadline_seconds=0.4)
    assert refusal.value.__cause__ is None
    assert "http" not in str(refusal.value)


async def test_nobody_listening(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    async with answering(mute) as server:
        base_url = server.base_url
    with pytest.raises(RegistryUnavailable):
        await ask(session_of(http, clock, base_url))


async def test_a_registry_that_keeps_failing_is_left_alone_then_tried_once(
    http: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    async with answering(resetting) as server:
        session = session_of(http, clock, server.base_url)
        for _ in range(50):
            with pytest.raises(RegistryUnavailable):
                await ask(session)
        assert server.requests <= 11  # ten failures, at most one more by the HTTP library
        before = server.requests
        clock.advance(2)
        results = await asyncio.gather(*(ask(session) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(result, RegistryUnavailable) for result in results)
        assert server.requests == before + 1


async def test_the_breaker_closes_when_the_probe_succeeds(clock: FrozenClock) -> None:
    gateway = Gateway(status=503, body=b"")
    async with gateway.client() as client:
        session = session_of(client, clock)
        for _ in range(10):
            with pytest.raises(RegistryUnavailable):
                await ask(session)
        gateway.answer = JSONResponse({"CitizenID": "1"})
        with pytest.raises(RegistryUnavailable):
            await ask(session)
        clock.advance(2)
        await ask(session)
        await ask(session)
    assert len(gateway.calls) == 12


async def test_refusals_are_answers_and_leave_the_breaker_closed(clock: FrozenClock) -> None:
    gateway = Gateway(status=204, body=b"")
    async with gateway.client() as client:
        session = session_of(client, clock)
        for _ in range(15):
            with pytest.raises(RecordNotFound):
                await ask(session)
    assert len(gateway.calls) == 15


async def test_officers_who_are_still_signing_in_leave_the_breaker_closed(clock: FrozenClock) -> None:
    gateway = Gateway(status=500, body=b'{"Message":"[A0000] in progress"}')
    async with gateway.client() as client:
        session = session_of(client, clock)
        for _ in range(15):
            with pytest.raises(RegistryUnavailable):
                await ask(session)
    assert len(gateway.calls) == 15


@pytest.mark.parametrize("code", ["90026", "90043", "A0000", "A0001"])
async def test_who_signs_in_anew_is_not_asked_by_the_token_of_the_session_before(clock: FrozenClock, code: str) -> None:
    gateway = Gateway()
    async with gateway.client() as client:
        system = session_of(client, clock)
        session = system.for_agent("system")
        await ask(session)
        record, refusal = gateway.answer, Response(f'{{"Message":"[{code}] x"}}'.encode(), 500)
        gateway.answer = refusal
        with pytest.raises(RegistryError):
            await ask(session)
        gateway.answer = record
        await ask(session)
        assert [call["token"] for call in gateway.calls] == ["token-1", "token-1", "token-2"]
        # the system's own token ends with nobody's session: it asks who is signed in all day
        for gateway.answer in (record, refusal, record):
            await asyncio.gather(ask(system), return_exceptions=True)
    assert gateway.log_ins == 3


async def test_a_cancelled_probe_does_not_keep_the_breaker_open(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    is_away = True

    async def line(writer: asyncio.StreamWriter) -> None:
        await (resetting if is_away else mute)(writer)

    async with answering(line) as server:
        session = session_of(http, clock, server.base_url)
        for _ in range(10):
            with pytest.raises(RegistryUnavailable):
                await ask(session)
        clock.advance(2)
        is_away, before = False, server.requests
        probe = asyncio.create_task(ask(session))
        await becomes_true(lambda: server.requests > before)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        with pytest.raises(RegistryUnavailable):
            await ask(session, deadline_seconds=1)
        assert server.requests == before + 2


async def test_no_number_or_secret_reaches_the_log(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    with served(Gateway().application) as base_url, written_lines(quiet=URL_LOGGERS) as lines:
        await ask(session_of(http, clock, base_url))
        logging.getLogger("room").info("asked")
    written = "\n".join(lines)
    assert "asked" in written
    assert "1009900000011" not in written
    assert "secret" not in written


def test_credentials_print_nothing() -> None:
    assert "secret" not in repr(CREDENTIALS)
