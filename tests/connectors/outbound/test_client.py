"""Names under localhost reach this machine, whatever its resolver knows, and keep their name."""

import asyncio
import socket

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.outbound.client import outbound_client

pytestmark = pytest.mark.anyio


async def test_a_localhost_name_is_loopback_and_stays_the_host() -> None:
    async def host(request: Request) -> Response:
        return PlainTextResponse(request.headers["host"])

    async def away(request: Request) -> Response:
        return RedirectResponse("http://elsewhere.example/", 302)

    app = Starlette(routes=[Route("/", host), Route("/away", away)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with outbound_client() as client:
            for name in ("id.localhost", "a.b.localhost", "localhost"):
                assert (await client.get(f"http://{name}:{port}/")).text == f"{name}:{port}"
            assert (await client.get(f"http://id.localhost:{port}/away")).status_code == 302
        server.should_exit = True
        await serving
