"""Steps that count and hold, on every engine: no limit is passed, nobody is half done, nothing old decides."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, true, update

from idp.kernel.clock import SystemClock
from idp.kernel.errors import Unavailable
from idp.storage.hot.operations import Count, Draw, Given, Hold, Insert, Rows, Takes, Write
from idp.storage.model import Contradicted, StorageProblem
from idp.storage.storage import Storage, open_engine

pytestmark = pytest.mark.anyio

tables = MetaData()
owner = Table("owner", tables, Column("id", Text, primary_key=True), Column("status", Text, nullable=False))
right = Table(
    "right_of",
    tables,
    Column("id", Text, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("status", Text, nullable=False),
)
counter = Table(
    "counter",
    tables,
    Column("id", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("since", Text, nullable=False),
)
journal = Table("journal", tables, Column("id", Text, primary_key=True))

TAKES: Takes = {"right_id": Text(), "counter_id": Text(), "weight": Integer(), "limit": Integer(), "entry_id": Text()}


def _joined(rows: Rows) -> Any:
    return rows.join(right, right.c.id == rows.c.right_id).join(owner, owner.c.id == right.c.owner_id)


def _live(given: Given) -> Any:
    return (right.c.status == "live") & (owner.c.status == "live")


HELD = Hold((right, owner), _joined, _live)
COUNTED = Count(
    counter,
    key=lambda given: {"id": given.c.counter_id, "part": given.c.right_id},
    adds=lambda given: {"times": given.c.limit * 0 + 1, "weight": given.c.weight},
    at_most=lambda given: {"times": given.c.limit},
    first=lambda given: {"since": given.c.entry_id},
    when=lambda given: given.c.weight > 0,
)
NOTED = Insert(journal, lambda given: {"id": given.c.entry_id})
TAKE = Write("take", TAKES, (HELD, COUNTED, NOTED))


DRAW = Write(
    "draw",
    TAKES,
    (
        Draw(
            counter,
            key=lambda given: {"id": given.c.counter_id, "part": given.c.right_id},
            takes=lambda given: {"weight": given.c.weight},
        ),
        NOTED,
    ),
)


@pytest.fixture
async def store(storage: Storage) -> Storage:
    async with storage.engine.begin() as connection:
        await connection.run_sync(tables.create_all)
    async with storage.unit_of_work() as uow:
        await uow.execute(insert(owner), [{"id": "o", "status": "live"}])
        rights = [{"id": f"r{number}", "owner_id": "o", "status": "live"} for number in range(3)]
        await uow.execute(insert(right), rights)
    return storage


async def take(store: Storage, entry_id: str, *, by: Write = TAKE, **changes: Any) -> Any:
    values = {"right_id": "r0", "counter_id": "c", "weight": 2, "limit": 100, "entry_id": entry_id} | changes
    try:
        return await store.hot.write(by, **values)
    except Contradicted:
        return "over"


async def counted(store: Storage) -> dict[tuple[str, str], tuple[int, int]]:
    async with store.reading() as uow:
        return {(row.id, row.part): (row.times, row.weight) for row in await uow.all(select(counter))}


async def entries(store: Storage) -> set[str]:
    async with store.reading() as uow:
        return {row.id for row in await uow.all(select(journal.c.id))}


async def test_callers_of_one_batch_count_together(store: Storage) -> None:
    calls = [take(store, f"e{number}", right_id=f"r{number % 2}") for number in range(20)]
    assert await asyncio.gather(*calls) == [1] * 20
    assert await counted(store) == {("c", "r0"): (10, 20), ("c", "r1"): (10, 20)}
    assert len(await entries(store)) == 20


@pytest.mark.parametrize("limit", [1, 5])
async def test_a_limit_is_never_passed_and_who_goes_over_leaves_nothing(store: Storage, limit: int) -> None:
    answers = await asyncio.gather(*(take(store, f"e{number}", limit=limit) for number in range(8)))
    assert sorted(map(str, answers)) == ["1"] * limit + ["over"] * (8 - limit)
    assert await counted(store) == {("c", "r0"): (limit, 2 * limit)}
    assert await entries(store) == {f"e{number}" for number, answer in enumerate(answers) if answer == 1}


async def test_a_limit_of_none_lets_nobody_in(store: Storage) -> None:
    assert await take(store, "e", limit=0) == "over"
    assert (await counted(store), await entries(store)) == ({}, set())


async def test_a_limit_holds_over_two_nodes(store: Storage, database_url: str) -> None:
    other = Storage(open_engine(database_url), SystemClock())
    calls = [take(at, f"e{number}{at is other}", limit=7) for number in range(8) for at in (store, other)]
    assert (await asyncio.gather(*calls)).count(1) == 7
    assert await counted(store) == {("c", "r0"): (7, 14)}
    await other.close()


async def test_each_counter_of_a_batch_has_its_own_limit_also_one_that_is_made_meanwhile(store: Storage) -> None:
    """Two nodes make one counter at once, beside a batch that counts in another of a higher limit."""
    assert await take(store, "there", right_id="r1") == 1
    async with store.unit_of_work() as uow:
        made = {"id": "c", "part": "r0", "times": 1, "weight": 2, "since": "another node"}
        await uow.execute(insert(counter).values(made))
        calls = [take(store, "a", limit=1), take(store, "b", right_id="r1", limit=100)]
        answers = asyncio.gather(*calls)
        await asyncio.sleep(0.2)
        assert not answers.done()
    assert await answers == ["over", 1]
    assert await counted(store) == {("c", "r0"): (1, 2), ("c", "r1"): (2, 4)}


async def test_who_counts_nothing_passes(store: Storage) -> None:
    assert list(await asyncio.gather(take(store, "a", weight=0, limit=0), take(store, "b"))) == [1, 1]
    assert await counted(store) == {("c", "r0"): (1, 2)}
    assert await entries(store) == {"a", "b"}


@pytest.mark.parametrize("ended", [right, owner], ids=lambda table: table.name)
async def test_who_does_not_hold_passes_nothing(store: Storage, ended: Table) -> None:
    async with store.unit_of_work() as uow:
        await uow.execute(update(ended).where(true()).values(status="ended"))
    assert list(await asyncio.gather(take(store, "a"), take(store, "b", right_id="none"))) == [0, 0]
    assert (await counted(store), await entries(store)) == ({}, set())


@pytest.mark.parametrize("ended", [right, owner], ids=lambda table: table.name)
async def test_what_was_being_ended_when_the_statement_began_is_judged_as_it_is_then(
    store: Storage, ended: Table
) -> None:
    async with store.unit_of_work() as uow:
        await uow.execute(update(ended).where(ended.c.status == "live").values(status="ended"))
        taken = asyncio.create_task(take(store, "a"))
        await asyncio.sleep(0.2)
        assert not taken.done()
    assert await taken == 0
    assert await entries(store) == set()


async def test_who_is_given_up_because_two_waited_crosswise_may_try_again(store: Storage) -> None:
    """The store takes back the one that waited first; on SQLite, with one writer, nobody waits crosswise."""
    async with store.unit_of_work() as uow:
        await uow.execute(update(owner).where(true()).values(status="live"))
        taken = asyncio.create_task(take(store, "a"))
        await asyncio.sleep(0.2)
        await uow.execute(update(right).where(true()).values(status="live"))
    [answer] = await asyncio.gather(taken, return_exceptions=True)
    if store.engine.dialect.name == "sqlite":
        assert answer == 1
    else:
        assert isinstance(answer, Unavailable)
        assert answer.code is StorageProblem.TOO_BUSY
        assert (await counted(store), await entries(store)) == ({}, set())
    assert await take(store, "b") == 1


async def test_what_is_left_is_drawn_to_nothing_and_no_further(store: Storage, database_url: str) -> None:
    other = Storage(open_engine(database_url), SystemClock())
    await take(store, "first", weight=10)
    calls = [take(at, f"{number}{at is other}", by=DRAW, weight=3) for number in range(4) for at in (store, other)]
    answers = await asyncio.gather(*calls)
    assert sorted(map(str, answers)) == ["1"] * 3 + ["over"] * 5
    assert await counted(store) == {("c", "r0"): (1, 1)}
    assert len(await entries(store)) == 4
    await other.close()


async def test_callers_of_one_batch_draw_together_and_from_what_is_there(store: Storage) -> None:
    await asyncio.gather(take(store, "a", weight=10), take(store, "b", right_id="r1", weight=10))
    calls = [take(store, f"e{number}", by=DRAW, right_id=f"r{number % 3}") for number in range(9)]
    assert await asyncio.gather(*calls) == [1, 1, 0] * 3
    assert await counted(store) == {("c", "r0"): (1, 4), ("c", "r1"): (1, 4)}
