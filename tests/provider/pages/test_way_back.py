"""The way back to a service, where there is none or nothing can be asked."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from idp.provider.pages.way_back import WaysBack
from idp.storage.storage import Storage, open_engine
from tests.exchange.world import JOBS
from tests.provider.pages.house import House, Visitor

pytestmark = pytest.mark.anyio


async def test_a_program_that_nobody_is_sent_by_has_no_way_back(house: House, visitor: Visitor) -> None:
    async with house.storage.unit_of_work() as uow:
        client = await house.clients.live(uow, JOBS)
        assert client is not None
        by_itself = replace(client, id=ClientId("by-itself"), redirect_uris=(), client_uri=None)
        await house.clients.add(uow, by_itself, by=SYSTEM)
    page = await visitor.http.get("/leave?client_id=by-itself")
    assert (page.status_code, 'id="way_back"' in page.text) == (400, False)
    assert (await visitor.http.get(f"/leave?client_id={JOBS}")).status_code == 303


async def test_a_refusal_is_shown_while_the_store_does_not_answer(house: House, tmp_path: Path) -> None:
    silent = Storage(open_engine(f"sqlite+aiosqlite:///{tmp_path}/none/store.db"), house.clock)
    ways_back = WaysBack(storage=silent, requests=house.requests, clients=house.clients)
    query = f"client_id={JOBS}".encode()
    request = Request({"type": "http", "method": "GET", "path": "/sign-in", "query_string": query, "headers": []})
    assert await ways_back.of(request) is None
    await silent.close()
