"""A configuration file: every mistake is named with its line and column; what was written is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.app.configuration.model import ConfigurationWrong, changes_between
from idp.app.configuration.writing import changes_to_json, write_changes, write_configuration
from tests.app.configuration.sample import FILE, read

DOCUMENT = read(FILE)
AGREEMENT = "agreement/registration|dopa.person|counter|MT 0309/1"
PROGRAM = "program/counter-program"


def test_a_file_names_things_with_all_their_terms() -> None:
    assert list(DOCUMENT) == [
        "agency/employment",
        "agency/ministry",
        "seat/employment|north|lookup_officer",
        "seat/employment||agency_admin",
        "service/registration",
        AGREEMENT,
        PROGRAM,
    ]
    assert DOCUMENT["agency/employment"]["parent"] == "ministry"
    terms = DOCUMENT[AGREEMENT]
    assert terms["valid_from"] == "2025-12-31T17:00:00+00:00"
    assert terms["valid_until"] == "2026-12-31T17:00:00+00:00"
    assert (terms["by_number"], terms["status"]) == (False, "active")
    assert terms["hours"] == {"days": [1, 2, 3, 4, 5], "opens": "08:30", "closes": "16:30"}


def test_what_is_written_is_read_as_it_was() -> None:
    assert read(write_configuration(DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        ("    kind: state\n    parent", "    knd: state\n    parent", 6, 5, "unknown key"),
        ("format: 1\n", "format: 2\n", 1, 9, "format 1"),
        ("format: 1\n", "", 1, 1, "missing: format"),
        ("    kind: state\n    parent", "    kind: royal\n    parent", 6, 11, "one of private, state"),
        ("uses: 12", "uses: -1", 30, 15, "whole number"),
        ("uses: 12", "uses: twelve", 30, 15, "whole number"),
        ("uses: 12", "uses: 12\n        uses: 13", 31, 9, "twice"),
        ("uses: 12", "uses: 2147483648", 30, 15, "at most 2147483647"),
        ("uses: 12", f"uses: {'9' * 4301}", 30, 15, "at most 2147483647"),
        ("daily_quota: 300", "daily_quota: 9999999999999999999", 44, 26, "at most 2147483647"),
        ("consent_days: 365", "consent_days: 36501", 29, 23, "at most 36500 days"),
        ("[online, counter]", "[online, online]", 31, 19, "twice"),
        ("[online, counter]", "online", 31, 19, "a list"),
        ("channel: counter", "channel: phone", 36, 22, "one of counter, online"),
        ("- dataset: dopa.person\n            ch", "- dataset: dopa.people\n            ch", 35, 22, "no data set"),
        ("2026-01-01", "2026-13-01", 42, 25, "a day"),
        ("2026-01-01", "0001-01-01", 42, 25, "a calendar"),
        ("2027-01-01T00:00:00+07:00", "0001-01-01T00:00:00+08:00", 43, 26, "a calendar"),
        ("2027-01-01T00:00:00+07:00", "9999-12-31T23:00:00-07:00", 43, 26, "a calendar"),
        ("2027-01-01T00:00:00+07:00", "9999-12-31T23:00:00Z", 43, 26, "a calendar"),
        ("2027-01-01T00:00:00+07:00", "2027-01-01T00:00:00", 43, 26, "zone"),
        ('"08:30"', '"8:30"', 45, 51, "08:30"),
        ('"08:30"', '"25:30"', 45, 51, "08:30"),
        ("officers_need_grant: true", "officers_need_grant: yes", 46, 34, "true or false"),
        ("role: agency_admin", "role: emperor", 12, 16, "one of agency_admin"),
        ("places: 2, days: 180", "places: 2, day: 180", 12, 91, "unknown key"),
        ("site: north, position_th", "site: south, position_th", 11, 9, "a site the agency has not"),
        ("role: agency_admin", "role: agency_admin, site: north", 12, 9, "works at a counter"),
        ("role: agency_admin", "role: data_owner", 12, 9, "owns no data"),
        ("places: 2, days: 180", "places: 20000, days: 180", 12, 9, "10000 places"),
        ("places: 2, days: 180", "places: 2, days: 0", 12, 9, "1 to 1830 days"),
        ("places: 2, days: 180", "places: 2, name: สมชาย", 12, 91, "unknown key"),
        ("code: ministry", "code: employment", 61, 5, "stands in the file twice"),
        ("code: ministry", "code: ''", 61, 11, "a text"),
        ("code: ministry", "code: [", 63, 12, "expected"),
        ("parent: ministry", "parent: &x ministry\n    status: *x", 8, 13, "aliases"),
        ("parent: ministry", "parent: !!python/object:os.system ministry", 7, 13, "parent"),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, line: int, column: int, said: str) -> None:
    assert FILE.count(old) == 1
    if "python" in new:
        # a tag is never acted on: the text is a text
        assert read(FILE.replace(old, new))["agency/employment"]["parent"] == "ministry"
        return
    with pytest.raises(ConfigurationWrong, match=said) as caught:
        read(FILE.replace(old, new))
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("text", ["", "- 1", "[" * 10_000, "a" * 4_000_001, "%", "--- 1\n--- 2", "\x00"])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationWrong):
        read(text)


def test_the_largest_number_is_read() -> None:
    largest = read(FILE.replace("daily_quota: 300", "daily_quota: 2147483647"))
    assert largest[AGREEMENT]["daily_quota"] == 2147483647


@given(text=st.text(alphabet="formatgencies:12- \n[]{}&*!'\"|>", max_size=200))
def test_nothing_else_is_ever_raised(text: str) -> None:
    try:
        read(text)
    except ConfigurationWrong:
        return


def test_the_difference_is_said_for_people_and_for_programs() -> None:
    present = {name: dict(terms) for name, terms in DOCUMENT.items() if name != "agency/ministry"}
    present[AGREEMENT]["daily_quota"] = 100
    changes = changes_between(DOCUMENT, present)
    assert [change.name for change in changes] == ["agency/ministry", AGREEMENT]
    said = write_changes(changes)
    assert "+ agency/ministry" in said
    assert f"~ {AGREEMENT}\n    daily_quota: 100 -> 300" in said
    assert changes_to_json(changes)[1]["changes"] == ["daily_quota"]
    assert changes_between(DOCUMENT, DOCUMENT) == ()
