"""How wide the columns of a table are, and which rows fit on one line: known before the page is set.

Asking the typesetter costs more than all the rest: it measures each cell of a list of thousands. The advance widths of
the typeface tell as much. Rows that do not fit are left to the typesetter, which breaks them with care.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Final

from connectors.documents.letters import Letters

PAGE_WIDTH: Final = 476.2
"""Points: A4 less two margins of 2.1 cm (typst/base.typ)."""
TEXT_SIZE: Final = 10.0
INSET: Final = 4.0
ROW_PADDING: Final = 6.4
SURE: Final = 0.985
"""A line that is this full may be broken by what widths do not tell: kerning, and marks that stick out."""
BOLDER: Final = 1.08
SMALLER: Final = 0.85
LEAST_OF_EVEN: Final = 0.6
"""A column keeps this part of an even share at least."""
MOST_ROWS: Final = 5000
"""Of more the page says that they are in the attached record (typst/parts.typ)."""
MOST_UPRIGHT_COLUMNS: Final = 6
"""A table with more stands on its side: one column for each row (typst/parts.typ)."""


def plan_tables(record: Mapping[str, Any], letters: Letters) -> dict[str, Any]:
    """For each field that is a table: `widths` of its columns and `height` of a row in points, and for each row
    whether every cell of it `fits` on one line.
    """
    return {
        name: _plan(columns, rows, letters)
        for name, rows in record["fields"].items()
        if (columns := record["labels"].get(name, {}).get("columns"))
        if len(columns) <= MOST_UPRIGHT_COLUMNS and _is_table(rows, columns)
    }


def _is_table(value: Any, columns: Mapping[str, Any]) -> bool:
    is_filled = isinstance(value, list) and 0 < len(value) <= MOST_ROWS
    return is_filled and all(_is_row(row, columns) for row in value)


def _is_row(row: Any, columns: Mapping[str, Any]) -> bool:
    is_whole = isinstance(row, dict) and row.keys() >= columns.keys()
    return is_whole and all(isinstance(value, str) for value in row.values())


def _plan(columns: Mapping[str, Any], rows: Sequence[Mapping[str, str]], letters: Letters) -> dict[str, Any]:
    cells = [[letters.width(row[name]) * TEXT_SIZE for name in columns] for row in rows]
    natural = [
        max(head, *column)
        for head, column in zip(
            (_head(label, letters) for label in columns.values()), zip(*cells, strict=True), strict=True
        )
    ]
    widths = share(natural, PAGE_WIDTH - 2 * INSET * len(natural))
    limits = [width * SURE for width in widths]
    fits = [
        all(width <= limit for width, limit in zip(widths_of, limits, strict=True))
        and letters.is_own("".join(row.values()))
        for widths_of, row in zip(cells, rows, strict=True)
    ]
    return {
        "widths": [round(width + 2 * INSET, 2) for width in widths],
        "height": round(letters.line_height * TEXT_SIZE + ROW_PADDING, 2),
        "fits": fits,
    }


def share(natural: Sequence[float], room: float) -> list[float]:
    """The room among columns that would like so much: narrow ones have it, wide ones share what is left by the square
    root of what they would like, so that long texts are not as many lines as short ones are few.

    Where all have what they like, what is over is shared by what they have.
    """
    wished = sum(natural)
    if wished * (2 - SURE) <= room:
        return [width * room / wished for width in natural] if wished else [room / len(natural)] * len(natural)
    given = [0.0] * len(natural)
    places = sorted(range(len(natural)), key=natural.__getitem__)
    for position, place in enumerate(places):
        left, rest = room - sum(given), places[position:]
        by_root = left * sqrt(natural[place]) / sum(sqrt(natural[one]) for one in rest)
        given[place] = min(natural[place] * (2 - SURE), max(by_root, LEAST_OF_EVEN * left / len(rest)))
    return given


def _head(label: Mapping[str, str], letters: Letters) -> float:
    """A heading may be broken between words, so it wants the room of its longest one."""
    thai = (letters.width(word) * TEXT_SIZE * BOLDER for word in label["th"].split())
    english = (letters.width(word) * TEXT_SIZE * SMALLER for word in label["en"].split())
    return max(*thai, *english, 0.0)
