"""The Linkage Center's answers in its own spelling (facts/thai-registries, section 3.4).

The lists of 007 and 027 and the records of marriage and driving licence are not published: they have the names that our
own client assumes. What no data set of the catalogue has stays null.
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.contracts.card import CardAddress
from connectors.contracts.civil_records import (
    ChangedName,
    HouseMember,
    HouseRecord,
    NameChangeEntry,
    NameHistory,
    RegistryExtract,
)
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import PersonRecord
from connectors.contracts.thai_dates import PartialDate
from idp.gateway.bridge.cells import Cell, Granted, filled, nulls
from idp.gateway.bridge.households import leaving
from idp.gateway.bridge.wire_ikno import SEX_WORDS

_THAI: Final = "ไทย"
_THAI_CODE: Final = "99"
_PLACES: Final = {
    "alley": "alley",
    "alleyWay": "lane",
    "road": "road",
    "subdistrict": "subdistrict",
    "district": "district",
    "province": "province",
}
"""The wire's name of a place, and ours."""
_REGISTERED: Final = "ที่อยู่ตามทะเบียนบ้าน"


def be_number(day: PartialDate | None) -> int:
    """YYYYMMDD in the Buddhist era as a number, 0 for a day that nobody knows."""
    return 0 if day is None else int(day.to_be_text())


def _village(text: str) -> int:
    """The bare number: `หมู่ที่ 3` is 3, none is 0."""
    digits = text.rpartition(" ")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


PERSON: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("titleDesc", "name_th", lambda record: record.name_th.prefix),
    Cell("titleName", "name_th", lambda record: record.name_th.prefix),
    Cell("firstName", "name_th", lambda record: record.name_th.first),
    Cell("middleName", "name_th", lambda record: record.name_th.middle),
    Cell("lastName", "name_th", lambda record: record.name_th.last),
    Cell("fullnameAndRank", "name_th", lambda record: record.name_th.full()),
    Cell("englishTitleDesc", "name_en", lambda record: record.name_en.prefix),
    Cell("englishFirstName", "name_en", lambda record: record.name_en.first),
    Cell("englishMiddleName", "name_en", lambda record: record.name_en.middle),
    Cell("englishLastName", "name_en", lambda record: record.name_en.last),
    Cell("genderCode", "sex", lambda record: record.sex),
    Cell("genderDesc", "sex", lambda record: SEX_WORDS.get(record.sex, "ไม่ระบุ")),
    Cell("titleSex", "sex", lambda record: record.sex),
    Cell("dateOfBirth", "birth_date", lambda record: be_number(record.birth_date)),
    Cell("age", "birth_date", lambda record: record.age),
    Cell("nationalityCode", "nationality", lambda record: _THAI_CODE if record.nationality == _THAI else None),
    Cell("nationalityDesc", "nationality", lambda record: record.nationality),
    Cell("statusOfPersonCode", "person_status", lambda record: "0" if record.is_alive else "1"),
    Cell("statusOfPersonDesc", "person_status", lambda record: record.person_status),
    Cell("fatherName", "father_name", lambda record: record.father.first_name),
    Cell("motherName", "mother_name", lambda record: record.mother.first_name),
)
RESIDENCE: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("ownerStatusDesc", "domicile_type", lambda record: record.domicile_type),
    Cell("dateOfMoveIn", "domicile_date", lambda record: be_number(record.domicile_date)),
)
PARENTS: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("fatherPersonalID", "father_citizen_id", lambda record: record.father.citizen_id),
    Cell("fatherNationalityDesc", "father_nationality", lambda record: record.father.nationality),
    Cell("motherPersonalID", "mother_citizen_id", lambda record: record.mother.citizen_id),
    Cell("motherNationalityDesc", "mother_nationality", lambda record: record.mother.nationality),
)
_PERSON_WITHOUT: Final = ("titleCode", "fatherNationalityCode", "motherNationalityCode")


def _place(wire: str, field: str) -> Cell[CardAddress]:
    return Cell(f"{wire}Desc", field, lambda address: getattr(address, field))


PLACES: Final[tuple[Cell[CardAddress], ...]] = (
    Cell("houseNo", "house_no", lambda address: address.house_no),
    Cell("villageNo", "village_no", lambda address: _village(address.village_no)),
    *(_place(wire, field) for wire, field in _PLACES.items()),
)
_PLACES_OF_HOUSE: Final = tuple(Cell(cell.name, "address_text", cell.value) for cell in PLACES)
_PLACES_WITHOUT: Final = tuple(f"{wire}{part}" for wire in _PLACES for part in ("Code", "EnglishDesc"))
HOUSE: Final[tuple[Cell[HouseRecord], ...]] = (
    Cell("houseID", "house_id", lambda house: house.house_id.digits),
    Cell("houseType", "house_type", lambda house: house.house_type),
    Cell("houseTypeDesc", "house_type", lambda house: house.particulars.get("houseTypeDesc", "")),
    Cell("rcodeCode", "registry_office", lambda house: house.particulars.get("rcodeCode", "")),
    Cell("rcodeDesc", "registry_office", lambda house: house.registry_office),
)


def person(record: PersonRecord, *, person: Granted, address: Granted, particulars: Granted) -> dict[str, Any]:
    """00023/001."""
    return {
        "personalID": record.citizen_id.digits,
        **filled(PERSON, record, person),
        **filled(RESIDENCE, record, address),
        **filled(PARENTS, record, particulars),
        **nulls(*_PERSON_WITHOUT),
    }


def house(record: HouseRecord, granted: Granted) -> dict[str, Any]:
    """00023/008 by the right to the house."""
    return {
        **filled(HOUSE, record, granted),
        **filled(_PLACES_OF_HOUSE, record.address, granted),
        **nulls(*_PLACES_WITHOUT, "dateOfTerminate"),
    }


def home(record: PersonRecord, granted: Granted) -> dict[str, Any]:
    """00023/008 by the right to the person's address: the house's number and where it stands."""
    return {
        "houseID": record.house_id if "house_id" in granted else None,
        **filled(PLACES, record.address, granted),
        **nulls(*_PLACES_WITHOUT, *(cell.name for cell in HOUSE if cell.name != "houseID"), "dateOfTerminate"),
    }


def addresses(record: PersonRecord, granted: Granted) -> dict[str, Any]:
    """00023/027: the registered one, which is the one that the catalogue has."""
    listed = [home(record, granted) | {"addressTypeDesc": _REGISTERED}]
    return {"personalID": record.citizen_id.digits, "total": len(listed), "allAddress": listed}


def members(record: HouseRecord, about: CitizenId, granted: Granted) -> dict[str, Any]:
    """00023/007."""
    rows = [_member(record, member, is_whole, granted) for member, is_whole in leaving(record, about, granted)]
    return {"total": len(rows), "allPerson": rows}


def _member(record: HouseRecord, member: HouseMember, is_whole: bool, granted: Granted) -> dict[str, Any]:
    whole: Mapping[str, Any] = {
        "personalID": "" if member.citizen_id is None else member.citizen_id.digits,
        "genderCode": member.sex,
        "genderDesc": SEX_WORDS.get(member.sex, "ไม่ระบุ"),
        "dateOfBirth": be_number(member.birth_date),
    }
    return {
        "houseID": record.house_id.digits if "house_id" in granted else None,
        "titleDesc": member.name.prefix,
        "firstName": member.name.first,
        "middleName": member.name.middle,
        "lastName": member.name.last,
        "fullnameAndRank": member.name.full(),
        "ownerStatusDesc": member.role,
        **(whole if is_whole else nulls(*whole)),
    }


def name_changes(history: NameHistory) -> dict[str, Any]:
    """00023/013, 017 and 039; a name that was never changed is a code and not asked for here."""
    rows = [_change(history.citizen_id, entry) for entry in history.entries]
    return {"total": len(rows), "allName": rows}


def _change(about: CitizenId, entry: NameChangeEntry) -> dict[str, Any]:
    match entry.changed:
        case ChangedName.LAST:
            first, last = "", entry.before
        case ChangedName.FIRST:
            first, last = entry.before, ""
        case _:
            first, _, last = entry.before.partition(" ")
    return {
        "pid": about.digits,
        "docID": entry.document,
        "docDate": be_number(entry.changed_on),
        "docPlaceDesc": entry.place,
        "firstName": first,
        "lastName": last,
        "newName": entry.after,
        "total": 1,
    }


def marriage(record: RegistryExtract, granted: Granted) -> dict[str, Any]:
    """00023/005."""
    told = {"marriageID": "marriage_no", "marriageDate": "registered_on", "marriagePlaceDesc": "place"}
    texts = {wire: record.texts.get(wire, "") if field in granted else None for wire, field in told.items()}
    return {"personalID": record.citizen_id.digits, **texts}


def driving_licences(record: RegistryExtract, granted: Granted) -> dict[str, Any]:
    """00212/002."""
    rows = record.lists.get("licences", ()) if "licences" in granted else ()
    named = ("pltDesc", "pltNo", "expDate")
    return {
        "personalID": record.citizen_id.digits,
        "licences": [{name: row.get(name, "") for name in named} for row in rows],
    }
