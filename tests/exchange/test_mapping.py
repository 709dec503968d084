"""Every catalogue field has a value from the registries, and only catalogue fields leave."""

import pytest

from idp.catalogue.datasets import DATASETS
from idp.exchange.mapping import COMPANY_DATASETS, PERSON_DATASETS, machine_dates
from tests.exchange.world import SOMCHAI, THONGDEE, World

pytestmark = pytest.mark.anyio


async def test_every_dataset_of_the_catalogue_is_mapped_field_by_field(world: World) -> None:
    assert set(DATASETS) == set(PERSON_DATASETS) | set(COMPANY_DATASETS)
    for dataset in PERSON_DATASETS:
        fetched = await world.registries.fetch(dataset, SOMCHAI.citizen_id, deadline_seconds=5)
        assert tuple(fetched.fields) == DATASETS[dataset].field_names
        assert set(fetched.dates) <= set(DATASETS[dataset].field_names)
    for dataset in COMPANY_DATASETS:
        fetched = await world.registries.fetch(dataset, THONGDEE.juristic_id, deadline_seconds=5)
        assert tuple(fetched.fields) == DATASETS[dataset].field_names


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
