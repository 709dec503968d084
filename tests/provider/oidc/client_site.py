"""A client's own web server, on this machine: what stands at its addresses is the test's to say."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class ClientSite:
    """`documents` by path: JSON, bytes, or a function that answers; what is not there is 404. `asked` counts."""

    origin: str
    documents: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        document = self.documents.get(request.url.path)
        if callable(document):
            answer: Response = await document(request)
            return answer
        if isinstance(document, bytes):
            return Response(document)
        return JSONResponse(document, 404 if document is None else 200)


@asynccontextmanager
async def client_site() -> AsyncIterator[ClientSite]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site = ClientSite(f"http://ministry.localhost:{listening.getsockname()[1]}")
        app = Starlette(routes=[Route("/{path:path}", site.answer)])
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield site
        server.should_exit = True
        await serving
