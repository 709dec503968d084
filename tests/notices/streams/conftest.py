import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.gateway.conftest import made_keys
from tests.notices.streams.office import ROOTS, Office
from tests.notices.streams.town import Mailbox, Town, mailbox, make_town, open_town
from tests.provider.oidc.world import Seed


@pytest.fixture(scope="package")
def made_town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seed]:
    home = tmp_path_factory.mktemp("town") / "home"
    return home, asyncio.run(make_town(home))


@pytest.fixture
async def town(tmp_path: Path, clock: FrozenClock, made_town: tuple[Path, Seed]) -> AsyncIterator[Town]:
    home, seed = made_town
    async with open_town(home, tmp_path / "home", clock, seed) as opened:
        yield opened


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as opened:
        yield opened


@pytest.fixture(scope="package")
def signing_rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return asyncio.run(made_keys(tmp_path_factory.mktemp("keys"), ROOTS))


@pytest.fixture
async def office(storage: Storage, clock: FrozenClock, signing_rows: list[dict[str, Any]]) -> Office:
    office = Office(storage, clock)
    await office.keys(signing_rows)
    return office
