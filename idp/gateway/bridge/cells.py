"""Tables from a record to the fields of a wire: each field with the field of the catalogue that opens it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from idp.catalogue.datasets import DATASETS

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Cell(Generic[Record]):
    """One field of a wire. `opened_by` names the field of the catalogue without which it stays null."""

    name: str
    opened_by: str
    value: Callable[[Record], Any]


Granted = Collection[str]
"""The names of the fields that left, by the exchange's own word."""


def filled(cells: Iterable[Cell[Record]], record: Record, granted: Granted) -> dict[str, Any]:
    """Every field of the wire; what was not granted is null, as the registry has it (facts, section 3.3)."""
    return {cell.name: cell.value(record) if cell.opened_by in granted else None for cell in cells}


def nulls(*names: str) -> dict[str, Any]:
    """Fields of the wire that no data set of the catalogue has: nobody can be granted them."""
    return dict.fromkeys(names)


def opening(dataset: str, *tables: Iterable[Cell[Any]], more: Collection[str] = ()) -> tuple[str, ...]:
    """The fields of this data set that these tables need, and `more`, in the catalogue's order."""
    needed = {cell.opened_by for table in tables for cell in table} | set(more)
    return tuple(name for name in DATASETS[dataset].field_names if name in needed)
