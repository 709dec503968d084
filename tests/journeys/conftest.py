"""The whole house as `make demo` starts it, on ports of its own."""

import asyncio
import atexit
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from idp.app.demo.people import passkey_link
from idp.app.demo.stations import FIRST, STATIONS, WATER
from idp.app.demo.story import link_url
from idp.app.serving import open_house
from idp.cli.demo_stack import Plan, start_everything, start_other_stations
from idp.cli.processes import Processes
from idp.kernel.clock import SystemClock
from idp.kernel.ids import StationId
from tests.patience import PATIENCE_SECONDS, eventually
from tests.postgresql import Cluster

OFFSETS = (0, 1, 2, 3, 10, 11, 12)
CLAIM = 19


@dataclass(frozen=True)
class Demonstration:
    """A running demonstration and what strangers are told of it."""

    plan: Plan
    endpoints: dict[str, Any]

    async def link_of(self, persona: str) -> str:
        """An invitation by which this persona adds a passkey.

        A fresh one: what was walked before in this demonstration may have used up the one that was told.
        """
        async with open_house(self.plan.settings) as rooms, rooms.ground.storage.unit_of_work() as uow:
            token = await passkey_link(uow, rooms, persona)
        assert token is not None
        return link_url(self.plan.settings, token)

    def card(self, *verb: str) -> dict[str, Any]:
        """Do something with the virtual reader, as `idp card …` does."""
        command = [sys.executable, "-m", "idp.cli", "card", *verb, "--home", str(self.plan.home)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def free_port_base() -> int:
    """A first port from which all ports of a demonstration are free.

    Its programs begin one after another. A port beside theirs is held as long as this process lives: whoever else looks
    for ports on this machine meanwhile goes on to the next.
    """
    for base in range(20_000, 32_000, 20):
        with ExitStack() as held:
            claim = held.enter_context(socket.socket())
            try:
                claim.bind(("127.0.0.1", base + CLAIM))
                for offset in OFFSETS:
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            atexit.register(held.pop_all().close)
        return base
    raise RuntimeError("no free ports")


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Everything running, on an empty store."""
    out = tmp_path_factory.mktemp("demo")
    plan = Plan(out=out, home=out / "store", port_base=free_port_base(), card="auto")
    plan.home.mkdir()
    with Processes(logs=plan.home / "logs") as processes:
        yield Demonstration(plan, start_everything(plan, processes, say=lambda _: None))


@pytest.fixture(scope="module")
def whole(demonstration: Demonstration, request: pytest.FixtureRequest) -> Iterator[Demonstration]:
    """The demonstration with every counter and the kiosk, once each of their programs has called.

    A page that shows a reader moves when its program calls for the first time: nobody looks at it before.
    """
    began = SystemClock().now()
    with Processes(logs=demonstration.plan.home / f"logs-of-{request.module.__name__}") as processes:
        start_other_stations(demonstration.plan, processes)
        asyncio.run(_others_have_called(demonstration.plan, began))
        yield demonstration


async def _others_have_called(plan: Plan, since: datetime) -> None:
    async with open_house(plan.settings) as rooms:

        async def called(station: StationId) -> bool:
            async with rooms.ground.storage.reading() as uow:
                presence = (await rooms.stations.get(uow, station)).presence
            return presence is not None and presence.seen_at >= since

        for station in STATIONS:
            if station.id not in (FIRST, WATER):  # these belong to the demonstration itself
                await eventually(partial(called, station.id), f"{station.id} has not called")


@pytest.fixture(scope="session")
def brought_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo ONCE=1 OUT=dir` leaves behind."""
    out = tmp_path_factory.mktemp("home")
    _run_once(out, {})
    return out


@pytest.fixture(scope="session")
def brought_home_from_postgresql(
    postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Cluster, str]:
    """The same with PostgreSQL as the store: what is left behind, the cluster, the database's name."""
    out, name = tmp_path_factory.mktemp("home"), "journey"
    _run_once(out, {"IDP_DATABASE_URL": postgresql.create_database(name)})
    return out, postgresql, name


def _run_once(out: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "idp.cli", "demo", "--once", "--out", str(out)]
    done = subprocess.run(
        [*command, "--port-base", str(free_port_base())],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.fixture
def idp() -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run an `idp … --json` command: its exit code and its answer."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-m", "idp.cli", *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return done.returncode, json.loads(done.stdout)

    return run
