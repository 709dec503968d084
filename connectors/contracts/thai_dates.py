"""Thai dates: Buddhist-era years, dates known only in part, and how both are written (facts/thai-registries, 1.4, 8).

CE = BE - 543. A registry that does not know the day or the month writes `00`; that is kept, never filled with an
invented 01.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final, Self

BANGKOK: Final = timezone(timedelta(hours=7), "Asia/Bangkok")
"""Thai time; fixed, without summer time, since 1920."""

_BE_OFFSET: Final = 543
_EIGHT_DIGITS: Final = re.compile(r"[0-9]{8}", re.ASCII)
_TO_THAI_DIGITS: Final = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")

THAI_MONTHS: Final = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class InvalidDate(ValueError):
    """The text or the parts are no Thai date; the message never repeats them."""


@dataclass(frozen=True, slots=True, repr=False)
class PartialDate:
    """A day, a month or only a year, in the Buddhist era; `month` and `day` are None where nobody knows them.

    Raises InvalidDate for a day that no calendar has, and for a day without its month.
    """

    year_be: int
    month: int | None
    day: int | None

    def __post_init__(self) -> None:
        if not _BE_OFFSET < self.year_be <= 9999:
            raise InvalidDate("year out of range")
        if self.month is None:
            if self.day is not None:
                raise InvalidDate("a day without its month")
            return
        if not 1 <= self.month <= 12:
            raise InvalidDate("no such month")
        # the leap year is the common era's: 2547 BE is 2004 CE and has a 29 February
        try:
            date(self.year_ce, self.month, 1 if self.day is None else self.day)
        except ValueError:
            raise InvalidDate("no such day in that month") from None

    @classmethod
    def parse_be(cls, text: str) -> Self:
        """`YYYYMMDD` in the Buddhist era, `00` for an unknown part. Raises InvalidDate."""
        if not _EIGHT_DIGITS.fullmatch(text):
            raise InvalidDate("not eight ASCII digits")
        return cls(int(text[:4]), int(text[4:6]) or None, int(text[6:]) or None)

    @classmethod
    def from_date(cls, day: date) -> Self:
        """A whole date, from the common era."""
        return cls(day.year + _BE_OFFSET, day.month, day.day)

    @property
    def year_ce(self) -> int:
        """The year in the common era."""
        return self.year_be - _BE_OFFSET

    @property
    def is_complete(self) -> bool:
        """True when the day is known."""
        return self.day is not None

    def to_be_text(self) -> str:
        """`YYYYMMDD` in the Buddhist era, `00` for an unknown part; the inverse of `parse_be`."""
        return f"{self.year_be:04}{self.month or 0:02}{self.day or 0:02}"

    def iso(self) -> str | None:
        """`YYYY-MM-DD` in the common era, or None when a part is unknown."""
        return self.earliest().isoformat() if self.is_complete else None

    def earliest(self) -> date:
        """The first day this can be."""
        return date(self.year_ce, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day this can be."""
        month = self.month or 12
        return date(self.year_ce, month, self.day or calendar.monthrange(self.year_ce, month)[1])

    def is_before(self, day: date) -> bool:
        """True when every day this can be lies before `day`: a card that may still be valid is not called expired."""
        return self.latest() < day

    def is_after(self, day: date) -> bool:
        """True when every day this can be lies after `day`."""
        return self.earliest() > day

    def age_on(self, day: date) -> int:
        """Whole years from this birth date to `day`; negative before birth.

        An unknown day counts as the first of the month, an unknown month as the start of the year: the Civil and
        Commercial Code, section 16.
        """
        born = self.earliest()
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def thai(self) -> str:
        """`15 มกราคม พ.ศ. 2533`; unknown parts are left out."""
        month = THAI_MONTHS[self.month - 1] if self.month else ""
        return _joined(self.day, month, f"พ.ศ. {self.year_be}")

    def english(self) -> str:
        """`15 January 1990`, in the common era; unknown parts are left out."""
        month = ENGLISH_MONTHS[self.month - 1] if self.month else ""
        return _joined(self.day, month, str(self.year_ce))

    def __repr__(self) -> str:
        return "PartialDate(…)"


def _joined(day: int | None, month: str, year: str) -> str:
    return " ".join(part for part in (str(day or ""), month, year) if part)


def _bangkok_time(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("the moment has no time zone")
    return moment.astimezone(BANGKOK)


def thai_long_date(moment: datetime) -> str:
    """`22 พฤศจิกายน พ.ศ. 2569`, the day it is in Bangkok. ValueError without a time zone."""
    return PartialDate.from_date(_bangkok_time(moment).date()).thai()


def thai_long_date_time(moment: datetime) -> str:
    """`22 พฤศจิกายน พ.ศ. 2569 เวลา 19.08 น.`, Bangkok time. ValueError without a time zone."""
    return f"{thai_long_date(moment)} เวลา {_bangkok_time(moment):%H.%M} น."


def thai_digits(text: str) -> str:
    """The same text with Thai digits, for documents; never for anything a machine reads back."""
    return text.translate(_TO_THAI_DIGITS)
