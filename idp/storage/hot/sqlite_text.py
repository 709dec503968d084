"""Operations as SQLite runs them: one caller at a time, each step a statement of its own."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import assert_never

from sqlalchemy import ClauseElement, ColumnElement, Dialect, case, literal_column, select, true
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import WriteableColumnCollection
from sqlalchemy.sql.dml import Update

from idp.storage.hot import operations
from idp.storage.hot.plans import Plan, make_plan


def compile_read(operation: operations.Read, dialect: Dialect) -> Plan:
    """One SELECT for one caller."""
    selected = operation.build(_subquery(operation.takes))
    return make_plan(operation, [_text(selected, dialect)], selected, dialect)


def compile_write(operation: operations.Write, dialect: Dialect) -> Plan:
    """A statement a step, for one caller."""
    given = {name: literal_column(f":{name}", kind) for name, kind in operation.takes.items()}
    texts = [_text(_done(step, operation, given), dialect) for step in operation.steps]
    return make_plan(operation, texts, None, dialect)


def _done(step: operations.Step, operation: operations.Write, given: Mapping[str, object]) -> ClauseElement:
    rows = SimpleNamespace(c=WriteableColumnCollection(list(given.items())))
    match step:
        case operations.Hold():
            return _held(step, operation)
        case operations.Count():
            return _counted(step, rows)
        case operations.Draw():
            return _drawn(step, rows)
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


def _held(step: operations.Hold, operation: operations.Write) -> ClauseElement:
    """The one writer holds every row; what is left is to look."""
    given = _subquery(operation.takes)
    return select(literal_column("1")).select_from(step.tables(given)).where(step.when(given))


def _subquery(takes: operations.Takes) -> operations.Rows:
    return select(*(literal_column(f":{name}", kind).label(name) for name, kind in takes.items())).subquery("given")


def _counted(step: operations.Count, rows: operations.Given) -> ClauseElement:
    key, adds, limits = step.key(rows), step.adds(rows), step.at_most(rows)

    def capped(name: str, value: ColumnElement[int]) -> ColumnElement[int]:
        return case((value <= limits[name], value)) if name in limits else value

    first = {**key, **{name: capped(name, added) for name, added in adds.items()}, **step.first(rows)}
    counted = {name: capped(name, step.table.c[name] + added) for name, added in adds.items()}
    statement = sqlite.insert(step.table).from_select(list(first), select(*first.values()).where(step.when(rows)))
    return statement.on_conflict_do_update(index_elements=list(key), set_=counted)


def _drawn(step: operations.Draw, rows: operations.Given) -> ClauseElement:
    columns = step.table.c
    mine = (columns[name] == value for name, value in step.key(rows).items())
    left = {name: columns[name] - taken for name, taken in step.takes(rows).items()}
    return Update(step.table).where(*mine).values({name: case((value >= 0, value)) for name, value in left.items()})


def _text(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
