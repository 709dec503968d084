"""What a page costs its store: the statements it sends, and on PostgreSQL how many of its pages each one reads."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_WRITES: Final = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b")


@dataclass(frozen=True)
class Sent:
    """One statement as the driver had it."""

    text: str
    parameters: Any


@dataclass
class Statements:
    """Everything that was sent while the block ran, and how long this process worked on it."""

    sent: list[Sent] = field(default_factory=list)
    cpu_ms: float = 0.0

    def __len__(self) -> int:
        return len(self.sent)


@dataclass(frozen=True)
class Plan:
    """How one statement was done: pages of 8 KiB it touched, the most rows of a step, milliseconds in the server."""

    text: str
    buffers: int
    rows: int
    took_ms: float


@contextmanager
def watched(engine: AsyncEngine) -> Iterator[Statements]:
    """The statements of this engine for as long as the block runs."""
    statements = Statements()

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many:
            statements.sent.append(Sent(text, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    began = time.process_time()
    try:
        yield statements
    finally:
        statements.cpu_ms = (time.process_time() - began) * 1000
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def plans(engine: AsyncEngine, sent: list[Sent]) -> list[Plan]:
    """The same reading statements once more, each asked what it did (PostgreSQL alone)."""
    found = []
    async with engine.connect() as connection:
        for one in sent:
            if _WRITES.search(one.text) or not one.text.lstrip().startswith(("SELECT", "WITH")):
                continue
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {one.text}"
            rows = await connection.exec_driver_sql(explained, one.parameters)
            said = rows.scalar_one()
            told = (json.loads(said) if isinstance(said, str) else said)[0]
            plan = told["Plan"]
            buffers = plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
            found.append(Plan(one.text, buffers, _most_rows(plan), told["Execution Time"]))
        await connection.rollback()
    return found


def _most_rows(plan: dict[str, Any]) -> int:
    """The most rows that one step gave or threw away."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return max([int(own), *(_most_rows(child) for child in plan.get("Plans", ()))])
