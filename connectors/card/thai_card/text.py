"""Text, names, addresses and dates as the card writes them (facts/thai-registries, section 1.4).

Total over bytes: whatever a card holds becomes text or a CardError MALFORMED_DATA, never another exception.
"""

import re
import unicodedata
from typing import Final

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.thai_dates import InvalidDate, PartialDate

LIFELONG: Final = "99999999"

_SPACES: Final = re.compile(r"\s+")
# Leading words of the middle parts, with their abbreviations, in the order the registry itself uses.
_MIDDLE_PARTS: Final = (
    ("village_no", re.compile(r"(หมู่|ม\.)")),
    ("lane", re.compile(r"(ตรอก|ต\.ร\.)")),
    ("alley", re.compile(r"(ซอย|ซ\.)")),
    ("road", re.compile(r"(ถนน|ถ\.)")),
)


def decode(raw: bytes) -> str:
    """TIS-620 without padding and control characters; a byte that TIS-620 does not know becomes U+FFFD."""
    text = raw.decode("tis-620", errors="replace")
    # The codec lets 80-9F through as C1 control characters; padding is space or NUL.
    printable = "".join(" " if character == "\0" else character for character in text)
    return "".join(character for character in printable if unicodedata.category(character) != "Cc").strip()


def parse_name(text: str) -> PersonName:
    """`prefix#first#middle#last`; a card with fewer parts has no middle name, then no last name."""
    match [_tidy(part) for part in text.split("#")]:
        case [first]:
            return PersonName("", first, "", "")
        case [prefix, first]:
            return PersonName(prefix, first, "", "")
        case [prefix, first, last]:
            return PersonName(prefix, first, "", last)
        case [prefix, first, *middle, last]:
            return PersonName(prefix, first, _tidy(" ".join(middle)), last)
        case _:
            raise AssertionError("str.split gives at least one part")


def parse_address(text: str) -> CardAddress:
    """`house#moo#lane(ตรอก)#alley(ซอย)#road#subdistrict#district#province`.

    Readers agree on the first part and the last three; the middle differs between card generations, so each middle
    part goes where its own leading word says, else to its place in the registry's order. No part is dropped.
    """
    house_no, *others = (_tidy(part) for part in text.split("#"))
    middle, ends = others[:-3], others[-3:]
    subdistrict, district, province = [""] * (3 - len(ends)) + ends
    placed = _place_middle_parts(middle)
    return CardAddress(
        house_no=house_no,
        village_no=placed["village_no"],
        lane=placed["lane"],
        alley=placed["alley"],
        road=placed["road"],
        subdistrict=subdistrict,
        district=district,
        province=province,
    )


def parse_date(text: str) -> PartialDate:
    """`YYYYMMDD`, Buddhist era, `00` for an unknown month or day. Raises CardError MALFORMED_DATA."""
    try:
        return PartialDate.parse_be(text)
    except InvalidDate as error:
        raise CardError(CardFault.MALFORMED_DATA, f"a date is wrong: {error}") from None


def parse_expiry(text: str) -> PartialDate | None:
    """As `parse_date`; None for a card valid for life (`99999999`)."""
    return None if text == LIFELONG else parse_date(text)


def _tidy(part: str) -> str:
    return _SPACES.sub(" ", part).strip()


def _place_middle_parts(parts: list[str]) -> dict[str, str]:
    placed = {name: "" for name, _ in _MIDDLE_PARTS}
    unplaced: list[tuple[int, str]] = []
    # 1. by the part's own word
    for position, part in enumerate(parts):
        name = _named_by_word(part)
        if name is not None and not placed[name]:
            placed[name] = part
        elif part:
            unplaced.append((position, part))
    # 2. by position, when nothing else stands there; else beside what does
    names = tuple(placed)
    for position, part in unplaced:
        name = names[min(position, len(names) - 1)]
        placed[name] = _tidy(f"{placed[name]} {part}")
    return placed


def _named_by_word(part: str) -> str | None:
    return next((name for name, word in _MIDDLE_PARTS if word.match(part)), None)
