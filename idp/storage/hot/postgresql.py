"""Running batches on PostgreSQL: a connection for reads and one for writes, prepared statements, one trip a batch.

While one batch is under way the next callers gather: a second connection for each would only make batches smaller.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from asyncpg import exceptions

from idp.kernel.errors import Unavailable
from idp.storage.hot.batches import Batches, Call
from idp.storage.hot.plans import Plan
from idp.storage.model import StorageProblem, contradicted

STATEMENT_TIMEOUT_MS = 5_000
GIVE_UP_AFTER_SECONDS = 8
CONNECT_SECONDS = 3
"""A primary that does not answer a handshake is gone: who waits is told, and the next try finds its successor."""
PINNED: Mapping[str, str] = {
    "application_name": "tuaton-hot",
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    # every hot statement goes from its callers to rows by key: planned once, joined as it is written, and never by
    # reading a whole table, whatever the statistics say of a young or a fast growing store. To the planner a page costs
    # next to nothing and a row a lot: it takes the way that touches the fewest rows, not all of a table of one page
    "plan_cache_mode": "force_generic_plan",
    "join_collapse_limit": "1",
    "from_collapse_limit": "1",
    "random_page_cost": "0.1",
    "seq_page_cost": "0.1",
    "cpu_tuple_cost": "1",
    "cpu_index_tuple_cost": "1",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
LOST = (
    OSError,
    TimeoutError,
    exceptions.InterfaceError,
    # asyncpg's own state when the server ends the connection between two messages of one call
    exceptions.InternalClientError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
)


class PostgresqlHot:
    """Hot operations on PostgreSQL. `connect` are the arguments of `asyncpg.connect`."""

    def __init__(self, connect: Mapping[str, Any]) -> None:
        self._writer, self._reader = _Pinned(connect), _Pinned(connect)
        self._writes, self._reads = Batches([self._writer.serve]), Batches([self._reader.serve])

    async def ask(self, plan: Plan, values: tuple[Any, ...]) -> Any:
        """Rows of a read, gates passed of a write."""
        return await (self._writes if plan.writes else self._reads).ask(plan, plan, values)

    async def close(self) -> None:
        """Answer who waits, then give the connections back."""
        for batches, pinned in ((self._writes, self._writer), (self._reads, self._reader)):
            await batches.close()
            await pinned.close()


class _Pinned:
    """One connection, opened anew when it was lost."""

    def __init__(self, connect: Mapping[str, Any]) -> None:
        self._arguments = connect
        self._connection: Any = None  # asyncpg ships no annotations
        self._prepared: dict[Plan, Any] = {}

    async def serve(self, calls: Sequence[Call]) -> None:
        """Run a batch. A member's error does not hurt the others: they run again one by one."""
        plan = calls[0].plan
        try:
            answers = await self._run(plan, calls)
        except LOST as error:
            await self.close()
            # Whether a write was committed is not known: a secret may be spent, and nothing is minted for it.
            for call in calls:
                call.tell(_no_answer(error))
        except exceptions.PostgresError as error:
            if len(calls) == 1:
                calls[0].tell(_meant(error))
                return
            for call in calls:
                await self.serve([call])
        else:
            for call, answer in zip(calls, answers, strict=True):
                call.tell(answer)

    async def close(self) -> None:
        """Give the connection back, at once if it does not answer."""
        connection, self._connection = self._connection, None
        self._prepared.clear()
        if connection is not None:
            connection.terminate()

    async def _run(self, plan: Plan, calls: Sequence[Call]) -> list[Any]:
        statement = await self._statement(plan)
        rows = await statement.fetch(*map(list, zip(*(call.values for call in calls), strict=True)))
        if plan.writes:
            gates = dict.fromkeys(range(1, len(calls) + 1), 0)
            gates.update((row[1], row[0]) for row in rows)
            return list(gates.values())
        found: list[list[Any]] = [[] for _ in calls]
        for row in rows:
            *columns, ord_ = row
            found[ord_ - 1].append(plan.decoded(columns))
        return found

    async def _statement(self, plan: Plan) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._prepared.clear()
            self._connection = await asyncpg.connect(  # type: ignore[no-untyped-call]  # asyncpg ships no annotations
                **self._arguments,
                server_settings=dict(PINNED),
                timeout=CONNECT_SECONDS,
                command_timeout=GIVE_UP_AFTER_SECONDS,
                statement_cache_size=0,
            )
        prepared = self._prepared.get(plan)
        if prepared is None:
            # by a name: without asyncpg's own cache a nameless statement is parsed and planned anew by each call
            name = f"hot_{len(self._prepared)}"
            prepared = self._prepared[plan] = await self._connection.prepare(plan.texts[0], name=name)
        return prepared


def _meant(error: exceptions.PostgresError) -> Exception:
    """What a refusal says to the one caller whose write it was."""
    match error:
        case exceptions.IntegrityConstraintViolationError():
            return contradicted(error)
        case exceptions.TransactionRollbackError():
            # two waited for each other crosswise, and this one was given up: nothing of it is there
            busy = Unavailable(StorageProblem.TOO_BUSY, type(error).__name__)
            busy.__cause__ = error
            return busy
        case _:
            return error


def _no_answer(error: Exception) -> Unavailable:
    refusal = Unavailable(StorageProblem.NO_ANSWER, type(error).__name__)
    refusal.__cause__ = error
    return refusal
