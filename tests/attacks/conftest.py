"""Three processes on one store, once for the whole folder: two nodes of the issuer and a gateway.

On PostgreSQL where there is a server, since that is what several nodes share in life; else on SQLite.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.house import House, WallClock, open_house
from tests.attacks.nodes import AtNodes, Node, serving
from tests.postgresql import Cluster, find_binaries
from tests.provider.oidc.world import GATEWAY, ISSUER


@dataclass(frozen=True)
class Deployment:
    """`here` reaches the first node and the gateway, `there` the second node."""

    here: House
    there: House
    provider: Node
    gateway: Node


@pytest.fixture(scope="package")
def shared_store() -> Iterator[str]:
    """The URL of an empty PostgreSQL database; empty for SQLite in the home folder."""
    binaries = find_binaries()
    if binaries is None:
        yield ""
        return
    with Cluster.started(binaries) as cluster:
        yield cluster.create_database(f"attacks_{secrets.token_hex(4)}")


@pytest.fixture(scope="package")
async def deployment(shared_store: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployment]:
    home: Path = tmp_path_factory.mktemp("attacks") / "home"
    async with contextlib.AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(home, WallClock(), database_url=shared_store))
        gateway, first, second = await stack.enter_async_context(
            serving(home, "gateway", "provider", "provider", database_url=shared_store)
        )
        ways = [AtNodes({ISSUER: node.port, GATEWAY: gateway.port}) for node in (first, second)]
        for way in ways:
            stack.push_async_callback(way.close_connections)
        yield Deployment(house.at(ways[0]), house.at(ways[1]), first, gateway)
