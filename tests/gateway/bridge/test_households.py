"""Of others in a house the names leave, and all of their rows under a duty alone: on both wires alike."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.civil_records import HouseMember, HouseRecord
from connectors.contracts.identifiers import CitizenId, HouseId, check_digit
from connectors.contracts.thai_dates import PartialDate
from idp.gateway.bridge import wire_ikno, wire_linkage


def _number(first_twelve: str) -> CitizenId:
    return CitizenId.parse(f"{first_twelve}{check_digit(first_twelve)}")


def _member(number: CitizenId | None, name: str) -> HouseMember:
    return HouseMember(number, PersonName("นาย", name, "", "ทดสอบ"), "1", PartialDate(2530, 1, 2), "")


OWN, OTHER = _number("110000000001"), _number("110000000002")
HOUSE = HouseRecord(
    house_id=HouseId("10010000018"),
    address=CardAddress("1", "", "", "", "", "", "", ""),
    registry_office="",
    house_type="",
    permitted_on=None,
    disposed_on=None,
    particulars={},
    members=(_member(OTHER, "ข"), _member(OWN, "ก"), _member(None, "ค")),
)


def _on_ikno(*granted: str) -> list[tuple[str, str | None]]:
    return _told(wire_ikno.members(HOUSE, OWN, granted)["Person"], "NameTH_FirstName", "CitizenID", "BirthDate", "Sex")


def _on_linkage(*granted: str) -> list[tuple[str, str | None]]:
    rows = wire_linkage.members(HOUSE, OWN, granted)["allPerson"]
    return _told(rows, "firstName", "personalID", "dateOfBirth", "genderCode")


def _told(rows: list[dict[str, Any]], name: str, number: str, *whole: str) -> list[tuple[str, str | None]]:
    assert all((row[number] is None) == (row[one] is None) for row in rows for one in whole)
    return [(row[name], row[number]) for row in rows]


@pytest.mark.parametrize("told_by", [_on_ikno, _on_linkage])
def test_whose_rows_leave(told_by: Callable[..., list[tuple[str, str | None]]]) -> None:
    own, names = ("ก", OWN.digits), [("ข", None), ("ค", None)]
    assert told_by() == []
    assert told_by("house_id") == []
    assert told_by("own_row") == [own]
    assert told_by("others") == names
    assert told_by("own_row", "others") == [names[0], own, names[1]]
    assert told_by("member_rows") == [("ข", OTHER.digits), own, ("ค", "")]
