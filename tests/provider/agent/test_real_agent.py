"""The desktop agent itself, as its own process, against the mail slots on a real socket."""

import asyncio
import json
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
import uvicorn
from starlette.applications import Starlette

from connectors.card.virtual.desk_socket import DeskUnavailable, desk_command
from connectors.fictitious.personas import PERSONAS
from idp.enrolment.model import Enrolment, EnrolmentProblem, EnrolmentState
from idp.kernel.clock import SystemClock
from idp.provider.agent.endpoints import AgentEndpoints
from idp.storage.metadata import metadata
from idp.storage.storage import Storage, open_engine
from idp.web.routes import build_routes
from tests.clock import FrozenClock
from tests.enrolment.world import ISSUER, STATION, World, simulated_registry

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(world: World) -> AsyncIterator[int]:
    app = Starlette(routes=list(build_routes(AgentEndpoints(mail_slots=world.mail_slots).entries())))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield int(listening.getsockname()[1])
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
        await asyncio.wait_for(agent.wait(), 10)


async def desk(desk_socket: Path, command: str) -> None:
    for _ in range(200):
        try:
            answer = await asyncio.to_thread(desk_command, desk_socket, command)
        except DeskUnavailable:
            await asyncio.sleep(0.1)
            continue
        assert answer.get("ok", True), answer
        return
    pytest.fail("no desk came up")


async def reaches(world: World, enrolment: Enrolment, state: EnrolmentState) -> Enrolment:
    for _ in range(150):
        present = await world.enrolments.advance(enrolment.id)
        if present.state is state:
            return present
        await asyncio.sleep(0.1)
    pytest.fail(f"stands at {present.state} {present.problem} {present.fault}")


async def test_a_card_in_the_reader_becomes_a_subscriber(tmp_path: Path) -> None:
    clock = cast(FrozenClock, SystemClock())
    storage = Storage(open_engine(f"sqlite+aiosqlite:///{tmp_path}/store.db"), clock)
    async with storage.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    http, switchboard = simulated_registry(clock)
    world = World(storage, clock, http, switchboard, hold_poll=1.0)
    await world.furnish()
    # a socket's path is short by nature: a folder of its own rather than the test's long one
    with tempfile.TemporaryDirectory() as short:
        async with http, served(world) as port, running_agent(world, port, Path(short)) as desk_socket:
            await desk(desk_socket, "insert citizen somchai")
            checked = await reaches(world, await world.start(), EnrolmentState.COMPARE_FACE)
            officer = world.members["officer"]
            assert await world.enrolments.card_of(checked.id, officer=officer) == PERSONAS["somchai"].card.data
            assert (await world.enrolments.photo_of(checked.id, officer=officer)).startswith(b"\xff\xd8")
            assert (await world.confirm(checked)).state is EnrolmentState.COMPLETED

            pulled = await reaches(world, await world.start(), EnrolmentState.COMPARE_FACE)
            await desk(desk_socket, "eject citizen")
            ended = await reaches(world, pulled, EnrolmentState.REFUSED)
            assert ended.problem is EnrolmentProblem.CARD_REMOVED
    await storage.close()
