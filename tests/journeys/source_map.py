"""`docs/source-map.md` as rows: who comes where, by what they press."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "source-map.md"
COLUMNS: Final = ("Slide", "Words", "Who", "Way", "Address", "Test")
FILE: Final = "PDF"
THEN: Final = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
"""Between two steps of a way."""


@dataclass(frozen=True, slots=True)
class Row:
    """A screen, form or task of the source document, and how its user comes to it."""

    slide: str
    words: tuple[str, ...]
    persona: str
    way: tuple[str, ...]
    address: str
    test: str

    @property
    def door(self) -> str:
        """Whose page it is; a file's is the portal's."""
        return self.address.split(" ")[0] if " " in self.address else "portal"

    @property
    def is_shown_once(self) -> bool:
        """An answer of a look-up: asking for its page again does not bring it back."""
        return self.door == "portal" and "visits" in self.address and self.address.endswith("/data")

    @property
    def path(self) -> re.Pattern[str]:
        """What the address's path is like."""
        place = self.address.partition(" ")[2]
        return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(place)))


def cells() -> list[tuple[str, ...]]:
    """The table's lines below its heading. ValueError when the heading is another."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    table = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    if table[0] != COLUMNS:
        raise ValueError(f"{PAGE.name}: the columns are not {COLUMNS}")
    return table[2:]


def rows() -> tuple[Row, ...]:
    """Every row, read. ValueError names a line that cannot be read."""
    return tuple(_row(line) for line in cells())


def _row(line: tuple[str, ...]) -> Row:
    slide, words, who, way, address, test = line
    persona = re.search(r"`(\w+)`", who)
    if persona is None:
        raise ValueError(f"{PAGE.name}: no persona in {who!r}")
    steps = tuple(step.strip() for step in way.split(THEN))
    said = tuple(word.strip() for word in words.split(" · "))
    return Row(slide, said, persona[1], steps, address.strip("`"), test.strip("`"))
