"""Writing rows by the hundred thousand: as columns have them in the store, past everything that decides."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Index, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from idp.app.rooms import Rooms
from idp.keys.files import FIRST_VERSION
from idp.keys.sealing import NONCE_BYTES

BATCH: Final = 50_000


async def write(connection: AsyncConnection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    """Rows as columns have them in the store: moments are milliseconds, JSON is text."""
    names = [column.name for column in table.columns]
    while batch := [tuple(row.get(name) for name in names) for _, row in zip(range(BATCH), rows, strict=False)]:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        if connection.dialect.name == "postgresql":
            await driver.copy_records_to_table(table.name, records=batch, columns=names)
        else:
            await driver.executemany(str(insert(table).compile(dialect=sqlite.dialect())), batch)


@asynccontextmanager
async def writing(engine: AsyncEngine, *quicker_without: Table) -> AsyncIterator[AsyncConnection]:
    """One transaction; the indexes of these tables are made at its end, which is quicker than one row at a time."""
    async with engine.execution_options(writes=True).begin() as connection:
        indexes: list[Index] = [index for table in quicker_without for index in table.indexes]
        for index in indexes:
            await connection.run_sync(index.drop)
        yield connection
        for index in indexes:
            await connection.run_sync(index.create)


async def settle(engine: AsyncEngine) -> None:
    """Let the planner know what there is."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")


def milliseconds(moment: datetime) -> int:
    """As an Instant is kept."""
    return int(moment.astimezone(UTC).timestamp() * 1000)


class Sealer:
    """Seals as `PersonalData` does, an owner's key with it, without a statement for each: by the million."""

    def __init__(self, rooms: Rooms, dice: random.Random) -> None:
        wrapping = rooms.ground.root_keys.derive("data-key-wrapping", version=FIRST_VERSION)
        self._wrapping = AESGCM(wrapping)
        self._random: Callable[[int], bytes] = dice.randbytes
        self.personal = rooms.ground.personal

    def sealed(self, owner: str, at: int, *, table: str, column: str, value: bytes) -> tuple[dict[str, Any], bytes]:
        """The row of the owner's data key, and the value sealed in the owner's row of that table."""
        key, nonce = self._random(32), self._random(NONCE_BYTES)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, owner.encode())
        nonce = self._random(NONCE_BYTES)
        place = "\x1f".join((table, column, owner)).encode()
        row = {"owner": owner, "root_version": FIRST_VERSION, "wrapped": wrapped, "created_at": at}
        return row, nonce + AESGCM(key).encrypt(nonce, value, place)
