"""Every reader of every wire, on any bytes: a record or a RegistryError, never anything else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.errors import RegistryError
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.year_rule import YearRule
from connectors.dbd.documents import read_pdf, read_scan
from connectors.dbd.holdings import AMOUNTS, read_shareholders, read_statement
from connectors.dbd.profile_v7 import read_profile
from connectors.dbd.registers import read_entry, read_found
from connectors.dopa import ikno_checks, ikno_house, ikno_names, ikno_photo, linkage_reading
from connectors.dopa.ikno import read_person
from connectors.dopa.linkage_services import NAME_CHANGES, LinkageWire
from connectors.gdx.fields import Fields, base64_bytes, json_listing, json_object, verdict

PERSON = CitizenId("1009900000011")
COMPANY = JuristicId("0105554001954")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WIRE = LinkageWire()


def _linkage_person(fields: Fields) -> object:
    house = linkage_reading.read_house(fields)
    return linkage_reading.read_person(fields, PERSON, house, NOW, year_rule=YearRule.APRIL_UNTIL_2483)


READERS: dict[str, Callable[[Fields], object]] = {
    "profile": lambda fields: read_person(fields, PERSON, NOW, year_rule=YearRule.APRIL_UNTIL_2483),
    "house members": lambda fields: ikno_house.read_members(fields, house_id=None),
    "name changes": ikno_names.read_changes,
    "photo": ikno_photo.read_photo,
    "search": ikno_checks.read_found,
    "check": lambda fields: verdict(fields, "Result"),
    "linkage person": _linkage_person,
    "linkage members": lambda fields: linkage_reading.read_members(fields, WIRE),
    "linkage addresses": lambda fields: linkage_reading.read_addresses(fields, WIRE),
    "linkage names": lambda fields: linkage_reading.read_changes(fields, NAME_CHANGES),
    "linkage extract": lambda fields: linkage_reading.read_extract(fields, PERSON),
    "pdf": lambda fields: read_pdf(fields, expected_number=COMPANY.digits),
    "scan": read_scan,
    "holders": lambda fields: read_shareholders(fields, COMPANY, expected_name="ก"),
    "statement": lambda fields: read_statement(fields, COMPANY, expected_year_be=2567),
    "v7": lambda fields: read_profile(fields, COMPANY),
    "entry": read_entry,
    "companies": read_found,
    "base64": lambda fields: base64_bytes(fields, "Data"),
}
NAMES = st.sampled_from(
    [
        "CitizenID",
        "AddressID",
        "BirthDate",
        "Age",
        "Address_Moo",
        "ExpireDate",
        "IssueDate",
        "DomicileDate",
        "Person",
        "Count",
        "Change",
        "ChangeDate",
        "TypeID",
        "ImageHex",
        "ImageSize",
        "Result",
        "personalID",
        "houseID",
        "villageNo",
        "dateOfBirth",
        "dateOfMoveIn",
        "age",
        "allPerson",
        "allName",
        "allAddress",
        "docDate",
        "total",
        "FileName",
        "Info",
        "NumberOfPage",
        "Hashes",
        "Contents",
        "Page",
        "Total",
        "Data",
        "ShareholderInfo",
        "ShareholderDetail",
        "JuristicName",
        "SumOfHold",
        "ParValue",
        "MeetingDate",
        "ResultList",
        "JuristicID",
        "StatementYear",
        "NetProfit",
        "status",
        "code",
        "data",
        "cd:OrganizationJuristicPerson",
        "cd:OrganizationJuristicID",
        "cd:OrganizationJuristicRegisterDate",
        "cd:OrganizationJuristicObjective",
        "td:JuristicObjective",
        "cd:OrganizationJuristicAddress",
        "cr:AddressType",
        "cd:City",
        *AMOUNTS.values(),
    ]
)
VALUES = st.sampled_from(
    [
        *(PERSON.digits, COMPANY.digits, "00990000001", "25330115", 25330115, "29820229", "24820229", "00000000"),
        *("99999999", "1000", "1004", "ก", "๑๒", "", "FFD8FFE0FFD9", "JVBERi0xLjc", "-1.5", "1,000"),
        *(0, -1, 10**30, 1.5, True, None),
    ]
)
ANSWERS = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=8,
)


def refusal_of(read: Callable[[Fields], object], decode: Callable[[bytes], Fields], body: bytes) -> str:
    """What the reader says when it refuses; "" for a record."""
    try:
        read(decode(body))
    except RegistryError as refusal:
        return str(refusal)
    return ""


def all_are_total(body: bytes) -> None:
    for name, read in READERS.items():
        for decode in (json_object, lambda raw: json_listing(raw, named="ResultList")):
            said = refusal_of(read, decode, body)
            assert said.isascii(), name
            assert PERSON.digits not in said, name


@given(st.binary(max_size=120))
def test_any_bytes_are_a_record_or_a_refusal(body: bytes) -> None:
    all_are_total(body)


@given(ANSWERS)
def test_anything_that_has_the_wires_names_is_a_record_or_a_refusal(answer: dict[str, Any]) -> None:
    all_are_total(msgspec.json.encode(answer))


@given(ANSWERS)
def test_a_list_of_such_is_a_record_or_a_refusal(answer: dict[str, Any]) -> None:
    all_are_total(msgspec.json.encode([answer]))
