"""On PostgreSQL a hot statement is planned once, and goes from its callers to rows by key, in a young store too."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Select, Table, Text, select

from idp.authorization.client_registration.hot_store import LIVE_CLIENT, NOTE_OF_CLIENT
from idp.authorization.grants.hot_store import (
    LIVE_GRANT,
    LIVE_GRANT_WITH_PERSON,
    NEXT_GENERATION,
    NOTE_OF_GRANT,
    REDEEM,
)
from idp.authorization.requests.hot_store import ISSUE, SIGN_IN_FACTS
from idp.exchange.pull.hot_store import DECIDED, DISCLOSE_COMPANY, DISCLOSE_PERSON, FACTS
from idp.exchange.waiting.store import WAITING_OF_KEY
from idp.storage.hot.operations import Read, Rows, Write
from idp.storage.hot.postgresql import PINNED
from idp.storage.hot.postgresql_text import compile_read, compile_write
from idp.storage.storage import Storage
from idp.subscribers.hot_store import LIVE_PERSON

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.postgresql,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]

OPERATIONS: tuple[Read | Write, ...] = (
    LIVE_CLIENT,
    LIVE_GRANT,
    LIVE_GRANT_WITH_PERSON,
    LIVE_PERSON,
    SIGN_IN_FACTS,
    ISSUE,
    REDEEM,
    NEXT_GENERATION,
    NOTE_OF_GRANT,
    NOTE_OF_CLIENT,
    WAITING_OF_KEY,
    FACTS,
    DECIDED,
    DISCLOSE_PERSON,
    DISCLOSE_COMPANY,
)

prepared = Table(
    "pg_prepared_statements",
    MetaData(),
    Column("name", Text),
    Column("generic_plans", BigInteger),
    Column("custom_plans", BigInteger),
)


def _statements(rows: Rows) -> Select[Any]:
    return select(prepared.c.name, prepared.c.generic_plans, prepared.c.custom_plans).join(
        rows, prepared.c.name != rows.c.other
    )


STATEMENTS = Read("statements", {"other": Text()}, _statements)
"""What the connection of the reads has prepared, seen by itself."""


async def test_a_statement_is_prepared_once_a_connection(storage: Storage) -> None:
    for _ in range(5):
        assert await storage.hot.first(LIVE_GRANT, grant_id="none", now=storage.clock.now()) is None
    found = {row.name: row for row in await storage.hot.all(STATEMENTS, other="")}
    assert set(found) == {"hot_0", "hot_1"}
    assert (found["hot_0"].generic_plans, found["hot_0"].custom_plans) == (5, 0)


def scans_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in node and node["Node Type"] != "ModifyTable":
        yield node
    for child in node.get("Plans", ()):
        yield from scans_of(child)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_every_row_is_found_by_its_key(storage: Storage, operation: Read | Write) -> None:
    dialect = storage.engine.dialect
    plan = compile_read(operation, dialect) if isinstance(operation, Read) else compile_write(operation, dialect)
    _, connect = dialect.create_connect_args(storage.engine.url)
    connection = await asyncpg.connect(  # type: ignore[no-untyped-call]  # asyncpg ships no annotations
        **connect, server_settings=dict(PINNED)
    )
    try:
        await connection.execute(f"PREPARE judged AS {plan.texts[0]}")
        nothing = ", ".join(["NULL"] * len(plan.inputs))
        explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE judged({nothing})")
    finally:
        await connection.close()
    for scan in scans_of(json.loads(explained)[0]["Plan"]):
        assert "Index Cond" in scan, scan
