"""Thai dates: partial precision is kept, the calendar is the common era's, the writing is Thai (facts: 1.4, 8)."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.thai_dates import (
    InvalidDate,
    PartialDate,
    thai_digits,
    thai_long_date,
    thai_long_date_time,
)

days = st.dates(date(1, 1, 1), date(9000, 12, 31))


@given(days)
def test_a_whole_date_comes_back(day: date) -> None:
    partial = PartialDate.from_date(day)
    assert PartialDate.parse_be(partial.to_be_text()) == partial
    assert partial.iso() == day.isoformat()
    assert partial.earliest() == partial.latest() == day


@given(st.text("0123456789", min_size=8, max_size=8))
def test_eight_digits_are_kept_exactly_or_refused(text: str) -> None:
    try:
        partial = PartialDate.parse_be(text)
    except InvalidDate:
        return
    assert partial.to_be_text() == text
    assert partial.is_complete == (partial.iso() is not None)
    assert partial.earliest() <= partial.latest()
    assert partial.thai().endswith(f"พ.ศ. {partial.year_be}")


@given(st.text(max_size=10))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    message = ""
    try:
        PartialDate.parse_be(text)
    except InvalidDate as refusal:
        message = str(refusal)
    assert message.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "", "2533011", "253301155", "25331315", "25330132", "25330431", "25330015", "99999999", "00000000", "05430101",
        "๒๕๓๓๐๑๑๕", "2533-1-5", "25460229", "+2530101",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InvalidDate):
        PartialDate.parse_be(text)


def test_the_leap_year_is_judged_in_the_common_era() -> None:
    assert PartialDate.parse_be("25470229").iso() == "2004-02-29"
    assert PartialDate.parse_be("25430229").iso() == "2000-02-29"
    with pytest.raises(InvalidDate):
        PartialDate.parse_be("24430229")  # 1900 CE


@pytest.mark.parametrize(
    ("text", "thai", "english"),
    [
        ("25330115", "15 มกราคม พ.ศ. 2533", "15 January 1990"),
        ("25330100", "มกราคม พ.ศ. 2533", "January 1990"),
        ("25330000", "พ.ศ. 2533", "1990"),
    ],
)
def test_unknown_parts_are_left_out(text: str, thai: str, english: str) -> None:
    partial = PartialDate.parse_be(text)
    assert partial.thai() == thai
    assert partial.english() == english


def test_before_and_after_need_certainty() -> None:
    june = PartialDate.parse_be("25330600")
    assert june.is_before(date(1990, 7, 1))
    assert not june.is_before(date(1990, 6, 30))
    assert june.is_after(date(1990, 5, 31))
    assert not june.is_after(date(1990, 6, 1))


@given(st.integers(2400, 2600), st.integers(0, 12), days)
def test_a_date_is_never_both_before_and_after(year_be: int, month: int, day: date) -> None:
    partial = PartialDate(year_be, month or None, None)
    assert not (partial.is_before(day) and partial.is_after(day))


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("25330115", date(2026, 1, 14), 35),
        ("25330115", date(2026, 1, 15), 36),
        ("25330600", date(2026, 5, 31), 35),
        ("25330600", date(2026, 6, 1), 36),
        ("25330000", date(2026, 1, 1), 36),
        ("25470229", date(2022, 2, 28), 17),
        ("25470229", date(2022, 3, 1), 18),
        ("25700101", date(2026, 11, 22), -1),
    ],
)
def test_age(birth: str, on: date, age: int) -> None:
    assert PartialDate.parse_be(birth).age_on(on) == age


def test_the_day_is_the_day_in_bangkok() -> None:
    moment = datetime(2026, 11, 22, 19, 8, tzinfo=UTC)
    assert thai_long_date(moment) == "23 พฤศจิกายน พ.ศ. 2569"
    assert thai_long_date_time(moment) == "23 พฤศจิกายน พ.ศ. 2569 เวลา 02.08 น."
    assert thai_long_date_time(moment.astimezone(timezone(-timedelta(hours=5)))) == thai_long_date_time(moment)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        thai_long_date(datetime(2026, 11, 22))  # noqa: DTZ001 - the missing zone is the point


def test_thai_digits_in_documents() -> None:
    assert thai_digits("15 มกราคม พ.ศ. 2533") == "๑๕ มกราคม พ.ศ. ๒๕๓๓"


def test_printing_shows_nothing() -> None:
    assert "2533" not in repr(PartialDate.parse_be("25330115"))
