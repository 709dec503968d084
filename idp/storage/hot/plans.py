"""What an operation compiles to, and how values go in and rows come out."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy import Dialect, Select
from sqlalchemy.types import TypeEngine

from idp.storage.hot.operations import Count, Draw, Hold, Insert, Read, Step, Update, Write

Process = Callable[[Any], Any]
ORD = "ord"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """An operation ready to run. `texts` are one statement, or one a step on SQLite; `gates` says which steps have one.

    `row` makes a caller's row of the columns; `decoders` are None for columns that come as they are.
    """

    name: str
    writes: bool
    texts: tuple[str, ...]
    gates: tuple[bool, ...]
    inputs: tuple[tuple[str, Process | None], ...]
    decoders: tuple[Process | None, ...]
    row: Callable[[Iterable[Any]], Any]

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """What one caller gave, by name again."""
        return {name: value for (name, _), value in zip(self.inputs, values, strict=True)}

    def encoded(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """What the driver is given for one caller. Raises KeyError for a value that is missing."""
        return tuple([values[name] if encode is None else encode(values[name]) for name, encode in self.inputs])

    def decoded(self, columns: Sequence[Any]) -> Any:
        """One row, read by attribute as a row of Core is."""
        paired = zip(columns, self.decoders, strict=True)
        return self.row([value if decode is None else decode(value) for value, decode in paired])


def make_plan(operation: Read | Write, texts: Sequence[str], selected: Select[Any] | None, dialect: Dialect) -> Plan:
    """Put texts and conversions together; `selected` are the columns a read gives."""
    columns = () if selected is None else tuple(selected.selected_columns)
    row = namedtuple("Row", [column.name for column in columns])  # type: ignore[misc]
    return Plan(
        name=operation.name,
        writes=isinstance(operation, Write),
        texts=tuple(texts),
        gates=tuple(has_gate(step) for step in operation.steps) if isinstance(operation, Write) else (),
        inputs=tuple((name, _encoder(kind, dialect)) for name, kind in operation.takes.items()),
        decoders=tuple(_decoder(column.type, dialect) for column in columns),
        row=row._make,
    )


def has_gate(step: Step) -> bool:
    """True for a step that some callers do not pass."""
    match step:
        case Insert() | Update():
            return step.gate is not None
        case Hold() | Draw():
            return True
        case Count():
            return False
        case never:
            assert_never(never)


def _encoder(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _decoder(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
