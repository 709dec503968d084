"""What an auditor asks the log for, as the address of a page has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from connectors.contracts.thai_dates import BANGKOK
from idp.audit.facets import Facets
from idp.audit.model import ActorKind
from idp.kernel.text import printable
from idp.web.days import day_of_parts

PERIODS: Final[Mapping[str, timedelta | None]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "all": None,
}
USUAL_PERIOD: Final = "week"
_NAMES: Final = ("period", "date", "month", "year", "event", "kind", "outcome", "agency", "actor", "person")
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of the form as they were typed, none of them believed; empty where nothing was chosen."""

    fields: Mapping[str, str]
    below: int | None
    check: bool

    def of(self, name: str) -> str:
        """A field; empty where nothing was chosen."""
        return self.fields.get(name, "")

    def address(self, path: str = "/audit", **changes: str) -> str:
        """The address of this, with some of it changed."""
        asked = {**self.fields, **changes}
        said = {name: value for name, value in asked.items() if value}
        return f"{path}?{urlencode(said)}" if said else path


def read_asked(query: Mapping[str, str]) -> Asked:
    """What the address says; what is no place in the log is none."""
    typed = {name: printable(query.get(name, "")).strip()[:_LONGEST] for name in _NAMES}
    fields = {name: text for name, text in typed.items() if text}
    below = query.get("below", "")
    place = int(below) if below.isascii() and below.isdigit() and len(below) < 19 else None
    return Asked(fields, place, query.get("check") == "yes")


def facets_of(asked: Asked, *, now: datetime, agency: str | None, subject: str | None) -> Facets:
    """In the words of the log. `agency` and `subject` are what the code and the search that were named stand for."""
    since, until = _window(asked, now=now)
    return Facets(
        agency=agency,
        subject=subject,
        actor=asked.of("actor") or None,
        actor_kind=asked.of("kind") if asked.of("kind") in set(ActorKind) else None,
        event=asked.of("event") or None,
        refused=asked.of("outcome") == "refused",
        since=since,
        until=until,
    )


def day_of(asked: Asked) -> datetime | None:
    """The beginning, in Bangkok, of the day that was typed; None where it is none or incomplete."""
    try:
        day = day_of_parts(asked.of("date"), asked.of("month"), asked.of("year"))
        return datetime.combine(day, time.min, tzinfo=BANGKOK)
    except ValueError:
        return None


def is_half_a_day(asked: Asked) -> bool:
    """True when a day was begun and is none: the page says so instead of showing another time."""
    return bool(asked.of("date") or asked.of("month") or asked.of("year")) and day_of(asked) is None


def _window(asked: Asked, *, now: datetime) -> tuple[datetime | None, datetime | None]:
    day = day_of(asked)
    if day is not None:
        return day, day + timedelta(days=1)
    length = PERIODS.get(asked.of("period"), PERIODS[USUAL_PERIOD])
    return (None if length is None else now - length), None
