"""Years that began in April: both readings, and where they differ."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.thai_dates import InvalidDate, PartialDate
from connectors.contracts.year_rule import YearRule, age_on, earliest_ce, is_ambiguous

BOTH = tuple(YearRule)


@pytest.mark.parametrize(
    ("written", "always", "april"),
    [
        ("24821120", date(1939, 11, 20), date(1939, 11, 20)),
        ("24820215", date(1939, 2, 15), date(1940, 2, 15)),
        ("24820331", date(1939, 3, 31), date(1940, 3, 31)),
        ("24820401", date(1939, 4, 1), date(1939, 4, 1)),
        ("24820000", date(1939, 1, 1), date(1939, 4, 1)),
        ("24820200", date(1939, 2, 1), date(1940, 2, 1)),
        ("24831231", date(1940, 12, 31), date(1940, 12, 31)),
        ("24840101", date(1941, 1, 1), date(1941, 1, 1)),
        ("25330115", date(1990, 1, 15), date(1990, 1, 15)),
    ],
)
def test_one_day_by_both_rules(written: str, always: date, april: date) -> None:
    day = PartialDate.parse_be(written)
    assert earliest_ce(day, rule=YearRule.ALWAYS_543) == always
    assert earliest_ce(day, rule=YearRule.APRIL_UNTIL_2483) == april


@given(st.integers(2400, 2600), st.integers(0, 12), st.integers(0, 31))
def test_the_rules_differ_only_where_it_is_said_and_by_one_year_at_most(year: int, month: int, number: int) -> None:
    try:
        day = PartialDate(year, month or None, number or None)
    except InvalidDate:
        return
    by_543, by_april = (earliest_ce(day, rule=rule) for rule in BOTH)
    if not is_ambiguous(day):
        assert by_543 == by_april
    else:
        assert 0 < (by_april - by_543).days <= 367


@given(st.dates(date(1857, 1, 1), date(2026, 1, 1)))
def test_without_ambiguity_ages_are_those_of_the_date_itself(born: date) -> None:
    day, today = PartialDate.from_date(born), date(2026, 11, 22)
    assert age_on(day, today, rule=YearRule.ALWAYS_543) == day.age_on(today)
    younger = age_on(day, today, rule=YearRule.APRIL_UNTIL_2483)
    assert younger in ((day.age_on(today),) if not is_ambiguous(day) else (day.age_on(today), day.age_on(today) - 1))
