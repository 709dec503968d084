"""When a pull that waits is tried again: when what it waits for may have passed, and never in closed hours."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import AccessHours
from idp.agencies.rules import next_opening
from idp.exchange.decision.model import Reason
from idp.exchange.waiting.rules import FIRST_PAUSE, LONGEST_PAUSE, PASSING, next_try

OFFICE = AccessHours(frozenset({1, 2, 3, 4, 5}), time(8, 30), time(17, 30))
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BANGKOK)


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)


@pytest.mark.parametrize(
    ("reason", "attempts", "now", "hours", "again"),
    [
        (Reason.REGISTRY_UNAVAILABLE, 0, at(10), OFFICE, at(10) + FIRST_PAUSE),
        (Reason.REGISTRY_UNAVAILABLE, 9, at(10), OFFICE, at(10) + LONGEST_PAUSE),
        # accepted for another reason, and the hours end before that may have passed
        (Reason.REGISTRY_UNAVAILABLE, 9, at(17, 20), OFFICE, at(8, 30, days=1)),
        (Reason.REGISTRY_BUSY, 0, at(17, 30), OFFICE, at(8, 30, days=1)),
        # a new day's quota is of no use at midnight where the hours begin in the morning
        (Reason.QUOTA, 0, at(10), OFFICE, at(8, 30, days=1)),
        (Reason.REGISTRY_QUOTA, 3, at(10, days=4), OFFICE, at(8, 30, days=7)),
        (Reason.QUOTA, 0, at(10), None, at(0, days=1)),
        (Reason.OUT_OF_HOURS, 0, at(7), OFFICE, at(8, 30)),
        (Reason.OUT_OF_HOURS, 0, at(18, days=4), OFFICE, at(8, 30, days=7)),
        # the hours were changed meanwhile: they are open
        (Reason.OUT_OF_HOURS, 0, at(10), OFFICE, at(10) + FIRST_PAUSE),
        (Reason.OUT_OF_HOURS, 0, at(10), None, at(10) + FIRST_PAUSE),
    ],
)
def test_when(reason: Reason, attempts: int, now: datetime, hours: AccessHours | None, again: datetime) -> None:
    assert next_try(reason, attempts=attempts, hours=hours, now=now) == again


@given(
    reason=st.sampled_from(sorted(PASSING)),
    attempts=st.integers(0, 50),
    minutes=st.integers(0, 60 * 24 * 28),
    hours=st.sampled_from([None, OFFICE, AccessHours(frozenset({6}), time(0, 0), time(0, 0))]),
)
def test_it_is_later_and_in_open_hours(reason: Reason, attempts: int, minutes: int, hours: AccessHours | None) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    again = next_try(reason, attempts=attempts, hours=hours, now=now)
    assert again > now
    assert next_opening(hours, now=again) == again
