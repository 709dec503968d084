"""Letters that the typeface lacks: printed as their Unicode number in brackets, never left out and never a blank box.

A name that registries hold in another script would else get no document at all: PDF/UA-1 has no place for a letter
without a glyph (ISO 14289-1, section 7.21.8). The attached record keeps the letters as they are.
"""

import unicodedata
from pathlib import Path
from typing import Any, Final

from fontTools.ttLib import TTFont

_UNSEEN: Final = frozenset("\t\n\r\u034f\u200b\u200c\u200d\u2060\ufe0e\ufe0f")
"""They join, part or shape letters and need no glyph. What turns the direction of writing around is none of them: in a
name it could make one read as another.
"""


class Letters:
    """The letters that every style of a typeface in `fonts_dir` has."""

    def __init__(self, fonts_dir: Path, family: str) -> None:
        files = sorted(fonts_dir.glob(f"{family}-*.ttf"))
        self._known = frozenset.intersection(*(_letters_of(file) for file in files))

    def printable(self, value: Any) -> Any:
        """A JSON value with every text in it as it can be printed; the very same value where nothing is lacking."""
        match value:
            case str():
                return value if self._known.issuperset(value) else "".join(map(self._shown, value))
            case dict():
                return {name: self.printable(one) for name, one in value.items()}
            case list():
                return [self.printable(one) for one in value]
            case _:
                return value

    def _shown(self, letter: str) -> str:
        if letter in self._known or letter in _UNSEEN or unicodedata.category(letter).startswith("Z"):
            return letter
        # shaping sets a composed letter out of its parts
        if self._known.issuperset(unicodedata.normalize("NFD", letter)):
            return letter
        return f"[U+{ord(letter):04X}]"


def _letters_of(file: Path) -> frozenset[str]:
    with TTFont(file, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or ()))
