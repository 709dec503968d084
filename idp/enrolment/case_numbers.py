"""Case numbers: what people read out, write down and search by. They say the year and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from connectors.contracts.identifiers import ascii_digits
from connectors.contracts.thai_dates import BANGKOK

_BUDDHIST_ERA: Final = 543
_DRAWN: Final = 10**8
_SPELLING: Final = re.compile(r"E([0-9]{12})([0-9])", re.ASCII)


class InvalidCaseNumber(ValueError):
    """The text is no case number; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """`E-2569-1234-5678-9`: year (BE), eight drawn digits, and a check digit over the twelve before it (ISO/IEC 7064,
    MOD 11,10), which no single wrong digit passes.

    Drawn, not counted: no counter that two offices wait for, and no number tells how many came before.
    """

    text: str

    @classmethod
    def draw(cls, *, now: datetime, randomness: Callable[[int], bytes]) -> Self:
        """A new number; that nobody has it yet is for the store's unique key to say."""
        year = now.astimezone(BANGKOK).year + _BUDDHIST_ERA
        drawn = int.from_bytes(randomness(16), "big") % _DRAWN
        return cls._spelled(f"{year}{drawn:08d}")

    @classmethod
    def parse(cls, typed: str) -> Self:
        """What somebody typed, with or without hyphens, in Thai digits or not. Raises InvalidCaseNumber."""
        match = _SPELLING.fullmatch(ascii_digits(typed.strip()).upper())
        if match is None or _check_digit(match[1]) != match[2]:
            raise InvalidCaseNumber("not a case number")
        return cls._spelled(match[1])

    @classmethod
    def _spelled(cls, first12: str) -> Self:
        return cls(f"E-{first12[:4]}-{first12[4:8]}-{first12[8:]}-{_check_digit(first12)}")

    def __str__(self) -> str:
        return self.text


def _check_digit(digits: str) -> str:
    product = 10
    for digit in digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
