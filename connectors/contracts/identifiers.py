"""The numbers Thai registries know people, companies, houses and cards by (facts/thai-registries, section 2).

Every type holds ASCII only: Python's `int`, `str.isdigit` and `\\d` accept Thai and other digits, so that two
spellings of one number could pass as two people (facts/security-and-reliability, T8). A value that exists is well
formed; `repr` and error texts never show it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from operator import mul
from typing import Final, Self

_ASCII_DIGITS: Final = re.compile(r"[0-9]*", re.ASCII)
_CAPITALS_AND_DIGITS: Final = re.compile(r"[A-Z0-9]+", re.ASCII)
_LASER_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{10}", re.ASCII)
_EDGE_SPELLING: Final = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789", "- ")


class IdentifierFault(StrEnum):
    """What is wrong with a number somebody gave."""

    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_DIGIT = "check_digit"


class InvalidIdentifier(ValueError):
    """The text is no such identifier; `fault` says why, the message never repeats the text."""

    def __init__(self, kind: str, fault: IdentifierFault) -> None:
        super().__init__(f"not a {kind}: wrong {fault.value.replace('_', ' ')}")
        self.kind = kind
        self.fault = fault

    def __reduce__(self) -> tuple[type[Self], tuple[str, IdentifierFault]]:
        return type(self), (self.kind, self.fault)


def ascii_digits(typed: str) -> str:
    """What a person typed, as the identifier types want it: Thai digits to ASCII, spaces and hyphens dropped.

    For the edge that faces people only; nothing that arrives from a machine is translated (T8).
    """
    return typed.translate(_EDGE_SPELLING)


def check_digit(first12: str) -> str:
    """The thirteenth digit of a citizen or juristic number (facts/thai-registries, sections 2.1, 2.2).

    `first12` is twelve ASCII digits; ValueError when it is not.
    """
    if len(first12) != 12 or not _ASCII_DIGITS.fullmatch(first12):
        raise ValueError("twelve ASCII digits are needed")
    weighted_sum = sum(map(mul, map(int, first12), range(13, 1, -1)))
    return str((11 - weighted_sum % 11) % 10)


def _require_digits(text: str, *, kind: str, length: int) -> None:
    # characters first: a length said of full-width or invisible characters would mislead whoever typed them
    if not _ASCII_DIGITS.fullmatch(text):
        raise InvalidIdentifier(kind, IdentifierFault.CHARACTERS)
    if len(text) != length:
        raise InvalidIdentifier(kind, IdentifierFault.LENGTH)


def _require_check_digit(text: str, *, kind: str) -> None:
    if check_digit(text[:12]) != text[12]:
        raise InvalidIdentifier(kind, IdentifierFault.CHECK_DIGIT)


def _grouped(digits: str) -> str:
    """Thirteen digits the way cards print them."""
    return "-".join((digits[0], digits[1:5], digits[5:10], digits[10:12], digits[12]))


def _grouped_masked(digits: str) -> str:
    """Thirteen digits with all but the last three hidden."""
    return _grouped("x" * 10 + digits[10:])


@dataclass(frozen=True, slots=True, repr=False)
class CitizenId:
    """A person's 13-digit number, of any category (section 2.1).

    The first digit is not judged: category 0 are real persons, and juristic numbers begin with 0 too, so the kind of
    a number comes from where it stands, never from the number.
    """

    digits: str

    def __post_init__(self) -> None:
        _require_digits(self.digits, kind="citizen id", length=13)
        _require_check_digit(self.digits, kind="citizen id")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Thirteen ASCII digits with a right check digit, else InvalidIdentifier."""
        return cls(text)

    def formatted(self) -> str:
        """`X-XXXX-XXXXX-XX-X`, as the card prints it."""
        return _grouped(self.digits)

    def masked(self) -> str:
        """`x-xxxx-xxxxx-12-3`: the last three digits, enough for the owner to recognise it."""
        return _grouped_masked(self.digits)

    def __repr__(self) -> str:
        return "CitizenId(…)"


@dataclass(frozen=True, slots=True, repr=False)
class JuristicId:
    """A juristic person's 13-digit registration number; it begins with 0 (section 2.2)."""

    digits: str

    def __post_init__(self) -> None:
        _require_digits(self.digits, kind="juristic id", length=13)
        if self.digits[0] != "0":
            raise InvalidIdentifier("juristic id", IdentifierFault.CHARACTERS)
        _require_check_digit(self.digits, kind="juristic id")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Thirteen ASCII digits beginning with 0, with a right check digit, else InvalidIdentifier."""
        return cls(text)

    def formatted(self) -> str:
        """`X-XXXX-XXXXX-XX-X`."""
        return _grouped(self.digits)

    def masked(self) -> str:
        """`x-xxxx-xxxxx-12-3`: only the last three digits."""
        return _grouped_masked(self.digits)

    def __repr__(self) -> str:
        return "JuristicId(…)"


@dataclass(frozen=True, slots=True, repr=False)
class HouseId:
    """An 11-digit house number; its check digit's rule is not public, so only the shape is judged (section 2.4)."""

    digits: str

    def __post_init__(self) -> None:
        _require_digits(self.digits, kind="house id", length=11)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Eleven ASCII digits, else InvalidIdentifier."""
        return cls(text)

    def formatted(self) -> str:
        """`XXXX-XXXXXX-X`: registry office, serial, last digit."""
        return "-".join((self.digits[:4], self.digits[4:10], self.digits[10]))

    def masked(self) -> str:
        """`xxxx-xxxx12-3`: only the last three digits."""
        return f"xxxx-xxxx{self.digits[8:10]}-{self.digits[10]}"

    def __repr__(self) -> str:
        return "HouseId(…)"


@dataclass(frozen=True, slots=True, repr=False)
class PassportNumber:
    """A passport's number within the state that issued it, as its printed lines have both (ICAO Doc 9303-4, 4.2).

    Unlike the numbers above it names a booklet, and with it its holder for as long as it is in force.
    """

    state: str
    number: str

    def __post_init__(self) -> None:
        for text, longest in ((self.state, 3), (self.number, 9)):
            if not _CAPITALS_AND_DIGITS.fullmatch(text):
                raise InvalidIdentifier("passport number", IdentifierFault.CHARACTERS)
            if len(text) > longest:
                raise InvalidIdentifier("passport number", IdentifierFault.LENGTH)

    @property
    def text(self) -> str:
        """`UTO:X00000017`: one text for equality."""
        return f"{self.state}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `text`, else InvalidIdentifier."""
        state, _, number = text.partition(":")
        return cls(state, number)

    def masked(self) -> str:
        """`UTO xxxxxx017`: state and the last three characters."""
        return f"{self.state} {'x' * max(0, len(self.number) - 3)}{self.number[-3:]}"

    def __repr__(self) -> str:
        return "PassportNumber(…)"


@dataclass(frozen=True, slots=True, repr=False)
class LaserCode:
    """The code on a card's back: two letters, ten digits. It names the blank, not the person (section 2.3)."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.isascii() or not self.text.isalnum():
            raise InvalidIdentifier("laser code", IdentifierFault.CHARACTERS)
        if len(self.text) != 12:
            raise InvalidIdentifier("laser code", IdentifierFault.LENGTH)
        if not _LASER_CODE.fullmatch(self.text):
            raise InvalidIdentifier("laser code", IdentifierFault.CHARACTERS)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Twelve ASCII characters, `JT1234567890`, without hyphens, else InvalidIdentifier."""
        return cls(text)

    def formatted(self) -> str:
        """`JT1-2345678-90`, as the card prints it."""
        return "-".join((self.text[:3], self.text[3:10], self.text[10:]))

    def masked(self) -> str:
        """`xxx-xxxxxx8-90`: only the last three digits."""
        return f"xxx-xxxxxx{self.text[9]}-{self.text[10:]}"

    def __repr__(self) -> str:
        return "LaserCode(…)"
