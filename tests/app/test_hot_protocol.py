"""The server gives a finished answer in one piece: on the wire it is what two pieces would be."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
def serving(app: Starlette, protocol: type[HttpToolsProtocol]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=protocol, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
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


def exchange(port: int, sent: bytes) -> tuple[bytes, bool]:
    """Everything that comes back, and whether the server closed the connection by itself."""
    received, closed = b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=0.4) as connection:
        connection.sendall(sent)
        try:
            while not closed:
                piece = connection.recv(65_536)
                received, closed = received + piece, not piece
        except TimeoutError:
            pass
    received = re.sub(rb"(?i)\r\ndate: [^\r]*", b"", received)
    for request_id in re.findall(rb"x-request-id: (\w{16})", received):
        received = received.replace(request_id, b"")
    return received, closed


@pytest.mark.parametrize("sent", EXCHANGES.values(), ids=EXCHANGES)
def test_the_answer_is_the_same_to_the_byte(ports: tuple[int, int], sent: bytes) -> None:
    in_pieces, whole = (exchange(port, sent) for port in ports)
    assert in_pieces == whole
    assert whole[0].startswith(b"HTTP/1.1 ")


def test_a_field_that_would_end_its_line_is_not_sent(tmp_path: Path) -> None:
    async def split(request: Request) -> Response:
        form = await read_form(request)
        return PlainTextResponse("x", headers={"location": form.one("to")})

    kit = door(tmp_path / "web")
    answers = next(layer.kwargs["last_resort"] for layer in kit.user_middleware)
    assert isinstance(answers, ErrorAnswers)
    entries = (Entry("/split", ("POST",), split, Access.ANYONE, "split", hot=True),)
    app = Starlette(
        routes=build_routes(entries),
        middleware=door_middleware(
            hosts=["id.localhost"], https=False, last_resort=answers, hot=entries, handlers=answers.handlers()
        ),
    )
    body = b"to=a%0d%0aset-cookie:%20x=y"
    with serving(app, HotProtocol) as port:
        sent = b"POST /split HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
        received, _ = exchange(port, sent)
    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in received
