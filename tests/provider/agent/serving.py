"""The agents' door on a real socket."""

import asyncio
import base64
import json
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import uvicorn
from starlette.applications import Starlette

from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from idp.app.protocol import HotProtocol
from idp.kernel.clock import SystemClock
from idp.provider.agent.endpoints import AgentEndpoints
from idp.provider.agent.pairing import PairingEndpoints
from idp.provider.agent.socket import LARGEST, AgentSocket
from idp.stations.link_keys import LinkKeys
from idp.storage.metadata import metadata
from idp.storage.storage import Storage, open_engine
from idp.web.addresses import CallerAddresses
from idp.web.routes import build_routes, build_socket_routes
from tests.clock import FrozenClock
from tests.enrolment.world import ISSUER, STATION, World, simulated_registry
from tests.patience import PATIENCE_SECONDS, eventually
from tests.provider.agent.pairing import LINK_SECRET, PairingOffice

REFUSALS = 20


@asynccontextmanager
async def served(world: World, *, with_lines: bool = True) -> AsyncIterator[int]:
    """The port; without lines it is a network that lets no WebSocket through."""
    routes = build_routes(
        [
            *AgentEndpoints(mail_slots=world.mail_slots).entries(),
            *PairingEndpoints(pairings=PairingOffice(world).pairings, mail_slots=world.mail_slots).entries(),
        ]
    )
    lines = AgentSocket(
        mail_slots=world.mail_slots,
        security_log=world.security_log,
        host="id.localhost",
        addresses=CallerAddresses(trusted_proxies=(), header="x-forwarded-for"),
        refusals_a_minute=REFUSALS,
    )
    app = Starlette(routes=[*routes, *(build_socket_routes(lines.entries()) if with_lines else ())])
    config = uvicorn.Config(
        app,
        http=HotProtocol,
        ws="websockets-sansio",
        ws_max_size=LARGEST,
        log_level="error",
        log_config=None,  # what it says goes where tests hear it
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


@asynccontextmanager
async def running_agent(world: World, port: int, folder: Path) -> AsyncIterator[Path]:
    desk_socket = folder / "desk"
    config = folder / "agent.json"
    config.write_text(
        json.dumps(
            {
                "issuer": ISSUER,
                "connect_to": f"http://127.0.0.1:{port}",
                "station_id": STATION,
                "station_key": world.agent.key.as_dict(private=True),
                "issuer_jwks": await world.signing.public_jwks(),
                "allow_virtual": True,
                "auto_confirm": True,
                "desk_socket": str(desk_socket),
                "card_stack": "memory",
                "link_key": link_key_of(world),
            }
        )
    )
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.card.agent", "--config", str(config), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield desk_socket
    finally:
        agent.terminate()
        await asyncio.wait_for(agent.wait(), PATIENCE_SECONDS)


async def desk(desk_socket: Path, command: str) -> None:
    async def is_heard() -> bool:
        try:
            answer = await asyncio.to_thread(desk_command, desk_socket, command)
        except DeskUnavailable:
            return False
        assert answer.get("ok", True), answer
        return True

    await eventually(is_heard, "no desk came up")


@asynccontextmanager
async def counter(folder: Path, *, with_lines: bool) -> AsyncIterator[tuple[World, Path]]:
    """A provider on a real socket and the agent's own process; the desk's socket."""
    clock = cast(FrozenClock, SystemClock())
    storage = Storage(open_engine(f"sqlite+aiosqlite:///{folder}/store.db"), clock)
    async with storage.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    http, switchboard = simulated_registry(clock)
    world = World(storage, clock, http, switchboard, hold_poll=1.0)
    await world.furnish()
    # a socket's path is short by nature: a folder of its own rather than the test's long one
    with tempfile.TemporaryDirectory() as short:
        async with http, served(world, with_lines=with_lines) as port, running_agent(world, port, Path(short)) as desk:
            yield world, desk
    await storage.close()


def link_key_of(world: World) -> str:
    """What the pairing would have given."""
    secret = LinkKeys(LINK_SECRET).of(STATION, world.agent.key.as_dict(private=False))
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
