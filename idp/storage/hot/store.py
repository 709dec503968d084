"""The door of this package: run a declared operation with one caller's values."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Dialect

from idp.storage.hot.operations import Read, Write
from idp.storage.hot.plans import Plan


class Runner(Protocol):
    """An engine's way to run plans."""

    async def ask(self, plan: Plan, values: tuple[Any, ...]) -> Any:
        """Rows of a read, gates passed of a write."""

    async def close(self) -> None:
        """Answer who waits, then stop."""


class HotStore:
    """Hot operations of one store. `may_write` raises while this node may write nothing."""

    def __init__(
        self,
        runner: Runner,
        *,
        dialect: Dialect,
        compile_read: Callable[[Read, Dialect], Plan],
        compile_write: Callable[[Write, Dialect], Plan],
        may_write: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._dialect = dialect
        self._compile_read = compile_read
        self._compile_write = compile_write
        self._may_write = may_write
        self._plans: dict[Read | Write, Plan] = {}

    async def all(self, operation: Read, **values: Any) -> Sequence[Any]:
        """A caller's rows. Raises Unavailable: nothing is known then."""
        plan = self._plans.get(operation)
        if plan is None:
            plan = self._plans[operation] = self._compile_read(operation, self._dialect)
        rows: Sequence[Any] = await self._runner.ask(plan, plan.encoded(values))
        return rows

    async def first(self, operation: Read, **values: Any) -> Any | None:
        """A caller's first row, or None."""
        rows = await self.all(operation, **values)
        return rows[0] if rows else None

    async def write(self, operation: Write, **values: Any) -> int:
        """Run the steps and commit; gives how many gates this caller passed.

        Raises Unavailable: then nobody may be told that it was done.
        """
        self._may_write()
        plan = self._plans.get(operation)
        if plan is None:
            plan = self._plans[operation] = self._compile_write(operation, self._dialect)
        passed: int = await self._runner.ask(plan, plan.encoded(values))
        return passed

    async def close(self) -> None:
        """Answer who waits, then give everything back."""
        await self._runner.close()
