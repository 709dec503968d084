"""Linkage's records in its own spelling, mapped to the inner ones (facts/thai-registries, section 3.4)."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.civil_records import (
    ChangedName,
    HouseMember,
    HouseRecord,
    NameChangeEntry,
    RegisteredAddress,
    RegistryExtract,
)
from connectors.contracts.identifiers import CitizenId, HouseId, InvalidIdentifier
from connectors.contracts.registry import Parent, PersonRecord
from connectors.contracts.thai_dates import BANGKOK, PartialDate
from connectors.contracts.year_rule import YearRule, age_on
from connectors.dopa.ikno import village_no
from connectors.dopa.linkage_services import (
    FIRST_NAME_CHANGES,
    SURNAME_CHANGES,
    LinkageService,
    LinkageWire,
)
from connectors.gdx.fields import Fields, be_date, garbage, rows, text, whole_number

_ALIVE: Final = "0"
"""statusOfPersonCode; the sheet knows this one value."""
_NOBODY: Final = frozenset({"", "0"})
_PARTICULARS: Final = ("houseTypeDesc", "rcodeCode")


def read_person(
    answer: Fields, citizen_id: CitizenId, house: HouseRecord, retrieved_at: datetime, *, year_rule: YearRule
) -> PersonRecord:
    """Service 001 as a person; the house comes by 008. Raises RegistryUnavailable."""
    birth_date = _date(answer, "dateOfBirth")
    if birth_date is None:
        raise garbage("dateOfBirth is missing")
    today = retrieved_at.astimezone(BANGKOK).date()
    return PersonRecord(
        citizen_id=citizen_id,
        name_th=_thai_name(answer),
        name_en=PersonName(
            text(answer, "englishTitleDesc"),
            text(answer, "englishFirstName"),
            text(answer, "englishMiddleName"),
            text(answer, "englishLastName"),
        ),
        sex=text(answer, "genderCode"),
        birth_date=birth_date,
        age=whole_number(answer, "age", default=age_on(birth_date, today, rule=year_rule)),
        person_status=text(answer, "statusOfPersonDesc"),
        is_alive=text(answer, "statusOfPersonCode") == _ALIVE,
        nationality=text(answer, "nationalityDesc"),
        father=_parent(answer, "father"),
        mother=_parent(answer, "mother"),
        house_id=house.house_id.digits,
        domicile_type=text(answer, "ownerStatusDesc"),
        domicile_date=_date(answer, "dateOfMoveIn"),
        address=house.address,
    )


def read_house(answer: Fields) -> HouseRecord:
    """Service 008 as a house, without members. Raises RegistryUnavailable."""
    told = text(answer, "houseID")
    try:
        # numbers lose their leading zeros where they travel as numbers
        house_id = HouseId.parse("" if told in _NOBODY else told.zfill(11))
    except InvalidIdentifier:
        raise garbage("the answer does not say which house it is about") from None
    return HouseRecord(
        house_id=house_id,
        address=read_address(answer),
        registry_office=text(answer, "rcodeDesc"),
        house_type=text(answer, "houseType"),
        permitted_on=None,
        disposed_on=_date(answer, "dateOfTerminate"),
        particulars={name: value for name in _PARTICULARS if (value := text(answer, name))},
        members=(),
    )


def read_address(answer: Fields) -> CardAddress:
    """`houseNo`, `villageNo` and the `…Desc` of the places; alleyWay is read as ตรอก, alley as ซอย."""
    return CardAddress(
        house_no=text(answer, "houseNo"),
        village_no=village_no(text(answer, "villageNo")),
        lane=text(answer, "alleyWayDesc"),
        alley=text(answer, "alleyDesc"),
        road=text(answer, "roadDesc"),
        subdistrict=text(answer, "subdistrictDesc"),
        district=text(answer, "districtDesc"),
        province=text(answer, "provinceDesc"),
    )


def read_members(answer: Fields, wire: LinkageWire) -> tuple[HouseMember, ...]:
    """Service 007 as members; all of one house. Raises RegistryUnavailable."""
    people = _whole_list(answer, wire.members_under)
    if len({text(row, "houseID") for row in people}) > 1:
        raise garbage("members of several houses")
    return tuple(_member(row, wire) for row in people)


def read_addresses(answer: Fields, wire: LinkageWire) -> tuple[RegisteredAddress, ...]:
    """Service 027: every address, or the one that the answer is. Raises RegistryUnavailable."""
    listed = _whole_list(answer, wire.addresses_under) if wire.addresses_under in answer else [answer]
    return tuple(
        RegisteredAddress(text(row, "addressTypeDesc"), text(row, "houseID"), read_address(row)) for row in listed
    )


def read_changes(answer: Fields, service: LinkageService) -> tuple[NameChangeEntry, ...]:
    """Services 013, 017, 039 as entries; the rows hold the name before and `newName`. Raises RegistryUnavailable."""
    return tuple(_change(row, service) for row in _whole_list(answer, "allName"))


def read_extract(answer: Fields, citizen_id: CitizenId) -> RegistryExtract:
    """A record whose fields nobody published: texts by name, lists of such. Raises RegistryUnavailable."""
    lists = {name: tuple(map(_texts, rows(answer, name))) for name, value in answer.items() if isinstance(value, list)}
    return RegistryExtract(citizen_id, _texts(answer), lists)


def _texts(fields: Fields) -> dict[str, str]:
    """The plain values; deeper ones are left out, since nobody knows what they hold."""
    plain = (name for name, value in fields.items() if isinstance(value, str | int | Decimal))
    return {name: text(fields, name) for name in plain if not isinstance(fields[name], bool)}


def _thai_name(row: Fields) -> PersonName:
    title = text(row, "titleDesc") or text(row, "titleName")
    return PersonName(title, text(row, "firstName"), text(row, "middleName"), text(row, "lastName"))


def _parent(answer: Fields, which: str) -> Parent:
    number = text(answer, f"{which}PersonalID")
    return Parent(
        citizen_id="" if number in _NOBODY else number,
        first_name=text(answer, f"{which}Name"),
        nationality=text(answer, f"{which}NationalityDesc"),
    )


def _member(row: Fields, wire: LinkageWire) -> HouseMember:
    digits = next((told for name in wire.number_fields if (told := text(row, name)) not in _NOBODY), "")
    try:
        citizen_id = CitizenId.parse(digits.zfill(13)) if digits else None
    except InvalidIdentifier:
        raise garbage("a member's number is none") from None
    return HouseMember(
        citizen_id=citizen_id,
        name=_thai_name(row),
        sex=text(row, "genderCode"),
        birth_date=_date(row, "dateOfBirth"),
        role=text(row, "ownerStatusDesc"),
    )


def _change(row: Fields, service: LinkageService) -> NameChangeEntry:
    first, last = text(row, "firstName"), text(row, "lastName")
    if service is FIRST_NAME_CHANGES:
        changed, before = ChangedName.FIRST, first
    elif service is SURNAME_CHANGES:
        changed, before = ChangedName.LAST, last
    else:
        changed, before = ChangedName.FIRST_AND_LAST, f"{first} {last}".strip()
    return NameChangeEntry(
        changed_on=_date(row, "docDate"),
        changed=changed,
        before=before,
        after=text(row, "newName"),
        place=text(row, "docPlaceDesc") or text(row, "docPlace"),
        document=text(row, "docID"),
        cause=text(row, "causeOfChange"),
    )


def _whole_list(answer: Fields, name: str) -> list[Fields]:
    """The rows, no fewer than `total` says."""
    listed = rows(answer, name)
    if whole_number(answer, "total", default=len(listed)) != len(listed):
        raise garbage(f"{name} is not all there")
    return listed


def _date(fields: Fields, name: str) -> PartialDate | None:
    """A whole number YYYYMMDD in the Buddhist era; 0 is none."""
    return None if text(fields, name) in _NOBODY else be_date(fields, name)
