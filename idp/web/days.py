"""A day typed as day, month and year, in the Buddhist or the common era (facts/screens-and-ecosystem, 3).

No `<input type=date>`: browsers know the common era alone there, and order its parts by their own language.
"""

from datetime import date
from typing import Final

from connectors.contracts.thai_dates import InvalidDate
from idp.web.forms import Form

PARTS: Final = ("day", "month", "year")
BE_OFFSET: Final = 543
COMMON_ERA: Final = range(1900, 2200)
"""Years that are read as the common era's; 543 more are the Buddhist era's. Nobody here means any other."""


def typed_day(form: Form, name: str) -> date:
    """The day in the fields `NAME-day`, `NAME-month` and `NAME-year`, or in `NAME` as YYYY-MM-DD, as programs write it.

    Raises InvalidDate (a ValueError) where it is no day, a part is missing, or the year is of neither era.
    """
    if whole := form.one(name):
        return _iso_day(whole)
    return day_of_parts(*(form.one(f"{name}-{part}").strip() for part in PARTS))


def day_of_parts(day: str, month: str, year: str) -> date:
    """What was typed, as a day. Raises InvalidDate."""
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in (day, month, year)):
        raise InvalidDate("a part is no number")
    typed = int(year)
    common = typed if typed in COMMON_ERA else typed - BE_OFFSET
    if common not in COMMON_ERA:
        raise InvalidDate("a year of neither era")
    try:
        return date(common, int(month), int(day))
    except ValueError:
        raise InvalidDate("no such day in that month") from None


def _iso_day(whole: str) -> date:
    try:
        day = date.fromisoformat(whole)
    except ValueError:
        raise InvalidDate("not YYYY-MM-DD") from None
    # Python also reads 20261123 and week days; a Buddhist year here would be a day in five hundred years
    if day.isoformat() != whole or day.year not in COMMON_ERA:
        raise InvalidDate("not YYYY-MM-DD")
    return day
