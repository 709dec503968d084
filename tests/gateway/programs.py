"""A whole house whose agency's programs may also be told of things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from tests.attacks.house import House, open_house
from tests.clock import FrozenClock
from tests.notices.streams.town import Town


@asynccontextmanager
async def open_programs(home: Path) -> AsyncIterator[Town]:
    """The house, seeded, with its clock standing still."""
    async with open_house(home, FrozenClock()) as house:
        for name in ("jobs", "other"):
            await let_be_told(house, ClientId(name))
        yield Town(house)


async def let_be_told(house: House, client_id: ClientId) -> None:
    """The program may manage its streams."""
    async with house.storage.unit_of_work() as uow:
        client = await house.clients.get(uow, client_id)
        assert client is not None
        scopes = (*client.scopes, "ssf.manage", "ssf.read")
        await house.clients.replace(uow, replace(client, scopes=scopes), by=SYSTEM)
