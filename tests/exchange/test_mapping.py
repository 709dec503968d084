"""Every catalogue field has a value from the registries' own wire, and only catalogue fields leave."""

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.fictitious.hard_cases import CROWDED_HOUSE, PEOPLE
from connectors.fictitious.personas import PERSONAS
from idp.catalogue.datasets import DATASETS, PULLED
from idp.catalogue.model import Field
from idp.exchange.mapping.model import Fetched, PresentedCard, machine_dates
from idp.exchange.mapping.readers import CARD_READERS, COMPANY_READERS, PERSON_READERS
from tests.exchange.world import SOMCHAI, THONGDEE, World

pytestmark = pytest.mark.anyio

FIVE = PEOPLE["five_names"]


async def fetched_of(world: World, dataset: str) -> Fetched:
    """The data set about somebody of whom the registry has a record."""
    if dataset in COMPANY_READERS:
        return await world.registries.fetch(dataset, THONGDEE.juristic_id, deadline_seconds=5)
    if dataset in CARD_READERS:
        card = PresentedCard(PERSONAS["somchai"].registered_card.data, world.clock.now())
        return await world.registries.fetch(dataset, card, deadline_seconds=5)
    return await world.registries.fetch(dataset, FIVE.citizen_id, deadline_seconds=5)


def matches(value: Any, field: Field) -> bool:
    """The value has exactly the shape that the catalogue says: rows with the field's columns, codes of its list."""
    names = [column.name for column in field.columns]
    match value:
        case str():
            return not names and (not field.codes or value in {code.value for code in field.codes})
        case Mapping():
            return list(value) == names and all(matches(value[column.name], column) for column in field.columns)
        case list():
            rows = [row for row in value if isinstance(row, Mapping)]
            return all(matches(row, field) for row in value) if rows else all(isinstance(row, str) for row in value)
        case _:
            return False


def test_every_dataset_has_one_reader() -> None:
    readers = [*PERSON_READERS, *COMPANY_READERS, *CARD_READERS]
    assert len(readers) == len(set(readers))
    assert set(readers) == {dataset.id for dataset in PULLED}


@pytest.mark.parametrize("dataset", [dataset.id for dataset in PULLED])
async def test_every_field_of_the_catalogue_is_mapped_and_nothing_beyond(world: World, dataset: str) -> None:
    fetched = await fetched_of(world, dataset)
    known = DATASETS[dataset]
    assert tuple(fetched.fields) == known.field_names
    assert [field.name for field in known.fields if not matches(fetched.fields[field.name], field)] == []
    for names in (fetched.dates, fetched.field_sources, fetched.exhibits):
        assert set(names) <= set(known.field_names)


async def test_a_person_s_data_are_ready_for_people(world: World) -> None:
    person = (await world.registries.fetch("dopa.person", SOMCHAI.citizen_id, deadline_seconds=5)).fields
    assert person["birth_date"] == "15 มกราคม พ.ศ. 2533"
    assert person["name_en"] == SOMCHAI.name_en.full()
    assert person["father_name"] == SOMCHAI.father.first_name
    address = (await world.registries.fetch("dopa.address", SOMCHAI.citizen_id, deadline_seconds=5)).fields
    assert address["address_text"] == SOMCHAI.address.text()
    assert address["domicile_date"] == "2 พฤษภาคม พ.ศ. 2560"


async def test_a_company_s_data_are_ready_for_people_and_documents(world: World) -> None:
    company = (await world.registries.fetch("dbd.company", THONGDEE.juristic_id, deadline_seconds=5)).fields
    assert company["name_th"] == THONGDEE.name_th
    assert company["registered_capital"] == f"{THONGDEE.registered_capital:.2f}"
    assert set(company["directors"][0]) == {"sequence", "role", "name"}
    assert all(isinstance(objective, str) for objective in company["objectives"])


def test_only_granted_dates_are_given_in_machine_form() -> None:
    dates = {"birth_date": SOMCHAI.birth_date, "domicile_date": None}
    assert machine_dates(dates, ("domicile_date",)) == {}
    assert machine_dates(dates, ("birth_date",)) == {"birth_date": {"be": "25330115", "iso": "1990-01-15"}}


async def test_a_name_that_was_never_changed_is_an_answer(world: World) -> None:
    names = (await world.registries.fetch("dopa.name_changes", SOMCHAI.citizen_id, deadline_seconds=5)).fields
    assert (names["change_count"], names["changes"]) == ("0", [])
    assert names["finding"] == "ไม่เคยเปลี่ยนชื่อตัวหรือชื่อสกุล"


async def test_a_name_changed_five_times_is_told_in_order_with_its_days(world: World) -> None:
    fetched = await world.registries.fetch("dopa.name_changes", FIVE.citizen_id, deadline_seconds=5)
    changes = fetched.fields["changes"]
    assert [change["after"] for change in changes] == [change.new for change in FIVE.name_changes]
    assert changes[2]["changed_on"] == "กันยายน พ.ศ. 2555"
    told = machine_dates(fetched.dates, ("changes",))["changes"]
    assert told[0]["changed_on"] == {"be": "25450301", "iso": "2002-03-01"}
    assert told[2]["changed_on"] == {"be": "25550900", "iso": None}


async def test_of_a_house_others_are_names_and_relations_and_their_numbers_a_field_of_its_own(world: World) -> None:
    own = CROWDED_HOUSE.members[3]
    fetched = await world.registries.fetch("dopa.house", own.citizen_id, deadline_seconds=5)
    assert fetched.fields["member_count"] == "40"
    assert fetched.fields["own_row"]["citizen_id"] == own.citizen_id.digits
    assert len(fetched.fields["others"]) == 39
    assert {tuple(row) for row in fetched.fields["others"]} == {("name", "role")}
    assert own.name_th.full() not in [row["name"] for row in fetched.fields["others"]]
    assert len(fetched.fields["member_rows"]) == 40
    named = fetched.others_named["others"]
    assert set(named) == {member.citizen_id for member in CROWDED_HOUSE.members} - {own.citizen_id}


async def test_the_registry_is_not_asked_for_papers_that_nobody_wants(world: World) -> None:
    for dataset, wanted in (("dbd.company", ("name_th",)), ("dbd.memorandum", ("name_th", "objectives_paper"))):
        fetched = await world.registries.fetch(dataset, THONGDEE.juristic_id, deadline_seconds=5, wanted=wanted)
        assert set(fetched.exhibits) == {"objectives_paper"} & set(wanted)
        assert tuple(fetched.fields) == DATASETS[dataset].field_names
