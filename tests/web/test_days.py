"""A day in three fields, in either era."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.thai_dates import InvalidDate
from idp.web.days import day_of_parts, typed_day
from idp.web.forms import Form


def form(day: str, month: str, year: str) -> Form:
    return Form((("until-day", day), ("until-month", month), ("until-year", year)))


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_both_eras_mean_the_same_day(day: date) -> None:
    for year in (day.year, day.year + 543):
        assert typed_day(form(f"{day.day}", f" {day.month:02}", f"{year} "), "until") == day


def test_a_program_may_write_it_whole() -> None:
    assert typed_day(Form((("until", "2026-11-24"),)), "until") == date(2026, 11, 24)


@pytest.mark.parametrize(
    "parts",
    [
        ("", "", ""),
        ("24", "", "2569"),
        ("31", "11", "2569"),
        ("29", "2", "2569"),  # 2026 is no leap year
        ("24", "13", "2569"),
        ("24", "11", "69"),  # of either century
        ("24", "11", "2300"),  # of neither era
        ("24", "11", "3000"),
        ("0", "11", "2569"),
        ("-4", "11", "2569"),
        ("๒๔", "11", "2569"),
        ("²", "11", "2569"),
        ("24", "11", "02569"),
    ],
)
def test_what_is_no_day_is_refused(parts: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidDate):
        day_of_parts(*parts)


@pytest.mark.parametrize("whole", ["soon", "2026-13-01", "24/11/2569", "20261124", "2569-11-24", "2026-W48-2"])
def test_nor_is_it_whole(whole: str) -> None:
    with pytest.raises(InvalidDate):
        typed_day(Form((("until", whole),)), "until")
