"""Operations as SQLite runs them: one caller at a time, each step a statement of its own."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import assert_never

from sqlalchemy import ClauseElement, Dialect, literal_column, select, true
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import WriteableColumnCollection
from sqlalchemy.sql.dml import Update

from idp.storage.hot import operations
from idp.storage.hot.plans import Plan, make_plan


def compile_read(operation: operations.Read, dialect: Dialect) -> Plan:
    """One SELECT for one caller."""
    values = (literal_column(f":{name}", kind).label(name) for name, kind in operation.takes.items())
    selected = operation.build(select(*values).subquery("given"))
    return make_plan(operation, [_text(selected, dialect)], selected, dialect)


def compile_write(operation: operations.Write, dialect: Dialect) -> Plan:
    """A statement a step, for one caller."""
    given = {name: literal_column(f":{name}", kind) for name, kind in operation.takes.items()}
    return make_plan(operation, [_text(_written(step, given), dialect) for step in operation.steps], None, dialect)


def _written(step: operations.Step, given: Mapping[str, object]) -> ClauseElement:
    rows = SimpleNamespace(c=WriteableColumnCollection(list(given.items())))
    match step:
        case operations.Insert():
            # without a WHERE, SQLite reads ON CONFLICT as part of the SELECT
            condition = true() if step.when is None else step.when(rows)
            values = step.values(rows)
            statement = sqlite.insert(step.table).from_select(list(values), select(*values.values()).where(condition))
            return statement.on_conflict_do_nothing() if step.gate is not None and step.gate.once else statement
        case operations.Update():
            change = Update(step.table).where(step.gate.column == given[step.gate.given], step.when(rows))
            return change.values(dict(step.values(rows)))
        case never:
            assert_never(never)


def _text(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
