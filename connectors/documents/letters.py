"""Letters that the typefaces lack: printed as their Unicode number in brackets, never left out and never a blank box.

A name that registries hold in another script would else get no document at all: PDF/UA-1 has no place for a letter
without a glyph (ISO 14289-1, section 7.21.8). The attached record keeps the letters as they are.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fontTools.ttLib import TTFont

_UNSEEN: Final = frozenset("\t\n\r\u034f\u200b\u200c\u200d\u2060\ufe0e\ufe0f")
"""They join, part or shape letters and need no glyph. What turns the direction of writing around is none of them: in a
name it could make one read as another.
"""


class Letters:
    """The letters that every style of the typefaces in `fonts_dir` has: of `family`, and of `fallback` where that has
    none.
    """

    def __init__(self, fonts_dir: Path, family: str, *, fallback: str) -> None:
        files = _files(fonts_dir, family)
        self._own = _known(files)
        self._known = self._own | _known(_files(fonts_dir, fallback))
        with TTFont(files[-1], lazy=True) as font:  # Regular: the styles sort as Bold, Regular
            tables: Any = {tag: font[tag] for tag in ("head", "hhea", "hmtx")}
            em = tables["head"].unitsPerEm
            self.line_height: float = (tables["hhea"].ascent - tables["hhea"].descent) / em
            glyphs = (font.getBestCmap() or {}).items()
            self._advances: dict[str, float] = {chr(code): tables["hmtx"][glyph][0] / em for code, glyph in glyphs}

    def width(self, text: str) -> float:
        """How wide a line of it is, in em, without kerning; a letter of another typeface counts as a square."""
        return sum(self._advances.get(letter, 1.0) for letter in text)

    def is_own(self, text: str) -> bool:
        """True when `family` itself has every letter: then the line is as wide as `width` says, and `line_height`
        high.
        """
        return self._own.issuperset(text)

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


def _files(fonts_dir: Path, family: str) -> list[Path]:
    return sorted(fonts_dir.glob(f"{family.replace(' ', '')}-*.ttf"))


def _known(files: Sequence[Path]) -> frozenset[str]:
    return frozenset.intersection(*map(_letters_of, files))


def _letters_of(file: Path) -> frozenset[str]:
    with TTFont(file, lazy=True) as font:
        return frozenset(chr(code) for code in font.getBestCmap() or () if unicodedata.category(chr(code)) != "Cc")
