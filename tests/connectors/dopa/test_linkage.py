"""The Linkage Center through the client, against the simulated wire (facts/thai-registries, section 3.4)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.contracts.civil_records import ChangedName
from connectors.contracts.errors import RecordNotFound, RegistryOutcome, RegistryUnavailable, WrongPerson
from connectors.contracts.thai_dates import PartialDate
from connectors.contracts.year_rule import YearRule
from connectors.dopa.linkage import LinkageClient
from connectors.dopa.linkage_reading import read_addresses, read_changes, read_extract, read_house, read_members
from connectors.dopa.linkage_services import (
    DRIVING_LICENCE,
    FIRST_NAME_CHANGES,
    MARRIAGE,
    NAME_CHANGES,
    SURNAME_CHANGES,
    LinkageWire,
)
from connectors.dopa.subject import require_subject
from connectors.fictitious.hard_cases import CROWDED_HOUSE, PEOPLE
from connectors.fictitious.people import citizen_number
from connectors.fictitious.personas import PERSONAS
from tests.clock import FrozenClock
from tests.connectors.registries import World, open_world

pytestmark = pytest.mark.anyio

LATE: dict[str, float] = {"deadline_seconds": 5.0}
SOMCHAI = PERSONAS["somchai"].person
MALEE = PERSONAS["malee"].person
FIVE = PEOPLE["five_names"]


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


async def test_both_wires_give_one_record(world: World) -> None:
    for person in (SOMCHAI, *PEOPLE.values()):
        by_linkage = (await world.linkage.person(person.citizen_id, **LATE)).record
        by_ikno = (await world.person.person(person.citizen_id, **LATE)).record
        for field in (
            "citizen_id", "name_th", "name_en", "sex", "birth_date", "age", "is_alive", "nationality", "father",
            "mother", "house_id", "domicile_type", "domicile_date", "address",
        ):  # fmt: skip
            assert getattr(by_linkage, field) == getattr(by_ikno, field), field


async def test_each_field_says_by_which_service_it_came(world: World) -> None:
    answer = await world.linkage.person(SOMCHAI.citizen_id, **LATE)
    assert answer.source_of("name_th").service == "00023/001"
    assert answer.source_of("address").service == answer.source_of("house_id").service == "00023/008"


async def test_both_wires_give_one_house(world: World) -> None:
    somebody = CROWDED_HOUSE.members[3].citizen_id
    by_linkage = (await world.linkage.house_of(somebody, **LATE)).record
    by_ikno = (await world.house.house_of(somebody, **LATE)).record
    assert (by_linkage.house_id, by_linkage.address) == (by_ikno.house_id, by_ikno.address)
    assert [member.citizen_id for member in by_linkage.members] == [member.citizen_id for member in by_ikno.members]
    assert by_linkage.members[0].role == "เจ้าบ้าน"
    assert by_linkage.disposed_on is None


@pytest.mark.parametrize(
    ("service", "kinds"),
    [
        (FIRST_NAME_CHANGES, [ChangedName.FIRST] * 3),
        (SURNAME_CHANGES, [ChangedName.LAST] * 2),
        (NAME_CHANGES, [ChangedName.FIRST_AND_LAST] * 5),
    ],
)
async def test_changes_of_name_by_each_service(world: World, service: Any, kinds: list[ChangedName]) -> None:
    entries = (await world.linkage.name_changes(FIVE.citizen_id, **LATE, service=service)).record.entries
    assert [entry.changed for entry in entries] == kinds
    if service is not NAME_CHANGES:
        known = {(change.old, change.new) for change in FIVE.name_changes}
        assert {(entry.before, entry.after) for entry in entries} <= known
    assert all(entry.document for entry in entries)
    assert {entry.cause for entry in entries} <= {"", "การสมรส"}


async def test_never_changed_is_an_answer_and_nobody_is_not(world: World) -> None:
    assert (await world.linkage.name_changes(SOMCHAI.citizen_id, **LATE)).record.entries == ()
    with pytest.raises(RecordNotFound) as refusal:
        await world.linkage.name_changes(citizen_number(9_999_999, 2533), **LATE)
    assert refusal.value.outcome is RegistryOutcome.NOT_FOUND


async def test_records_that_nobody_published_come_as_named_texts(world: World) -> None:
    marriage = (await world.linkage.extract(MARRIAGE.code, FIVE.citizen_id, **LATE)).record
    assert marriage.texts["marriageDate"] == "25490214"
    with pytest.raises(RecordNotFound):
        await world.linkage.extract(MARRIAGE.code, MALEE.citizen_id, **LATE)
    answer = await world.linkage.extract(DRIVING_LICENCE.code, FIVE.citizen_id, **LATE)
    assert answer.provenance.source == "DLT"
    assert answer.record.lists["licences"][0]["pltDesc"] == "รถยนต์ส่วนบุคคล"


async def test_every_address(world: World) -> None:
    addresses = (await world.linkage.addresses(FIVE.citizen_id, **LATE)).record
    assert [one.kind for one in addresses] == ["ที่อยู่ตามทะเบียนบ้าน", "ที่อยู่ตามบัตร"]
    assert addresses[0].address == FIVE.address


async def test_the_number_can_travel_in_the_body(world: World, clock: FrozenClock) -> None:
    client = LinkageClient(session=world.session, clock=clock.now, wire=LinkageWire(by_post=True))
    assert (await client.person(SOMCHAI.citizen_id, **LATE)).record.name_th == SOMCHAI.name_th


async def test_an_officer_asks_under_the_own_number(world: World, clock: FrozenClock) -> None:
    officer = PERSONAS["officer"].person.citizen_id.digits
    client = LinkageClient(session=world.session.for_agent(officer), clock=clock.now)
    assert (await client.person(SOMCHAI.citizen_id, **LATE)).record.citizen_id == SOMCHAI.citizen_id


async def test_the_year_rule_moves_ages_of_those_born_before_april_only(world: World, clock: FrozenClock) -> None:
    today = clock.now().date()
    assert PEOPLE["born_before_april"].birth_date.age_on(today) == 87
    client = LinkageClient(session=world.session, clock=clock.now, year_rule=YearRule.APRIL_UNTIL_2483)
    # the registry's own count goes before any rule
    assert (await client.person(PEOPLE["born_before_april"].citizen_id, **LATE)).record.age == 87


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, RegistryUnavailable),
        ({"pid": ""}, RegistryUnavailable),
        ({"pid": True}, RegistryUnavailable),
        ({"pid": "1009900000020"}, WrongPerson),
        ({"pid": SOMCHAI.citizen_id.digits, "personalID": "1009900000020"}, WrongPerson),
    ],
)
def test_whom_an_answer_is_about(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        require_subject(answer, "personalID", "pid", expected_citizen_id=SOMCHAI.citizen_id)


def test_a_number_that_lost_its_leading_zero_is_still_that_number() -> None:
    worker = PEOPLE["foreign_worker"].citizen_id
    assert worker.digits.startswith("0")
    require_subject({"pid": int(worker.digits)}, "pid", expected_citizen_id=worker)


def test_one_of_the_names_is_enough() -> None:
    require_subject({"pid": SOMCHAI.citizen_id.digits}, "personalID", "pid", expected_citizen_id=SOMCHAI.citizen_id)


def test_lists_that_are_not_all_there_and_houses_that_are_none() -> None:
    for read in (
        lambda: read_changes({"total": 2, "allName": [{}]}, NAME_CHANGES),
        lambda: read_members({"total": 2, "allPerson": [{}]}, LinkageWire()),
        lambda: read_members({"allPerson": [{"houseID": "1"}, {"houseID": "2"}]}, LinkageWire()),
        lambda: read_members({"allPerson": [{"pid": "12"}]}, LinkageWire()),
        lambda: read_house({}),
        lambda: read_house({"houseID": 0}),
        lambda: read_house({"houseID": "ก"}),
    ):
        with pytest.raises(RegistryUnavailable):
            read()


def test_what_the_wire_leaves_out() -> None:
    (only,) = read_addresses({"houseNo": 7, "villageNo": 0, "provinceDesc": "กรุงเทพมหานคร"}, LinkageWire())
    assert only.address.text() == "7 กรุงเทพมหานคร"
    (entry,) = read_changes({"allName": [{"docDate": 0, "newName": "ก"}]}, FIRST_NAME_CHANGES)
    assert (entry.changed_on, entry.after) == (None, "ก")
    extract = read_extract({"a": 1, "b": None, "c": {"d": 1}, "e": True, "f": [{"g": "h"}]}, SOMCHAI.citizen_id)
    assert (extract.texts, extract.lists) == ({"a": "1"}, {"f": ({"g": "h"},)})


def test_dates_are_whole_numbers_of_the_buddhist_era() -> None:
    (entry,) = read_changes({"allName": [{"docDate": 25550900}]}, NAME_CHANGES)
    assert entry.changed_on == PartialDate(2555, 9, None)
