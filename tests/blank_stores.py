"""Stores with every table and no row: made once for each engine, copied for each test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, create_mock_engine
from sqlalchemy.schema import ExecutableDDLElement

from idp.app.schema import all_tables
from tests.postgresql import Cluster

BLANK = "blank"


def make_blank_sqlite(path: Path) -> None:
    """A file to copy."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        all_tables().create_all(connection)
    engine.dispose()


def make_blank_postgresql(cluster: Cluster) -> None:
    """A database to copy, named BLANK."""
    statements: list[str] = []

    def note(statement: ExecutableDDLElement, *_: Any, **__: Any) -> None:
        statements.append(f"{statement.compile(dialect=engine.dialect)};")

    takes: Callable[..., None] = note
    engine = create_mock_engine("postgresql+asyncpg://", takes)
    all_tables().create_all(engine, checkfirst=False)
    cluster.create_database(BLANK)
    cluster.run_script(BLANK, "\n".join(statements))
