"""The server gives a finished answer in one piece: on the wire it is what two pieces would be."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from idp.app.protocol import HotProtocol
from idp.web.errors import ErrorAnswers
from idp.web.forms import read_form
from idp.web.middleware import door_middleware
from idp.web.routes import Access, Entry, build_routes
from tests.patience import PATIENCE_SECONDS, until
from tests.web.door import door

HOST = b"Host: id.localhost\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BROWSER = b"Cookie: id-browser=" + b"b" * 43 + b"\r\n"
EXCHANGES = {
    "get": b"GET /token HTTP/1.1\r\n" + HOST + BROWSER + b"\r\n",
    "head": b"HEAD /token HTTP/1.1\r\n" + HOST + BROWSER + b"\r\n",
    "to be closed": b"GET /token HTTP/1.1\r\n" + HOST + BROWSER + b"Connection: close\r\n\r\n",
    "old": b"GET /token HTTP/1.0\r\n" + HOST + BROWSER + b"\r\n",
    "two at once": 2 * (b"GET /token HTTP/1.1\r\n" + HOST + BROWSER + b"\r\n"),
    "refused": b"POST /form HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 3\r\n\r\na=1",
    "too large": b"POST /form HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 70000\r\n\r\n",
    "announced": b"POST /form HTTP/1.1\r\n" + HOST + FORM + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\na=1",
    "unforeseen": b"GET /unforeseen HTTP/1.1\r\n" + HOST + b"\r\n",
    "upgrade": b"GET /token HTTP/1.1\r\n" + HOST + BROWSER + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "nonsense": b"NONSENSE\r\n\r\n",
}


@contextmanager
def serving(app: Starlette, protocol: type[HttpToolsProtocol], *, keep_alive: int = 5) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=30,
            timeout_keep_alive=keep_alive,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    folder = tmp_path_factory.mktemp("assets") / "web"
    with (
        serving(door(folder), HttpToolsProtocol) as in_pieces,
        serving(door(folder, hot=True), HotProtocol) as whole,
    ):
        yield in_pieces, whole


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def exchange(port: int, sent: bytes) -> tuple[bytes, bool]:
    """Everything that comes back, and whether the server closed the connection by itself.

    It is complete when the server has served strangers several times since the last piece came: nobody waits in vain.
    """
    received, closed, strangers = b"", False, 0
    with connected(port) as connection:
        connection.sendall(sent)
        connection.setblocking(False)
        while not closed and strangers < 5:
            serve_a_stranger(port)
            try:
                piece = connection.recv(65_536)
            except BlockingIOError:
                strangers += bool(received)
            else:
                received, closed, strangers = received + piece, not piece, 0
    received = re.sub(rb"(?i)\r\ndate: [^\r]*", b"", received)
    for request_id in re.findall(rb"x-request-id: (\w{16})", received):
        received = received.replace(request_id, b"")
    return received, closed


def serve_a_stranger(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /none HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("sent", EXCHANGES.values(), ids=EXCHANGES)
def test_the_answer_is_the_same_to_the_byte(ports: tuple[int, int], sent: bytes) -> None:
    in_pieces, whole = (exchange(port, sent) for port in ports)
    assert in_pieces == whole
    assert whole[0].startswith(b"HTTP/1.1 ")


def test_requests_that_follow_each_other_without_waiting_are_answered_in_their_order(ports: tuple[int, int]) -> None:
    form = EXCHANGES["refused"]
    sent = EXCHANGES["get"] + form + EXCHANGES["head"] + EXCHANGES["get"] + EXCHANGES["to be closed"]
    in_pieces, whole = (exchange(port, sent) for port in ports)
    assert in_pieces == whole
    assert whole[0].count(b"HTTP/1.1 ") == 5
    assert whole[1]


@pytest.mark.parametrize("size", [1, 7, 60])
def test_a_request_that_comes_in_crumbs(ports: tuple[int, int], size: int) -> None:
    sent = EXCHANGES["refused"]
    answers = []
    for port in ports:
        with connected(port) as connection:
            for start in range(0, len(sent), size):
                connection.sendall(sent[start : start + size])
            answers.append(connection.recv(65_536).partition(b"\r\n")[0])
    assert answers[0] == answers[1] == b"HTTP/1.1 403 Forbidden"


def test_chunks_are_read_and_judged_the_usual_way(ports: tuple[int, int]) -> None:
    head = b"POST /form HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    for body in (b"3\r\na=1\r\n0\r\n\r\n", b"11171\r\n" + 70_001 * b"x" + b"\r\n0\r\n\r\n"):
        in_pieces, whole = (exchange(port, head + body) for port in ports)
        assert in_pieces == whole


def test_who_goes_away_in_the_middle_leaves_no_error(
    ports: tuple[int, int], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    half = b"POST /form HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 30\r\n\r\na=1"
    for port in ports:
        with connected(port) as connection:
            connection.sendall(half)
            time.sleep(0.05)
    assert exchange(ports[1], EXCHANGES["get"])[0].startswith(b"HTTP/1.1 200 ")
    assert "unexpected" not in capfd.readouterr().out
    assert not caplog.records


def test_a_silent_connection_is_closed_after_its_time_and_a_busy_one_is_not(tmp_path: Path) -> None:
    with (
        serving(door(tmp_path / "web", hot=True), HotProtocol, keep_alive=3) as port,
        connected(port) as connection,
    ):
        for _ in range(3):  # longer in all than one silence may be
            connection.sendall(EXCHANGES["get"])
            assert connection.recv(65_536)
            time.sleep(1.1)
        connection.sendall(EXCHANGES["get"])
        assert connection.recv(65_536)
        assert connection.recv(1) == b""


def test_what_is_under_way_at_the_end_is_answered(tmp_path: Path) -> None:
    begun = threading.Event()

    async def slow(request: Request) -> Response:
        begun.set()
        await asyncio.sleep(0.3)
        return PlainTextResponse("done")

    app = small_door(tmp_path, Entry("/slow", ("GET",), slow, Access.ANYONE, "slow", hot=True))
    with serving(app, HotProtocol) as port:
        connection = connected(port)
        connection.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
        assert begun.wait(PATIENCE_SECONDS)
    with connection:
        assert connection.recv(65_536).endswith(b"done")


def test_what_follows_a_body_in_chunks_is_no_field_of_the_request(tmp_path: Path) -> None:
    async def told(request: Request) -> Response:
        await read_form(request)
        return PlainTextResponse(request.headers.get("x-client-address", "nobody"))

    app = small_door(tmp_path, Entry("/told", ("POST",), told, Access.ANYONE, "told"))
    head = b"POST /told HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n"
    with serving(app, HotProtocol) as port:
        for upgrade in (b"", b"Connection: upgrade\r\nUpgrade: h2c\r\n"):
            sent = head + upgrade + b"\r\n3\r\na=1\r\n0\r\nX-Client-Address: 10.0.0.1\r\n\r\n"
            received, _ = exchange(port, sent)
            assert b"10.0.0.1" not in received
            assert received.endswith(b"nobody")


class Impatient(HotProtocol):
    receive_seconds = 0.5


@pytest.mark.parametrize("path", [b"/hot", b"/usual"])
def test_a_request_that_does_not_come_to_its_end_is_not_waited_for(tmp_path: Path, path: bytes) -> None:
    async def read(request: Request) -> Response:
        await read_form(request)
        return PlainTextResponse("read")

    app = small_door(
        tmp_path,
        Entry("/hot", ("POST",), read, Access.ANYONE, "hot", hot=True),
        Entry("/usual", ("POST",), read, Access.ANYONE, "usual"),
    )
    whole = b"POST " + path + b" HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 3\r\n\r\na=1"
    with serving(app, Impatient) as port:
        for sent in (b"", whole[:9], whole[:-1], whole + whole[:-1]):
            with connected(port) as connection:
                connection.sendall(sent)
                received = b""
                while piece := connection.recv(65_536):
                    received += piece
            assert received.count(b"HTTP/1.1 200 ") == (len(sent) > len(whole))
        with connected(port) as connection, suppress(ConnectionError):  # closed, and perhaps with a crumb unread
            for crumb in whole[:-1]:  # crumbs do not help
                connection.sendall(bytes([crumb]))
                time.sleep(0.05)
            assert connection.recv(65_536) == b""


def test_a_long_answer_is_waited_for(tmp_path: Path) -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.8)
        return PlainTextResponse("done")

    app = small_door(tmp_path, Entry("/slow", ("GET",), slow, Access.ANYONE, "slow"))
    with (
        serving(app, Impatient) as port,
        connected(port) as connection,
    ):
        connection.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
        assert connection.recv(65_536).endswith(b"done")


@pytest.mark.parametrize("hot", [False, True])
def test_who_asks_without_end_before_an_answer_is_cut_off(tmp_path: Path, hot: bool) -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.3)
        return PlainTextResponse("done")

    app = small_door(tmp_path, Entry("/slow", ("GET",), slow, Access.ANYONE, "slow", hot=hot))
    one = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
    with serving(app, HotProtocol) as port:
        received, closed = exchange(port, 3 * one)
        assert not closed
        received, closed = exchange(port, 500 * one)
    assert closed
    assert received.startswith(b"HTTP/1.1 400 ")


def small_door(folder: Path, *entries: Entry) -> Starlette:
    kit = door(folder / "web")
    answers = next(layer.kwargs["last_resort"] for layer in kit.user_middleware)
    assert isinstance(answers, ErrorAnswers)
    return Starlette(
        routes=build_routes(entries),
        middleware=door_middleware(
            hosts=["id.localhost"], https=False, last_resort=answers, hot=entries, handlers=answers.handlers()
        ),
    )


def test_a_field_that_would_end_its_line_is_not_sent(tmp_path: Path) -> None:
    async def split(request: Request) -> Response:
        form = await read_form(request)
        return PlainTextResponse("x", headers={"location": form.one("to")})

    app = small_door(tmp_path, Entry("/split", ("POST",), split, Access.ANYONE, "split", hot=True))
    body = b"to=a%0d%0aset-cookie:%20x=y"
    with serving(app, HotProtocol) as port:
        sent = b"POST /split HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
        received, _ = exchange(port, sent)
    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in received
