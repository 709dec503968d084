"""When the registries answer. Holidays are in no table of theirs: on one they answer that they are closed."""

from dataclasses import dataclass
from datetime import time
from typing import Final


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """Days of the week as ISO 8601 numbers them (1 is Monday), times in Bangkok: open while `opens <= now < closes`."""

    days: frozenset[int]
    opens: time
    closes: time


OFFICE_HOURS: Final = ServiceHours(frozenset(range(1, 6)), time(8, 30), time(17, 30))
"""Of the population registry's services for officers (facts/thai-registries, section 3)."""


def hours_of(service: str) -> ServiceHours | None:
    """The hours of a registry's service; None for one that answers at all hours, as the card itself does."""
    return OFFICE_HOURS if service.startswith("IKNO-") else None
