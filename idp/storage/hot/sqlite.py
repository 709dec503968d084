"""Running batches on SQLite: writes of all waiting callers in one IMMEDIATE transaction of a writer thread.

Reads have a thread and a connection of their own, so that no write holds them up (WAL).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from idp.kernel.errors import Unavailable
from idp.storage.hot.batches import Batches, Call
from idp.storage.hot.plans import Plan
from idp.storage.model import StorageProblem, contradicted


class SqliteHot:
    """Hot operations on a SQLite file. `prepare` sets a fresh connection up; `turn` is held by whoever writes."""

    def __init__(self, path: str, *, prepare: Callable[[sqlite3.Connection], None], turn: asyncio.Lock) -> None:
        self._turn = turn
        self._writer, self._reader = _Thread(path, prepare), _Thread(path, prepare)
        self._writes, self._reads = Batches([self._write]), Batches([self._read])

    async def ask(self, plan: Plan, values: tuple[Any, ...]) -> Any:
        """Rows of a read, gates passed of a write."""
        return await (self._writes if plan.writes else self._reads).ask(plan.writes, plan, values)

    async def close(self) -> None:
        """Answer who waits, then close the file."""
        for batches, thread in ((self._writes, self._writer), (self._reads, self._reader)):
            await batches.close()
            await thread.close()

    async def _write(self, calls: Sequence[Call]) -> None:
        async with self._turn:
            answers = await self._writer.run(_commit, calls)
        _tell(calls, answers)

    async def _read(self, calls: Sequence[Call]) -> None:
        _tell(calls, await self._reader.run(_look_up, calls))


class _Thread:
    """One thread with one connection, opened at the first batch."""

    def __init__(self, path: str, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="tuaton-hot")
        self._connection: sqlite3.Connection | None = None

    async def run(
        self, batch: Callable[[sqlite3.Connection, Sequence[Call]], list[Any]], calls: Sequence[Call]
    ) -> list[Any]:
        """The answers of a batch. Raises Unavailable when the file cannot be written or read."""
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, lambda: batch(self._opened(), calls)
            )
        except sqlite3.Error as error:
            raise Unavailable(StorageProblem.NO_ANSWER, type(error).__name__) from error

    async def close(self) -> None:
        """Close the connection in its thread, then end the thread. Once more does nothing."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._connection.close)
            self._connection = None
        self._executor.shutdown()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path)
            self._prepare(self._connection)
        return self._connection


def _commit(connection: sqlite3.Connection, calls: Sequence[Call]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        answers = [_alone(connection, call) for call in calls]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return answers


def _alone(connection: sqlite3.Connection, call: Call) -> int | Exception:
    """One caller's steps, undone together when one of them fails: also for a value that the driver does not take."""
    connection.execute("SAVEPOINT caller")
    try:
        passed = _steps(connection, call.plan, call.values)
    except sqlite3.IntegrityError as error:
        connection.execute("ROLLBACK TO caller")
        return contradicted(error)
    except Exception as error:  # noqa: BLE001 - nothing is swallowed: its caller gets it, and nobody else
        connection.execute("ROLLBACK TO caller")
        return error
    finally:
        connection.execute("RELEASE caller")
    return passed


def _steps(connection: sqlite3.Connection, plan: Plan, values: tuple[Any, ...]) -> int:
    given, passed = plan.named(values), 0
    for text, has_gate in zip(plan.texts, plan.gates, strict=True):
        done = connection.execute(text, given)
        # a step that writes nothing says by a row that it let pass
        touched = done.rowcount if done.description is None else len(done.fetchall())
        if has_gate and touched != 1:
            return passed
        passed += has_gate
    return passed


def _look_up(connection: sqlite3.Connection, calls: Sequence[Call]) -> list[Any]:
    return [_found(connection, call) for call in calls]


def _found(connection: sqlite3.Connection, call: Call) -> list[Any] | Exception:
    try:
        rows = connection.execute(call.plan.texts[0], call.plan.named(call.values))
        return [call.plan.decoded(row) for row in rows]
    except (OverflowError, TypeError, ValueError, sqlite3.DataError, sqlite3.ProgrammingError) as error:
        return error  # a value of this caller that the driver does not take


def _tell(calls: Sequence[Call], answers: Sequence[Any]) -> None:
    for call, answer in zip(calls, answers, strict=True):
        call.tell(answer)
