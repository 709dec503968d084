"""A PIN that is taken away between its proof and the session that stands on it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.fictitious.personas import PERSONAS
from idp.audit.model import SYSTEM
from idp.authentication.store import hold_owner
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.patience import eventually
from tests.provider.pages.house import Fields, House, open_house

pytestmark = pytest.mark.anyio
NUMBER = PERSONAS["somchai"].person.citizen_id.digits
PIN = "27182845"


@pytest.fixture
async def house(storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[House]:
    async with open_house(storage, clock, asset_folder) as house:
        yield house


async def waits_for_a_row(storage: Storage) -> bool:
    """Somebody waits until another unit of work is over; SQLite has one at a time, there it goes without saying."""
    async with storage.reading() as uow:
        if uow.dialect != "postgresql":
            return True
        waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return await uow.first(waiting) is not None


async def test_a_pin_taken_away_while_it_is_judged_signs_nobody_in(house: House) -> None:
    """It is right, and then the session waits for the owner's row: what is taken away meanwhile begins none."""
    storage, somchai = house.storage, house.world.somchai
    await house.pins.choose(somchai, PIN, by=SYSTEM)
    visitor = house.visitor()
    async with visitor.http:
        page = await visitor.http.get("/sign-in/pin")
        form = {**Fields(page.text).hidden, "identifier": NUMBER, "pin": PIN}
        async with storage.unit_of_work() as uow:
            await hold_owner(uow, somchai)
            sent = asyncio.create_task(visitor.http.post("/sign-in/pin", data=form))
            await eventually(lambda: waits_for_a_row(storage))
            await house.authenticators.revoking.revoke_all(uow, somchai, by=SYSTEM)
        refused = await sent
        assert (refused.status_code, "AUT-09" in refused.text) == (400, True)
        assert (await visitor.http.get("/account")).status_code == 303
