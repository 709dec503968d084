"""The one difference between the engines that Core does not hide: INSERT … ON CONFLICT."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


def insert_on_conflict(table: Table, dialect: str) -> PostgresqlInsert | SqliteInsert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` on this engine."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
