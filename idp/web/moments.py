"""English dates and times as pages show them, in Bangkok time; `connectors.contracts.thai_dates` has the Thai forms."""

from datetime import datetime, timedelta, timezone

from connectors.contracts.thai_dates import PartialDate

BANGKOK = timezone(timedelta(hours=7))


def english_long_date(moment: datetime) -> str:
    """`22 November 2026`, the day it is in Bangkok."""
    return PartialDate.from_date(moment.astimezone(BANGKOK).date()).english()


def english_long_date_time(moment: datetime) -> str:
    """`22 November 2026, 19:08`, Bangkok time."""
    return f"{english_long_date(moment)}, {moment.astimezone(BANGKOK):%H:%M}"
