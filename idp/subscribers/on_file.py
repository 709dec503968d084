"""What is known of a person as it is kept: to be told, without judging again what was judged before it was sealed."""

from typing import Literal

import msgspec

_BE_OFFSET = 543
_NameParts = tuple[str, str, str, str]


class IdentityOnFile(msgspec.Struct, frozen=True):
    """The sealed attributes, opened. What they mean: `subscribers.model.Identity`."""

    citizen_id: str | None
    name_th: _NameParts
    name_en: _NameParts
    birth_date: str
    sex: Literal["1", "2", ""]

    def __repr__(self) -> str:
        return "IdentityOnFile(…)"  # personal data are in no log

    @property
    def name(self) -> _NameParts:
        """The Thai name; the other one of a person without."""
        _, first, _, last = self.name_th
        return self.name_th if first or last else self.name_en

    @property
    def birth_day(self) -> str | None:
        """`YYYY-MM-DD` in the common era; None when a part is unknown (`00`)."""
        year, month, day = self.birth_date[:4], self.birth_date[4:6], self.birth_date[6:]
        return None if day == "00" else f"{int(year) - _BE_OFFSET:04}-{month}-{day}"


def identity_on_file(opened: bytes) -> IdentityOnFile:
    """What `store.identity_to_bytes` made of an identity."""
    return msgspec.json.decode(opened, type=IdentityOnFile)


def name_as_written(parts: _NameParts) -> str:
    """The whole name of these parts, as `PersonName.full` writes it; the hot path has no time for a record between."""
    prefix, first, middle, last = parts
    glue = " " if prefix.isascii() else ""
    return " ".join([part for part in ((prefix + glue + first).strip(), middle, last) if part])
