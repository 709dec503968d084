"""Operations as PostgreSQL runs them: one statement for all callers, their values as arrays.

Callers' rows are taken in the order of the gate's value, so that two nodes never wait for each other crosswise.
"""

from sqlalchemy import (
    CTE,
    ColumnElement,
    Dialect,
    FromClause,
    Integer,
    Select,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate, Update

from idp.storage.hot import operations
from idp.storage.hot.plans import ORD, Plan, make_plan


def compile_read(operation: operations.Read, dialect: Dialect) -> Plan:
    """One SELECT for all callers."""
    asked = _asked(operation.takes, dialect)
    selected = operation.build(asked)
    return make_plan(operation, [_text(selected.add_columns(asked.c.ord), dialect)], selected, dialect)


def compile_write(operation: operations.Write, dialect: Dialect) -> Plan:
    """One statement: the steps as data-modifying CTEs, then how many gates each caller passed."""
    asked = select(_asked(operation.takes, dialect)).cte("asked")
    rows: FromClause = asked
    passed: list[CTE] = []
    ungated: list[CTE] = []
    for number, step in enumerate(operation.steps):
        name = f"step_{number}"
        if step.gate is None:
            ungated.append(_insert(step, _where(step, rows, _valued(step, rows)), rows).cte(name))
            continue
        key = rows.c[step.gate.given]
        able = _able(step, step.gate, rows)
        first = able.ext(postgresql.distinct_on(key)).order_by(key, rows.c.ord).cte(f"first_{number}")
        written = _written(step, step.gate, first).cte(name)
        rows = select(first).join(written, written.c.key == first.c[step.gate.given]).cte(f"passed_{number}")
        passed.append(rows)
    return make_plan(operation, [_text(_counted(asked, passed).add_cte(*ungated), dialect)], None, dialect)


def _asked(takes: operations.Takes, dialect: Dialect) -> FromClause:
    arrays: list[ColumnElement[object]] = [
        literal_column(f"${place}::{kind.compile(dialect)}[]") for place, kind in enumerate(takes.values(), 1)
    ]
    names = [column(name, kind) for name, kind in takes.items()]
    return func.unnest(*arrays).table_valued(*names, with_ordinality=ORD, name="given").render_derived()


def _able(step: operations.Step, gate: operations.Gate, rows: FromClause) -> Select[tuple[object, ...]]:
    """Callers for whom `when` holds: one for whom it does not never stands before another with the same value."""
    match step:
        case operations.Insert():
            return _where(step, rows, select(rows))
        case operations.Update():
            return select(rows).join(step.table, gate.column == rows.c[gate.given]).where(step.when(rows))


def _where(
    step: operations.Insert, rows: FromClause, selected: Select[tuple[object, ...]]
) -> Select[tuple[object, ...]]:
    return selected if step.when is None else selected.where(step.when(rows))


def _written(
    step: operations.Step, gate: operations.Gate, first: CTE
) -> ReturningInsert[tuple[object]] | ReturningUpdate[tuple[object]]:
    match step:
        case operations.Insert():
            statement = _insert(step, _valued(step, first).order_by(first.c[gate.given]), first)
            return (statement.on_conflict_do_nothing() if gate.once else statement).returning(gate.column.label("key"))
        case operations.Update():
            # judged again: another node may have changed the row since it was read
            change = Update(step.table).where(gate.column == first.c[gate.given], step.when(first))
            return change.values(dict(step.values(first))).returning(gate.column.label("key"))


def _valued(step: operations.Insert, rows: FromClause) -> Select[tuple[object, ...]]:
    return select(*step.values(rows).values()).select_from(rows)


def _insert(step: operations.Insert, source: Select[tuple[object, ...]], rows: FromClause) -> postgresql.Insert:
    return postgresql.insert(step.table).from_select(list(step.values(rows)), source)


def _counted(asked: CTE, passed: list[CTE]) -> Select[tuple[int, int]]:
    joined: FromClause = asked
    gates: ColumnElement[int] = literal_column("0", Integer)
    for rows in passed:
        joined = joined.outerjoin(rows, rows.c.ord == asked.c.ord)
        gates = gates + cast(rows.c.ord.is_not(None), Integer)
    return select(gates.label("gates"), asked.c.ord).select_from(joined)


def _text(statement: Select[tuple[object, ...]], dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
