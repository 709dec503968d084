"""The agents' door on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from idp.app.protocol import HotProtocol
from idp.provider.agent.endpoints import AgentEndpoints
from idp.provider.agent.socket import LARGEST, AgentSocket
from idp.web.routes import build_routes, build_socket_routes
from tests.enrolment.world import World


@asynccontextmanager
async def served(world: World, *, with_lines: bool = True) -> AsyncIterator[int]:
    """The port; without lines it is a network that lets no WebSocket through."""
    routes = build_routes(AgentEndpoints(mail_slots=world.mail_slots).entries())
    lines = AgentSocket(mail_slots=world.mail_slots, security_log=world.security_log, host="id.localhost")
    app = Starlette(routes=[*routes, *(build_socket_routes(lines.entries()) if with_lines else ())])
    config = uvicorn.Config(
        app,
        http=HotProtocol,
        ws="websockets-sansio",
        ws_max_size=LARGEST,
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            await serving
