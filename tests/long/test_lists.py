"""Lists cost the same however much there is: the statements of a page, and what each of them reads."""

import os
import secrets
from pathlib import Path

import pytest

from tests.long.lists import Measured, count_statements, full_house, lists, measure
from tests.postgresql import Cluster, find_binaries

pytestmark = pytest.mark.anyio

FRONT_PAGE = " /"
"""How one goes on there differs with what there is."""
MANY = {"officers": 4_000, "entries": 3_000} if os.environ.get("LONG") else {"officers": 300, "entries": 600}
ANOTHER_STRETCH = 3
"""A page that one stretch does not fill reads the next, and a page of the log the tiles above it."""


async def _counted(home: Path, *, officers: int, entries: int) -> dict[str, Measured]:
    async with full_house(home, officers=officers, entries=entries) as (portal, volume):
        return await count_statements(portal, await lists(portal, volume))


@pytest.mark.timeout(1_200)  # forty seconds of work, beside whatever else runs
async def test_no_page_sends_a_statement_for_each_of_its_rows(tmp_path: Path) -> None:
    few = await _counted(tmp_path / "few", officers=50, entries=100)
    many = await _counted(tmp_path / "many", **MANY)
    assert [(one.name, one.status) for one in many.values() if one.status != 200] == []
    assert few.keys() <= many.keys()
    grown = {name: (few[name].statements, many[name].statements) for name in few if not name.endswith(FRONT_PAGE)}
    assert {name: both for name, both in grown.items() if both[1] > both[0] + ANOTHER_STRETCH} == {}


@pytest.mark.skipif(not os.environ.get("LONG"), reason="makes a hundred thousand entries: make test-long")
@pytest.mark.skipif(find_binaries() is None, reason="no PostgreSQL server on this machine")
async def test_no_statement_reads_more_than_a_page_needs(tmp_path: Path) -> None:
    binaries = find_binaries()
    assert binaries is not None
    with Cluster.started(binaries) as cluster:
        url = cluster.create_database(f"long_{secrets.token_hex(4)}")
        async with full_house(tmp_path / "home", officers=50_000, entries=100_000, database_url=url) as house:
            measured = [one async for one in measure(house[0], await lists(*house), rounds=2)]
    assert [(one.name, one.status) for one in measured if one.status != 200] == []
    assert [(one.name, plan.buffers, plan.text) for one in measured for plan in one.heavy] == []
