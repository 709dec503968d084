"""An officer with a place at one site opens card sessions at that site's counters, and nowhere else of the agency."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update

from idp.agencies.member_store import member
from idp.exchange.counter.store import counter_session
from idp.stations.store import station
from tests.gateway.counter import Counter, open_counter
from tests.gateway.door import Door

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


async def works_at(counter: Counter, site: str) -> None:
    async with counter.door.world.storage.unit_of_work() as uow:
        await uow.execute(update(member).where(member.c.id == counter.officer.id).values(site=site))


async def opened(counter: Counter) -> int:
    async with counter.door.world.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(counter_session))
        return 0 if row is None else int(row[0])


async def test_a_counter_of_another_site(counter: Counter) -> None:
    async with counter.door.world.storage.unit_of_work() as uow:
        await uow.execute(update(station).values(site="south"))
    await works_at(counter, "north")
    refused = await counter.open()
    assert (refused.status_code, refused.json()["code"]) == (404, "STA-01")
    assert await opened(counter) == 0
    for site in ("south", ""):
        await works_at(counter, site)
        assert (await counter.open()).status_code == 201
