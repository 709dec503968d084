"""The company profile, version 7, against the simulated wire (facts/thai-registries, section 4.2)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.contracts.errors import RecordNotFound, RegistryError, RegistryOutcome, RegistryUnavailable, WrongPerson
from connectors.contracts.thai_dates import PartialDate
from connectors.dbd.profile_v7 import STATUS_CODES, read_profile
from connectors.fictitious.companies import LIMITED_COMPANY, juristic_number
from connectors.fictitious.hard_cases import COMPANIES
from tests.clock import FrozenClock
from tests.connectors.registries import World, open_world

pytestmark = pytest.mark.anyio

NUMBER = COMPANIES["partnership"].juristic_id
ABSENT = juristic_number(99_999, juristic_type=LIMITED_COMPANY, year_be=2560)
COMPANY = "cd:OrganizationJuristic"


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


async def test_both_versions_give_one_record(world: World) -> None:
    for company in world.population.companies.values():
        by_v7 = (await world.v7.company(company.juristic_id, deadline_seconds=5)).record
        by_v4 = (await world.company.company(company.juristic_id, deadline_seconds=5)).record
        for field in (
            "juristic_id", "former_id", "juristic_type", "name_th", "name_en", "registered_on", "status",
            "registered_capital", "paid_up_capital", "directors", "signing_rule", "powers", "limits", "remarks",
            "objectives", "objective_count", "objective_pages",
        ):  # fmt: skip
            assert getattr(by_v7, field) == getattr(by_v4, field), field
        assert set(by_v7.address.split()) == set(by_v4.address.split())


async def test_no_such_company(world: World) -> None:
    with pytest.raises(RecordNotFound) as refusal:
        await world.v7.company(ABSENT, deadline_seconds=5)
    assert refusal.value.wire_code == "1004"


def answer(**fields: Any) -> dict[str, Any]:
    company = {f"{COMPANY}ID": NUMBER.digits, f"{COMPANY}RegisterDate": "20190107"} | {
        f"{COMPANY}{name}": value for name, value in fields.items()
    }
    return {"status": {"code": "1000"}, "data": {"cd:OrganizationJuristicPerson": company}}


@pytest.mark.parametrize(
    ("wire", "outcome"),
    [
        ({"status": {"code": "1004"}, "data": {}}, RegistryOutcome.NOT_FOUND),
        ({"status": {"code": "1000"}, "data": {}}, RegistryOutcome.NOT_FOUND),
        ({"status": {"code": "1000"}, "data": []}, RegistryOutcome.NOT_FOUND),
        ({}, RegistryOutcome.NOT_FOUND),
        ({"status": {"code": "1999"}}, RegistryOutcome.UNEXPLAINED),
        ({"status": "1000"}, RegistryOutcome.GARBAGE),
        ({"data": "none"}, RegistryOutcome.GARBAGE),
        ({"data": [{}, {}]}, RegistryOutcome.GARBAGE),
        (answer(ID=""), RegistryOutcome.GARBAGE),
        (answer(ID=ABSENT.digits), RegistryOutcome.WRONG_PERSON),
        (answer(RegisterDate=""), RegistryOutcome.GARBAGE),
        (answer(RegisterDate="20190231"), RegistryOutcome.GARBAGE),
        (answer(RegisterDate="2019-1-7"), RegistryOutcome.GARBAGE),
        (answer(RegisterCapital="much"), RegistryOutcome.GARBAGE),
        (answer(Address={"cr:AddressType": "here"}), RegistryOutcome.GARBAGE),
    ],
)
def test_answers_that_cannot_be_used(wire: dict[str, Any], outcome: RegistryOutcome) -> None:
    with pytest.raises(RegistryError) as refusal:
        read_profile(wire, NUMBER)
    assert refusal.value.outcome is outcome
    assert isinstance(refusal.value, RecordNotFound | RegistryUnavailable | WrongPerson)


def test_the_codes_of_the_sheet() -> None:
    assert STATUS_CODES.keys() == {"1000", "1004"}


@pytest.mark.parametrize("written", ["20190107", "25620107"])
def test_the_year_itself_says_of_which_era_it_is(written: str) -> None:
    assert read_profile(answer(RegisterDate=written), NUMBER).registered_on == PartialDate(2562, 1, 7)


def test_the_open_service_wraps_its_record_in_a_list() -> None:
    wrapped = answer()
    assert read_profile(wrapped | {"data": [wrapped["data"]]}, NUMBER).juristic_id == NUMBER


@pytest.mark.parametrize("wrapper", ["td:JuristicObjective", "td:JuristicObjectiveR", "td:JuristicObjectiveF", None])
def test_objectives_in_every_wrapper(wrapper: str | None) -> None:
    told = {"td:JuristicObjectiveTextTH": "ค้าขาย"}
    record = read_profile(answer(Objective=[told if wrapper is None else {wrapper: told}]), NUMBER)
    assert record.objectives == ("ค้าขาย",)


def test_an_address_that_is_one_line_already() -> None:
    address = {"cr:AddressType": {"cd:Address": "1 ถนนตัวอย่าง", "cd:City": {"cr:CityTextTH": "เขตสาธิต"}}}
    assert read_profile(answer(Address=address), NUMBER).address == "1 ถนนตัวอย่าง เขตสาธิต"
