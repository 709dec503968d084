"""A PIN that is taken away between its proof at a counter and the session that stands on it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idp.authentication import pin_store, store
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.enrolment.world import World, simulated_registry
from tests.patience import eventually
from tests.portal.test_card_sign_in import Counter, begin
from tests.provider.pages.test_pin_meanwhile import waits_for_a_row

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(storage: Storage, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Counter]:
    (tmp_path / "assets").mkdir()
    http, switchboard = simulated_registry(clock)
    async with http:
        world = World(storage, clock, http, switchboard)
        await world.furnish()
        yield Counter(world, tmp_path / "assets")


async def test_a_pin_taken_away_while_it_is_judged_at_a_counter_signs_nobody_in(counter: Counter) -> None:
    """Card and PIN are right, and then the session waits for the owner's row: what goes meanwhile begins none."""
    storage, somchai, officer = counter.world.storage, await counter.settle(), counter.office.browser()
    await officer.sign_in("officer")
    path, _ = await begin(officer)
    await counter.world.insert("somchai")
    page = await officer.get(path)
    page = await officer.post(path, csrf=page.csrf)
    code = page.response.text.split('govuk-panel__title">')[1].split("<")[0].strip()
    async with storage.unit_of_work() as uow:
        await store.hold_owner(uow, somchai)
        sent = asyncio.create_task(counter.type_in(code))
        await eventually(lambda: waits_for_a_row(storage))
        assert await pin_store.delete_pin(uow, somchai)
    refused = await sent
    assert (refused.status_code, "AUT-09" in refused.text) == (400, True)
    async with storage.reading() as uow:
        assert await counter.world.sessions.live_of(uow, somchai) == ()
