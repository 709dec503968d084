"""The Person API's answers, IKNO-001-01 to -10, in its own spelling (facts/thai-registries, section 3.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.civil_records import ChangedName, HouseMember, HouseRecord, NameChangeEntry, NameHistory
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import CardIssue, PersonRecord
from connectors.contracts.thai_dates import PartialDate
from idp.gateway.bridge.cells import Cell, Granted, filled, nulls
from idp.gateway.bridge.households import leaving

LIFELONG: Final = "99999999"
SEX_WORDS: Final = {"1": "ชาย", "2": "หญิง"}
_ALIVE: Final = {True: "1", False: "2"}
"""PersonStatusID: 1 alive, 2 dead; what else the registry distinguishes its own words say."""
_PARTS: Final = ("Prefix", "FirstName", "MiddleName", "SurName")
_CHANGED: Final = {ChangedName.FIRST: "02", ChangedName.LAST: "03"}
_CHANGED_WORDS: Final = {"02": "เปลี่ยนชื่อตัว", "03": "เปลี่ยนชื่อสกุล"}
_FORMS: Final = {"ท.ร.44": "0", "ท.ร.97": "1", "ท.ร.14": "2"}
_UNSPECIFIED: Final = "000"


def be_text(day: PartialDate | None) -> str:
    """YYYYMMDD in the Buddhist era, "" for a day that nobody knows."""
    return "" if day is None else day.to_be_text()


def _name_cells(prefix: str, opened_by: str, attribute: str) -> tuple[Cell[PersonRecord], ...]:
    def part(index: int) -> Cell[PersonRecord]:
        def value(record: PersonRecord) -> str:
            name: PersonName = getattr(record, attribute)
            return (name.prefix, name.first, name.middle, name.last)[index]

        return Cell(f"{prefix}_{_PARTS[index]}", opened_by, value)

    return tuple(part(index) for index in range(len(_PARTS)))


def _address_cell(wire: str, field: str) -> Cell[CardAddress]:
    return Cell(f"Address_{wire}", field, lambda address: getattr(address, field))


def _card_cell(wire: str, opened_by: str, value: Callable[[CardIssue], str]) -> Cell[PersonRecord]:
    return Cell(wire, opened_by, lambda record: None if record.card is None else value(record.card))


THAI_NAME: Final = _name_cells("NameTH", "name_th", "name_th")
ROMANISED: Final = _name_cells("NameEN", "name_en", "name_en")
SIMPLE: Final[tuple[Cell[PersonRecord], ...]] = (
    *THAI_NAME,
    Cell("SexID", "sex", lambda record: record.sex),
    Cell("Sex", "sex", lambda record: SEX_WORDS.get(record.sex, "ไม่ระบุ")),
    Cell("BirthDate", "birth_date", lambda record: be_text(record.birth_date)),
    Cell("Age", "birth_date", lambda record: record.age),
    Cell("PersonStatusID", "person_status", lambda record: _ALIVE[record.is_alive]),
    Cell("PersonStatus", "person_status", lambda record: record.person_status),
)
NATIONALITY: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("Nationality", "nationality", lambda record: record.nationality),
)
PARENTS: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("Father_NameTH_FirstName", "father_name", lambda record: record.father.first_name),
    Cell("Mother_NameTH_FirstName", "mother_name", lambda record: record.mother.first_name),
)
ORIGIN: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("Nationality_Old", "former_nationality", lambda record: record.former_nationality),
    Cell("Nationality_ChangeDate", "nationality_changed_on", lambda record: be_text(record.nationality_changed_on)),
    Cell("DomicileStatus", "domicile_status", lambda record: record.domicile_status),
)
CARD_AND_PARENTS: Final[tuple[Cell[PersonRecord], ...]] = (
    _card_cell("IssueDate", "card_issued_on", lambda card: be_text(card.issued_on)),
    _card_cell(
        "ExpireDate", "card_expires_on", lambda card: LIFELONG if card.is_lifelong else be_text(card.expires_on)
    ),
    _card_cell("IssuerID", "card_issuer_code", lambda card: card.issuer_code),
    _card_cell("IssuerPlace", "card_issuer_place", lambda card: card.issuer_place),
    _card_cell("IssuerAgency", "card_issuer_agency", lambda card: card.issuer_agency),
    Cell("Father_CitizenID", "father_citizen_id", lambda record: record.father.citizen_id),
    Cell("Father_Nationality", "father_nationality", lambda record: record.father.nationality),
    Cell("Mother_CitizenID", "mother_citizen_id", lambda record: record.mother.citizen_id),
    Cell("Mother_Nationality", "mother_nationality", lambda record: record.mother.nationality),
)
RESIDENCE: Final[tuple[Cell[PersonRecord], ...]] = (
    Cell("AddressID", "house_id", lambda record: record.house_id),
    Cell("DomicileType", "domicile_type", lambda record: record.domicile_type),
    Cell("DomicileDate", "domicile_date", lambda record: be_text(record.domicile_date)),
)
PLACES: Final = (
    _address_cell("No", "house_no"),
    _address_cell("Moo", "village_no"),
    _address_cell("Alley", "lane"),
    _address_cell("Soi", "alley"),
    _address_cell("Road", "road"),
    _address_cell("Tumbol", "subdistrict"),
    _address_cell("Amphur", "district"),
    _address_cell("Province", "province"),
)
HOUSE: Final[tuple[Cell[HouseRecord], ...]] = (
    Cell("AddressID", "house_id", lambda house: house.house_id.digits),
    Cell("RegistryOffice", "registry_office", lambda house: house.registry_office),
    Cell("HouseType", "house_type", lambda house: house.house_type),
    Cell("PermitDate", "numbered_on", lambda house: be_text(house.permitted_on)),
    Cell("VillageName", "village_name", lambda house: house.particulars.get("VillageName", "")),
    Cell("BuildingName", "building_name", lambda house: house.particulars.get("BuildingName", "")),
    Cell("HouseAttribute", "house_attribute", lambda house: house.particulars.get("HouseAttribute", "")),
)
_HOUSE_WITHOUT: Final = (
    "DisposeDate", "Location", "PostCode", "HouseSize", "HouseVolumn", "OwnerFile", "OwnerFileID", "LandSize",
    "Tel", "ApproveID", "CommunityName",
)  # fmt: skip
_PLACES_OF_HOUSE: Final = tuple(Cell(cell.name, "address_text", cell.value) for cell in PLACES)


@dataclass(frozen=True, slots=True)
class ProfileParts:
    """Which cells of which data set a profile has; a simple one says nothing of where somebody lives."""

    person: tuple[Cell[PersonRecord], ...]
    particulars: tuple[Cell[PersonRecord], ...] = ()


def profile(
    record: PersonRecord, parts: ProfileParts, *, person: Granted, particulars: Granted, address: Granted
) -> dict[str, Any]:
    """A profile with these parts, as far as they left; everything else null."""
    known = (*SIMPLE, *NATIONALITY, *PARENTS, *ROMANISED, *ORIGIN, *CARD_AND_PARENTS)
    return {
        "CitizenID": record.citizen_id.digits,
        **nulls(*(cell.name for cell in known)),
        **filled(parts.person, record, person),
        **filled(parts.particulars, record, particulars),
        **filled(RESIDENCE, record, address),
        **filled(PLACES, record.address, address),
    }


def name_en(record: PersonRecord, granted: Granted) -> dict[str, Any]:
    """IKNO-001-06."""
    return {"CitizenID": record.citizen_id.digits, **filled(ROMANISED, record, granted)}


def house(record: HouseRecord, granted: Granted) -> dict[str, Any]:
    """IKNO-001-07. The parts of the address leave with its text."""
    return {
        **filled(HOUSE, record, granted),
        **filled(_PLACES_OF_HOUSE, record.address, granted),
        **nulls(*_HOUSE_WITHOUT),
    }


def members(record: HouseRecord, about: CitizenId, granted: Granted) -> dict[str, Any]:
    """IKNO-001-09."""
    rows = [_member(record, member, is_whole, granted) for member, is_whole in leaving(record, about, granted)]
    return {"Count": len(rows), "Person": rows}


def _member(record: HouseRecord, member: HouseMember, is_whole: bool, granted: Granted) -> dict[str, Any]:
    whole: Mapping[str, Any] = {
        "CitizenID": "" if member.citizen_id is None else member.citizen_id.digits,
        "Sex": SEX_WORDS.get(member.sex, "ไม่ระบุ"),
        "BirthDate": be_text(member.birth_date),
    }
    return {
        "NameTH_FirstName": member.name.first,
        "NameTH_SurName": member.name.last,
        "AddressID": record.house_id.digits if "house_id" in granted else None,
        **(whole if is_whole else nulls(*whole)),
    }


def name_changes(history: NameHistory) -> dict[str, Any]:
    """IKNO-001-10; a name that was never changed is a code and not asked for here."""
    return {"Count": len(history.entries), "Change": [_change(entry) for entry in history.entries]}


def _change(entry: NameChangeEntry) -> dict[str, Any]:
    kind, form = _CHANGED.get(entry.changed), _FORMS.get(entry.document)
    return {
        "ChangeDate": be_text(entry.changed_on),
        "Place": entry.place,
        "TypeID": _UNSPECIFIED if kind is None else f"{form or '0'}{kind}",
        "TypeName": "" if kind is None else _CHANGED_WORDS[kind],
        "TypeGroup": entry.document,
        "DataOld": entry.before,
        "DataNew": entry.after,
    }
