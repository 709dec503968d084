"""Years before 2484 of the Buddhist era, when the year began in April.

Until 2483 the Thai year ran from 1 April to 31 March (2483 itself had nine months): January to March of BE 2480 were
1938 CE, not 1937. The registries' sheet says CE = BE - 543 and nothing of this (facts/thai-registries, sections 1.4 and
"How to use"); whether the registry rewrote old entries to the present calendar is not published. So nothing is assumed:
`ALWAYS_543` follows the sheet, `APRIL_UNTIL_2483` reads January to March as the people of the time wrote them. The
choice moves the day of birth by a whole year for people born before 1941, and only in those three months.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from connectors.contracts.thai_dates import PartialDate

_LAST_YEAR_FROM_APRIL: Final = 2483
_LAST_OLD_MONTH: Final = 3


class YearRule(StrEnum):
    """How a Buddhist-era year up to 2483 becomes one of the common era."""

    ALWAYS_543 = "always_543"
    APRIL_UNTIL_2483 = "april_until_2483"


def is_ambiguous(day: PartialDate) -> bool:
    """True when the two rules differ: January to March, or an unknown month, of a year that began in April."""
    return day.year_be <= _LAST_YEAR_FROM_APRIL and (day.month is None or day.month <= _LAST_OLD_MONTH)


def earliest_ce(day: PartialDate, *, rule: YearRule) -> date:
    """The first day this can be, in the common era."""
    if rule is YearRule.ALWAYS_543 or not is_ambiguous(day):
        return day.earliest()
    if day.month is None:
        # the year began on its first of April
        return date(day.year_ce, _LAST_OLD_MONTH + 1, 1)
    return date(day.year_ce + 1, day.month, min(day.day or 1, 28) if day.month == 2 else day.day or 1)


def age_on(birth_date: PartialDate, today: date, *, rule: YearRule) -> int:
    """Whole years from birth to `today`, as `PartialDate.age_on`, under the rule."""
    born = earliest_ce(birth_date, rule=rule)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
