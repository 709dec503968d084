"""How a room declares a hot operation: what each caller gives, and Core expressions over all callers' rows.

`rows.c` has a column for each value that callers give. A `Write` is a chain of steps, each for those whom all steps
before it let pass; a step with a gate lets pass only whose row it wrote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, FromClause, Select, Table
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

Rows = FromClause
"""The callers' rows of a read, to be joined."""

Takes = Mapping[str, TypeEngine[Any]]
"""The values that a caller gives, by name, with the types of their columns."""


class Given(Protocol):
    """What callers gave, as columns."""

    @property
    def c(self) -> ReadOnlyColumnCollection[str, Any]:
        """One column a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A read. `build` selects from the callers' rows joined with tables; a caller gets the rows joined to its own."""

    name: str
    takes: Takes
    build: Callable[[Rows], Select[Any]]


@dataclass(frozen=True, slots=True)
class Gate:
    """By which value a step tells whose row it wrote: `given` is its name, `column` where it stands in the table.

    Of callers in one batch with the same value the first passes, the others do not. `once`: a row that is there
    already stays as it is, and its caller does not pass; without it such a row is an error.
    """

    given: str
    column: Column[Any]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a new row, for callers for whom `when` holds. Without a gate everybody's row is written."""

    table: Table
    values: Callable[[Given], Mapping[str, Any]]
    gate: Gate | None = None
    when: Callable[[Given], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change the row that the gate names, where `when` holds."""

    table: Table
    values: Callable[[Given], Mapping[str, Any]]
    gate: Gate
    when: Callable[[Given], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Hold:
    """Let pass for whom `when` holds of these rows, and keep them as they are until the commit: who changes one of them
    meanwhile waits, and a row that was changed a moment before is judged as it is now.

    `tables` joins the callers' rows with those of `held`; a caller that finds none does not pass. In `when`, what lies
    behind a row that is not held is judged as it was when the statement began.
    """

    held: tuple[Table, ...]
    tables: Callable[[Rows], FromClause]
    when: Callable[[Given], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Count:
    """Add to a counter, made with `first` by who counts first; callers that count in one row count together.

    `key` names the columns of its primary key, `adds` what each caller adds, `at_most` how far a column may go: beyond
    that there is no value, the store refuses the row, and the caller's whole write is undone (`Contradicted`). So a
    limit is never passed, and nobody is half counted. `when`: others count nothing, and pass.
    """

    table: Table
    key: Callable[[Given], Mapping[str, Any]]
    adds: Callable[[Given], Mapping[str, ColumnElement[int]]]
    at_most: Callable[[Given], Mapping[str, ColumnElement[int]]]
    first: Callable[[Given], Mapping[str, Any]]
    when: Callable[[Given], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Draw:
    """Take from what is left in a row, which lets pass; callers that take from one row take together.

    `key` names the columns of its primary key, `takes` what each caller takes of which column. Of less than nothing
    there is no value: as with `Count`, the store refuses it, and the caller's whole write is undone.
    """

    table: Table
    key: Callable[[Given], Mapping[str, Any]]
    takes: Callable[[Given], Mapping[str, ColumnElement[int]]]


Step = Insert | Update | Hold | Count | Draw


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A write: the answer is how many gates the caller passed; a `Hold` and a `Draw` are gates as well.

    All of it is committed, or nothing. Running one raises `Contradicted` for a caller whose row a constraint of the
    store refuses: then nothing of it is.
    """

    name: str
    takes: Takes
    steps: tuple[Step, ...]
