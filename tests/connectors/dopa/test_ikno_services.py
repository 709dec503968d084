"""Houses, names, photo and checks through their clients, against the simulated wire (facts, section 3.3)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.contracts.card import PersonName
from connectors.contracts.civil_records import ChangedName, Verdict
from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryOutcome,
    RegistryUnavailable,
    WrongPerson,
)
from connectors.contracts.identifiers import LaserCode
from connectors.contracts.thai_dates import PartialDate
from connectors.dopa.ikno_house import read_members
from connectors.dopa.ikno_names import read_changes
from connectors.dopa.ikno_photo import LARGEST_PHOTO, read_photo
from connectors.fictitious.hard_cases import CROWDED_HOUSE, PEOPLE
from connectors.fictitious.people import citizen_number, house_number
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from connectors.simulators.switchboard import Behaviour, Mode, Service
from tests.clock import FrozenClock
from tests.connectors.registries import World, open_world

pytestmark = pytest.mark.anyio

LATE: dict[str, float] = {"deadline_seconds": 5.0}
SOMCHAI = PERSONAS["somchai"].person
ABSENT = citizen_number(9_999_999, 2533)


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


async def test_every_hard_case_comes_back_as_the_registry_knows_it(world: World) -> None:
    for person in PEOPLE.values():
        record = (await world.person.person(person.citizen_id, **LATE)).record
        assert (record.name_th, record.name_en) == (person.name_th, person.name_en)
        assert (record.birth_date, record.nationality) == (person.birth_date, person.nationality)
        assert record.is_alive is (person is not PEOPLE["dead"])


async def test_the_card_the_registry_issued_last(world: World) -> None:
    card = PERSONAS["somchai"].registered_card.data
    record = (await world.person.person(SOMCHAI.citizen_id, **LATE)).record
    assert record.card is not None
    assert (record.card.issued_on, record.card.expires_on) == (card.issue_date, card.expiry_date)
    assert not record.card.is_lifelong
    old = (await world.person.person(PEOPLE["born_after_april"].citizen_id, **LATE)).record.card
    assert old is not None
    assert old.is_lifelong
    assert old.expires_on is None
    assert (await world.person.person(PEOPLE["foreign_name"].citizen_id, **LATE)).record.card is None


async def test_a_house_with_forty_members(world: World) -> None:
    somebody = CROWDED_HOUSE.members[17]
    answer = await world.house.house_of(somebody.citizen_id, **LATE)
    house = answer.record
    assert house.house_id == CROWDED_HOUSE.house_id
    assert house.address == CROWDED_HOUSE.address
    assert [member.citizen_id for member in house.members] == [one.citizen_id for one in CROWDED_HOUSE.members]
    row = house.member(somebody.citizen_id)
    assert row is not None
    assert (row.name.first, row.name.last) == (somebody.name_th.first, somebody.name_th.last)
    assert (row.sex, row.birth_date) == (somebody.sex, somebody.birth_date)
    assert house.particulars["CommunityName"] == "ชุมชนตัวอย่าง"
    assert house.permitted_on == PartialDate(2530, 1, 1)
    assert house.disposed_on is None


async def test_each_field_of_a_house_says_by_which_service_it_came(world: World, clock: FrozenClock) -> None:
    answer = await world.house.house_of(SOMCHAI.citizen_id, **LATE)
    assert answer.source_of("address").service == "IKNO-001-07"
    assert answer.source_of("members").service == "IKNO-001-09"
    assert answer.source_of("members").retrieved_at == clock.now()


async def test_a_house_by_its_own_number(world: World) -> None:
    house = world.population.houses[20]
    assert (await world.house.house(house.house_id, **LATE)).record.address == house.address
    with pytest.raises(RecordNotFound):
        await world.house.house(house_number(9_999_999), **LATE)


async def test_a_name_changed_five_times(world: World) -> None:
    person = PEOPLE["five_names"]
    entries = (await world.names.name_changes(person.citizen_id, **LATE)).record.entries
    assert [(entry.before, entry.after) for entry in entries] == [
        (change.old, change.new) for change in person.name_changes
    ]
    assert [entry.changed for entry in entries] == [
        ChangedName.FIRST, ChangedName.LAST, ChangedName.FIRST, ChangedName.LAST, ChangedName.FIRST,
    ]  # fmt: skip
    assert [entry.document for entry in entries] == ["ท.ร.44", "ท.ร.44", "ท.ร.97", "ท.ร.14", "ท.ร.44"]
    assert entries[2].changed_on == PartialDate(2555, 9, None)


async def test_a_name_that_never_changed_is_an_answer_and_nobody_is_not(world: World) -> None:
    answer = await world.names.name_changes(SOMCHAI.citizen_id, **LATE)
    assert answer.record.entries == ()
    assert answer.provenance.service == "IKNO-001-10"
    with pytest.raises(RecordNotFound) as refusal:
        await world.names.name_changes(ABSENT, **LATE)
    assert refusal.value.outcome is RegistryOutcome.NOT_FOUND


async def test_romanised_names_and_those_who_have_none(world: World) -> None:
    assert (await world.names.romanised_name(SOMCHAI.citizen_id, **LATE)).record == SOMCHAI.name_en
    nameless = PEOPLE["no_romanised_name"].citizen_id
    assert (await world.names.romanised_name(nameless, **LATE)).record == PersonName("", "", "", "")


async def test_the_photo_is_the_cards_to_the_byte(world: World) -> None:
    answer = await world.photo.photo(SOMCHAI.citizen_id, **LATE)
    assert answer.record.jpeg == photo(PERSONAS["somchai"].registered_card)
    assert answer.record.citizen_id == SOMCHAI.citizen_id
    assert "jpeg" not in repr(answer.record)
    with pytest.raises(RecordNotFound):
        await world.photo.photo(PEOPLE["foreign_name"].citizen_id, **LATE)


JPEG = b"\xff\xd8\xff\xe0photo\xff\xd9"


@pytest.mark.parametrize(
    "changes",
    [
        {"ImageHex": "zz"},
        {"ImageHex": "FFD8F"},
        {"ImageHex": ""},
        {"ImageHex": None},
        {"ImageHex": b"GIF89a".hex()},
        {"ImageHex": JPEG[:-2].hex(), "ImageSize": len(JPEG) - 2},
        {"ImageSize": len(JPEG) + 1},
        {"ImageSize": "much"},
        {"ImageSize": 2},
        {"ImageHex": (JPEG + b"\xff" * LARGEST_PHOTO).hex()},
    ],
)
def test_what_is_no_photo(changes: dict[str, Any]) -> None:
    with pytest.raises(RegistryUnavailable) as refusal:
        read_photo({"ImageHex": JPEG.hex(), "ImageSize": len(JPEG)} | changes)
    assert refusal.value.outcome is RegistryOutcome.GARBAGE


@pytest.mark.parametrize("padding", [b"", b"\x00" * 40, b"  ", b"\x00 \x00"])
@pytest.mark.parametrize("with_size", [True, False])
def test_padding_is_no_part_of_a_photo(padding: bytes, with_size: bool) -> None:
    answer: dict[str, Any] = {"ImageHex": (JPEG + padding).hex().upper()}
    assert read_photo(answer | ({"ImageSize": str(len(JPEG))} if with_size else {})) == JPEG


async def test_checks_answer_yes_and_no_without_any_value(world: World) -> None:
    laser = PERSONAS["somchai"].registered_card.data.laser_code
    assert laser is not None
    number, name, born = SOMCHAI.citizen_id, SOMCHAI.name_th, SOMCHAI.birth_date
    asked = (
        (name, born, laser, Verdict.YES, ""),
        (replace(name, first="สมหญิง"), born, laser, Verdict.NO, ""),
        (name, PartialDate(2533, 1, 16), laser, Verdict.NO, ""),
        (name, born, LaserCode("JT0000000000"), Verdict.NO, "4"),
    )
    for told, day, code, verdict, wire_code in asked:
        answer = (await world.checks.check_by_laser(number, told, day, code, **LATE)).record
        assert (answer.verdict, answer.wire_code) == (verdict, wire_code)


async def test_a_cancelled_card_is_a_no_and_an_incomplete_question_is_none(world: World) -> None:
    lost = PERSONAS["lost_card"]
    laser = lost.registered_card.data.laser_code
    assert laser is not None
    person = lost.person
    answer = await world.checks.check_by_laser(person.citizen_id, person.name_th, person.birth_date, laser, **LATE)
    assert (answer.record.verdict, answer.record.wire_code) == (Verdict.NO, "2")
    with pytest.raises(Exception, match="incomplete"):
        await world.checks.check_by_laser(
            person.citizen_id, PersonName("", "", "", ""), person.birth_date, laser, **LATE
        )


async def test_checks_by_parents(world: World) -> None:
    for father, verdict in ((SOMCHAI.father.first_name, Verdict.YES), ("ใครก็ไม่รู้", Verdict.NO)):
        answer = await world.checks.check_by_parents(
            SOMCHAI.citizen_id,
            SOMCHAI.name_th,
            father_first_name=father,
            mother_first_name=SOMCHAI.mother.first_name,
            **LATE,
        )
        assert answer.record.verdict is verdict


async def test_search_gives_everybody_of_that_name(world: World) -> None:
    found = (await world.checks.search("สมชาย", "ทดสอบดี", **LATE)).record
    assert [person.citizen_id for person in found] == [SOMCHAI.citizen_id]
    with pytest.raises(RecordNotFound):
        await world.checks.search("ไม่มี", "คนนี้", **LATE)


async def test_hours_are_the_registrys(world: World, clock: FrozenClock) -> None:
    world.board.switch(Service.IKNO, Behaviour(Mode.HOURS))
    # Sunday 16.00 in Bangkok
    with pytest.raises(RegistryClosed):
        await world.photo.photo(SOMCHAI.citizen_id, **LATE)
    for hours, is_open in ((16, False), (16.5, True), (25.49, True), (25.51, False), (40.5, True), (136.6, False)):
        later = FrozenClock(clock.now())
        later.advance(hours * 3600)
        clock.advance((later.now() - clock.now()).total_seconds())
        try:
            await world.photo.photo(SOMCHAI.citizen_id, **LATE)
        except RegistryClosed:
            assert not is_open, hours
        else:
            assert is_open, hours
        clock.advance(-hours * 3600)


async def test_the_quota_counts_hits_and_a_pull_that_asks_twice_counts_once(world: World) -> None:
    world.board.switch(Service.IKNO, Behaviour(Mode.QUOTA, hits=3))
    number = SOMCHAI.citizen_id
    await world.person.person(number, **LATE, idempotency_key="pull-1")  # the largest profile counts twice
    await world.person.person(number, **LATE, idempotency_key="pull-1")
    await world.photo.photo(number, **LATE)
    with pytest.raises(RegistryBusy) as refusal:
        await world.photo.photo(number, **LATE)
    assert refusal.value.outcome is RegistryOutcome.OVER_QUOTA


ROW = {"CitizenID": SOMCHAI.citizen_id.digits, "AddressID": "00990000001"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"Count": 2, "Person": [ROW]}, RegistryUnavailable),
        ({"Count": "many", "Person": [ROW]}, RegistryUnavailable),
        ({"Person": [ROW | {"CitizenID": "1009900000012"}]}, RegistryUnavailable),
        ({"Person": "nobody"}, RegistryUnavailable),
        ({"Person": [ROW, ROW | {"AddressID": "00990000002"}]}, WrongPerson),
        ({"Person": [ROW | {"AddressID": "00990000002"}]}, WrongPerson),
    ],
)
def test_members_that_cannot_be_used(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_members(answer, house_id=house_number(1))


def test_a_member_without_number_is_a_member() -> None:
    (member,) = read_members({"Count": 1, "Person": [{"NameTH_FirstName": "ตู"}]}, house_id=None)
    assert (member.citizen_id, member.name.first) == (None, "ตู")


@pytest.mark.parametrize(
    ("type_id", "changed", "document"),
    [
        ("000", ChangedName.UNKNOWN, ""),
        ("", ChangedName.UNKNOWN, ""),
        ("002", ChangedName.FIRST, "ท.ร.44"),
        ("102", ChangedName.FIRST, "ท.ร.97"),
        ("202", ChangedName.FIRST, "ท.ร.14"),
        ("003", ChangedName.LAST, "ท.ร.44"),
        ("103", ChangedName.LAST, "ท.ร.97"),
        ("203", ChangedName.LAST, "ท.ร.14"),
        ("999", ChangedName.UNKNOWN, ""),
    ],
)
def test_every_type_of_change(type_id: str, changed: ChangedName, document: str) -> None:
    (entry,) = read_changes({"Change": [{"TypeID": type_id}]})
    assert (entry.changed, entry.document) == (changed, document)


def test_changes_that_are_not_all_there() -> None:
    with pytest.raises(RegistryUnavailable):
        read_changes({"Count": 2, "Change": [{"TypeID": "002"}]})
