"""Engines and the unit of work: one transaction in which a use case loads, decides, saves and audits."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Dialect, Executable, PoolProxiedConnection, Row, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from idp.kernel.clock import Clock
from idp.storage.hot import postgresql_text, sqlite_text
from idp.storage.hot.postgresql import PostgresqlHot
from idp.storage.hot.sqlite import SqliteHot
from idp.storage.hot.store import HotStore

BUSY_TIMEOUT_MS = 10_000

TRUSTED_SECONDS: Final = 1.0
"""How long after its last use a PostgreSQL connection that its driver holds open is taken without being asked."""

_GIVEN_BACK: Final = "given_back"


class UnitOfWork:
    """One open transaction. `now` is fixed when it opens, so that one act has one time."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self.now = now

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run any Core statement."""
        return await self._connection.execute(statement, parameters)

    async def first(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        return (await self._connection.execute(statement)).first()

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """Every row."""
        return (await self._connection.execute(statement)).all()

    async def changed(self, statement: Executable) -> int:
        """How many rows an UPDATE, DELETE or INSERT touched: the answer of a conditional write."""
        return (await self._connection.execute(statement)).rowcount


class Storage:
    """The store of one deployment: SQLite file or PostgreSQL, behind the same two context managers.

    `hot` runs the few operations that are declared for it; everything else goes through a unit of work.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        # SQLite has one writer: waiting in line here is cheaper than its busy handler, which sleeps.
        self._writers = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        self._refusal: Exception | None = None
        self.hot = self._hot_store()

    def refuse_writes(self, refusal: Exception | None) -> None:
        """From now on every writing transaction raises this; None takes writes again."""
        self._refusal = refusal

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """A writing transaction: commits when the block ends, rolls back when it raises."""
        self._may_write()
        if self._writers is None:
            async with self.engine.begin() as connection:
                yield UnitOfWork(connection, self.clock.now())
            return
        async with self._writers:
            options = self.engine.execution_options(writes=True)
            async with options.begin() as connection:
                yield UnitOfWork(connection, self.clock.now())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that only reads, from one snapshot."""
        snapshot = self.engine
        if self._writers is None:
            snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ")
        async with snapshot.begin() as connection:
            yield UnitOfWork(connection, self.clock.now())

    async def close(self) -> None:
        """Give all connections back."""
        await self.hot.close()
        await self.engine.dispose()

    def _may_write(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    def _hot_store(self) -> HotStore:
        engine = self.engine
        if self._writers is not None:
            sqlite = SqliteHot(engine.url.database or "", prepare=_prepare_connection, turn=self._writers)
            return HotStore(
                sqlite,
                dialect=engine.dialect,
                compile_read=sqlite_text.compile_read,
                compile_write=sqlite_text.compile_write,
                may_write=self._may_write,
            )
        _, connect = engine.dialect.create_connect_args(engine.url)
        return HotStore(
            PostgresqlHot(connect),
            dialect=engine.dialect,
            compile_read=postgresql_text.compile_read,
            compile_write=postgresql_text.compile_write,
            may_write=self._may_write,
        )


def open_engine(database_url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`.

    SQLite runs in WAL with synchronous FULL: a commit that was answered survives a power cut.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(url, pool_size=10, max_overflow=10, pool_timeout=5)
    _LivingConnections(engine.dialect).watch(engine)
    return engine


class _LivingConnections:
    """Hands out connections that live. SQLAlchemy's own `pool_pre_ping` asks each time, and by three round trips.

    The driver sees at once that its server closed a connection; only one that was quiet for a while may be lost without
    a word. What is lost is made anew, and so is every other one of the pool.
    """

    def __init__(self, dialect: Dialect, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._dialect = dialect
        self._monotonic = monotonic

    def watch(self, engine: AsyncEngine) -> None:
        """Look at each connection that the pool of this engine hands out."""
        event.listen(engine.sync_engine, "checkin", self._given_back)
        event.listen(engine.sync_engine, "checkout", self._handed_out)

    def _given_back(self, _connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_GIVEN_BACK] = self._monotonic()

    def _handed_out(
        self, connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        since = entry.info.pop(_GIVEN_BACK, None)
        if since is None or self._monotonic() - since < TRUSTED_SECONDS:
            return
        try:
            self._dialect.do_ping(connection)
        except self._dialect.loaded_dbapi.Error as lost:
            raise InvalidatePoolError from lost


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _prepare_connection(connection)


def _prepare_connection(connection: DBAPIConnection | sqlite3.Connection) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # One that reads first and writes later cannot be upgraded once another writer got in between: writers lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
