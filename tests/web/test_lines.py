"""A WebSocket at a door: what nobody expected is noted by type and place, and its text is in no log."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Pages
from tests.web.door import BRAND, ORIGIN, SECRET
from tests.web.prepared import prepared_assets

pytestmark = pytest.mark.anyio


async def unforeseen(socket: WebSocket) -> None:
    await socket.accept()
    raise ValueError(SECRET)


async def test_what_nobody_expected_on_a_line_leaves_no_text(
    asset_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csrf = Csrf(key=b"k" * 32, browsers=BrowserIds(door="id", https=False), origin=ORIGIN)
    pages = Pages(template_packages=(), assets=prepared_assets(asset_folder), brand=BRAND, csrf=csrf, https=False)
    answers = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual="page")
    app = Starlette(
        routes=[WebSocketRoute("/line", unforeseen)],
        middleware=door_middleware(hosts=["id.localhost"], https=False, last_resort=answers),
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/line", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    said = capsys.readouterr()
    assert "ValueError" in said.out + said.err
    assert SECRET not in said.out + said.err
    assert sent[0]["type"] == "websocket.accept"
