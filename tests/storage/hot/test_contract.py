"""What the hot path keeps on every engine: single use, all or nothing, no caller hurt by another, an orderly end."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, insert, select, text

from idp.kernel.clock import SystemClock
from idp.kernel.errors import Unavailable
from idp.storage.hot.batches import LONGEST_QUEUE
from idp.storage.hot.operations import Gate, Given, Insert, Read, Rows, Takes, Update, Write
from idp.storage.metadata import Instant, JsonText
from idp.storage.model import StorageProblem
from idp.storage.spent import Spend, SpentKind, is_spent, spend_now
from idp.storage.storage import Storage, open_engine

PROCESSES_AT_ONCE = 16
EXPIRES_AT = datetime(2100, 1, 1, tzinfo=UTC)
tables = MetaData()

thing = Table(
    "thing",
    tables,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("about", JsonText, nullable=False),
    Column("made_at", Instant, nullable=False),
)
journal = Table(
    "journal",
    tables,
    Column("id", Text, primary_key=True),
    Column("thing_id", Text, nullable=False),
)

TAKES: Takes = {"thing_id": Text(), "version": Integer(), "entry_id": Text()}


def _found(rows: Rows) -> Select[tuple[object, ...]]:
    return select(thing.c.id, thing.c.about, thing.c.made_at).join(rows, thing.c.id == rows.c.thing_id)


def _noted(given: Given) -> dict[str, object]:
    return {"id": given.c.entry_id, "thing_id": given.c.thing_id}


FIND = Read("find", {"thing_id": Text()}, _found)
ADVANCE = Write(
    "advance",
    TAKES,
    (
        Update(
            thing,
            lambda given: {"version": given.c.version + 1},
            Gate("thing_id", thing.c.id),
            lambda given: thing.c.version == given.c.version,
        ),
        Insert(journal, _noted),
    ),
)


@pytest.fixture
async def store(storage: Storage) -> Storage:
    async with storage.engine.begin() as connection:
        await connection.run_sync(tables.create_all)
    async with storage.unit_of_work() as uow:
        rows = [{"id": f"t{number}", "version": 1, "about": {"ก": number}, "made_at": uow.now} for number in range(20)]
        await uow.execute(insert(thing), rows)
    return storage


async def entries(store: Storage) -> set[str]:
    async with store.reading() as uow:
        return {row.id for row in await uow.all(select(journal.c.id))}


async def advance(store: Storage, thing_id: str, version: int, entry_id: str) -> int:
    return await store.hot.write(ADVANCE, thing_id=thing_id, version=version, entry_id=entry_id)


async def test_each_caller_gets_its_own_row(store: Storage) -> None:
    rows = await asyncio.gather(*(store.hot.first(FIND, thing_id=f"t{number}") for number in (3, 99, 7, 3)))
    found = [None if row is None else (row.id, row.about) for row in rows]
    assert found == [("t3", {"ก": 3}), None, ("t7", {"ก": 7}), ("t3", {"ก": 3})]
    assert rows[0] is not None
    assert rows[0].made_at == store.clock.now()


async def test_one_of_sixteen_advances_and_is_noted(store: Storage) -> None:
    passed = await asyncio.gather(*(advance(store, "t1", 1, f"e{number}") for number in range(PROCESSES_AT_ONCE)))
    assert sum(passed) == 1
    assert await entries(store) == {f"e{passed.index(1)}"}


async def test_one_that_may_not_pass_does_not_stand_before_one_that_may(store: Storage) -> None:
    stale, present = await asyncio.gather(advance(store, "t1", 9, "stale"), advance(store, "t1", 1, "present"))
    assert (stale, present) == (0, 1)
    assert await entries(store) == {"present"}


async def test_what_waited_for_nothing_of_others_all_passes(store: Storage) -> None:
    assert await asyncio.gather(*(advance(store, f"t{number}", 1, f"e{number}") for number in range(20))) == [1] * 20
    assert len(await entries(store)) == 20


async def test_two_stores_on_one_database_spend_a_secret_once(store: Storage, database_url: str) -> None:
    other = Storage(open_engine(database_url), SystemClock())
    secrets = [Spend.of(SpentKind.CODE, scope="a", secret=f"s{n % 8}", expires_at=EXPIRES_AT) for n in range(64)]
    refused = await asyncio.gather(*(spend_now(at, [one]) for one in secrets for at in (store, other)))
    assert refused.count(None) == 8
    await other.close()


async def test_the_first_secret_that_was_spent_before_is_named(store: Storage) -> None:
    first, second = (Spend.of(SpentKind.CODE, scope="a", secret=s, expires_at=EXPIRES_AT) for s in "xy")
    assert await spend_now(store, [second]) is None
    assert await spend_now(store, [first, second]) == second
    assert await is_spent(store, first)
    assert not await is_spent(store, Spend.of(SpentKind.FLOW, scope="a", secret="x", expires_at=EXPIRES_AT))


async def test_a_callers_error_hurts_no_other_and_leaves_nothing(store: Storage) -> None:
    assert await advance(store, "t0", 1, "taken") == 1
    calls = [advance(store, f"t{number}", 1, "taken" if number == 3 else f"e{number}") for number in range(1, 8)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(answer, Exception) for answer in answers] == [number == 3 for number in range(1, 8)]
    # the failed one is as if it had not been
    assert await advance(store, "t3", 1, "e3") == 1


@pytest.mark.parametrize("wrong", [2**80, "\ud800"], ids=["no integer of the store", "no text of the store"])
async def test_a_value_that_the_driver_does_not_take_hurts_its_caller_alone(store: Storage, wrong: Any) -> None:
    values = [{"thing_id": f"t{number}", "version": 1, "entry_id": f"e{number}"} for number in range(4)]
    values[2] = {**values[2], "version" if isinstance(wrong, int) else "entry_id": wrong}
    answers = await asyncio.gather(*(store.hot.write(ADVANCE, **given) for given in values), return_exceptions=True)
    assert [answer if isinstance(answer, int) else "refused" for answer in answers] == [1, 1, "refused", 1]
    if isinstance(wrong, str):
        found = await asyncio.gather(
            *(store.hot.first(FIND, thing_id=name) for name in ("t1", wrong, "t3")), return_exceptions=True
        )
        assert [isinstance(row, Exception) for row in found] == [False, True, False]


async def test_too_many_waiting_are_refused_at_once(store: Storage) -> None:
    answers = await asyncio.gather(
        *(store.hot.first(FIND, thing_id="t1") for _ in range(LONGEST_QUEUE + 5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert [refusal.code for refusal in refused] == [StorageProblem.TOO_BUSY] * 5
    assert await store.hot.first(FIND, thing_id="t1") is not None


async def test_a_node_that_may_not_write_writes_nothing_hot_either(store: Storage) -> None:
    store.refuse_writes(Unavailable(StorageProblem.CLOCK_IS_OFF))
    with pytest.raises(Unavailable):
        await advance(store, "t1", 1, "e")
    store.refuse_writes(None)
    assert await advance(store, "t1", 1, "e") == 1


async def test_closing_answers_who_waits(store: Storage) -> None:
    waiting = [asyncio.create_task(advance(store, f"t{number}", 1, f"e{number}")) for number in range(5)]
    await asyncio.sleep(0)
    await store.hot.close()
    assert [await task for task in waiting] == [1] * 5
    with pytest.raises(Unavailable):
        await store.hot.first(FIND, thing_id="t1")


async def test_a_caller_that_went_away_does_not_stop_the_others(store: Storage) -> None:
    gone, stays = (asyncio.create_task(advance(store, thing_id, 1, thing_id)) for thing_id in ("t1", "t2"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 1


async def test_hot_and_cold_writers_take_turns(store: Storage) -> None:
    async def cold(number: int) -> None:
        async with store.unit_of_work() as uow:
            await uow.execute(insert(journal).values(id=f"cold{number}", thing_id="t"))

    hot = [advance(store, f"t{number}", 1, f"hot{number}") for number in range(10)]
    await asyncio.gather(*hot, *(cold(number) for number in range(10)))
    assert len(await entries(store)) == 20


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lost_connection_costs_an_answer_and_gives_nothing_twice(store: Storage) -> None:
    kill = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tuaton-hot'")
    for round_ in range(4):
        calls = [asyncio.create_task(advance(store, f"t{n % 10}", 1 + round_, f"e{round_}-{n}")) for n in range(20)]
        await asyncio.sleep(0.001 * round_)
        async with store.reading() as uow:
            await uow.execute(kill)
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for thing_id in range(10):
            assert [answers[thing_id], answers[thing_id + 10]].count(1) <= 1
        assert all(answer in (0, 1) or isinstance(answer, Unavailable) for answer in answers)
        told = {f"e{round_}-{n}" for n, answer in enumerate(answers) if answer == 1}
        assert told <= await entries(store)
        async with store.unit_of_work() as uow:
            await uow.execute(thing.update().values(version=2 + round_))
    assert await store.hot.first(FIND, thing_id="t1") is not None


async def test_a_server_that_does_not_answer_a_handshake_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = Storage(open_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none"), SystemClock())
    async with server:
        with pytest.raises(Unavailable) as given_up:
            await store.hot.first(FIND, thing_id="t1")
        assert given_up.value.code == StorageProblem.NO_ANSWER
        await store.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_no_transaction_stays_open(store: Storage) -> None:
    await asyncio.gather(*(advance(store, f"t{number}", 1, f"e{number}") for number in range(20)))
    mine = text("SELECT state FROM pg_stat_activity WHERE application_name = 'tuaton-hot'")
    async with store.reading() as uow:
        assert {row.state for row in await uow.all(mine)} == {"idle"}
