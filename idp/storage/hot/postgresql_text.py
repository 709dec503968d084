"""Operations as PostgreSQL runs them: one statement for all callers, their values as arrays.

Callers' rows are taken in the order of the gate's value, so that two nodes never wait for each other crosswise.
"""

from typing import Any, assert_never

from sqlalchemy import (
    CTE,
    ColumnElement,
    Dialect,
    FromClause,
    Integer,
    Select,
    and_,
    case,
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
        match step:
            case operations.Hold():
                rows = _held(step, rows).cte(name)
                passed.append(rows)
            case operations.Count():
                rows = _after(_added_up(step, rows, number).cte(name), rows).cte(f"passed_{number}")
            case operations.Draw():
                rows = _drawn(step, rows, number)
                passed.append(rows)
            case operations.Insert() if step.gate is None:
                ungated.append(_insert(step, _where(step, rows, _valued(step, rows)), rows).cte(name))
            case operations.Insert() | operations.Update():
                rows = _through(step, rows, number)
                passed.append(rows)
            case never:
                assert_never(never)
    return make_plan(operation, [_text(_counted(asked, passed).add_cte(*ungated), dialect)], None, dialect)


def _through(step: operations.Insert | operations.Update, rows: FromClause, number: int) -> CTE:
    """Callers whose row is written, one for each value of the gate."""
    gate = step.gate
    assert gate is not None, "a step without a gate lets everybody pass"
    key = rows.c[gate.given]
    able = _able(step, gate, rows)
    first = able.ext(postgresql.distinct_on(key)).order_by(key, rows.c.ord).cte(f"first_{number}")
    written = _written(step, gate, first).cte(f"step_{number}")
    return select(first).join(written, written.c.key == first.c[gate.given]).cte(f"passed_{number}")


def _held(step: operations.Hold, rows: FromClause) -> Select[tuple[object, ...]]:
    """A row that is locked is judged by its newest version; a lock is shared by all who only hold."""
    found = select(rows).select_from(step.tables(rows)).where(step.when(rows))
    return found.with_for_update(read=True, of=list(step.held))


def _added_up(step: operations.Count, rows: FromClause, number: int) -> ReturningInsert[tuple[int]]:
    key, adds, limits, first = step.key(rows), step.adds(rows), step.at_most(rows), step.first(rows)
    together = select(
        *(column.label(name) for name, column in key.items()),
        *(cast(func.sum(added), Integer).label(name) for name, added in adds.items()),
        *(func.min(limit).label(f"most_{name}") for name, limit in limits.items()),
        *(func.max(value).label(name) for name, value in first.items()),
    )
    together = together.select_from(rows).where(step.when(rows)).group_by(*key.values()).order_by(*key.values())
    sums = together.cte(f"sums_{number}")

    def capped(name: str, value: ColumnElement[int], limit: Any) -> ColumnElement[int]:
        return case((value <= limit, value)) if name in limits else value

    names = [*key, *adds, *first]
    added = [capped(name, sums.c[name], sums.c.get(f"most_{name}")) if name in adds else sums.c[name] for name in names]
    statement = postgresql.insert(step.table).from_select(names, select(*added))
    # by name: `statement.excluded` would be read, in a query within, as the table itself under another name
    is_its = and_(*(sums.c[name] == literal_column(f"excluded.{name}") for name in key))
    counted = {
        name: capped(
            name,
            step.table.c[name] + statement.excluded[name],
            select(sums.c[f"most_{name}"]).where(is_its).scalar_subquery() if name in limits else None,
        )
        for name in adds
    }
    return statement.on_conflict_do_update(index_elements=list(key), set_=counted).returning(literal_column("1"))


def _drawn(step: operations.Draw, rows: FromClause, number: int) -> CTE:
    """Callers whose row is there; what they take of one is taken in one go, rows in the order of their keys."""
    key, takes = step.key(rows), step.takes(rows)
    together = select(
        *(column.label(name) for name, column in key.items()),
        *(cast(func.sum(taken), Integer).label(f"of_{name}") for name, taken in takes.items()),
    )
    sums = together.group_by(*key.values()).order_by(*key.values()).cte(f"sums_{number}")
    columns = step.table.c
    left = {name: columns[name] - sums.c[f"of_{name}"] for name in takes}
    drawn = (
        Update(step.table)
        .where(*(columns[name] == sums.c[name] for name in key))
        .values({name: case((value >= 0, value)) for name, value in left.items()})
        .returning(*(columns[name].label(name) for name in key))
        .cte(f"step_{number}")
    )
    is_its = and_(*(drawn.c[name] == value for name, value in key.items()))
    return select(rows).join(drawn, is_its).cte(f"passed_{number}")


def _after(counted: CTE, rows: FromClause) -> Select[tuple[object, ...]]:
    """The same callers, when the step is done: rows are taken in the order of the steps, here and on every node."""
    is_done = select(func.count()).select_from(counted).scalar_subquery() >= 0
    return select(rows).where(is_done)


def _asked(takes: operations.Takes, dialect: Dialect) -> FromClause:
    arrays: list[ColumnElement[object]] = [
        literal_column(f"${place}::{kind.compile(dialect)}[]") for place, kind in enumerate(takes.values(), 1)
    ]
    names = [column(name, kind) for name, kind in takes.items()]
    return func.unnest(*arrays).table_valued(*names, with_ordinality=ORD, name="given").render_derived()


def _able(
    step: operations.Insert | operations.Update, gate: operations.Gate, rows: FromClause
) -> Select[tuple[object, ...]]:
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
    step: operations.Insert | operations.Update, gate: operations.Gate, first: CTE
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
