"""The population: the same everywhere, at any size, and fit for cards and registries."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from connectors.contracts.registry import CardStatus
from connectors.contracts.year_rule import is_ambiguous
from connectors.fictitious.cards import card_image_fields
from connectors.fictitious.companies import (
    ACTIVE,
    LIMITED_COMPANY,
    OTHER_STATUSES,
    juristic_number,
    signing_rules_of,
)
from connectors.fictitious.hard_cases import COMPANIES, CROWDED_HOUSE, PEOPLE
from connectors.fictitious.holdings import holders_of, statement_of
from connectors.fictitious.people import HEAD_OF_HOUSE, citizen_number, house_at
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from connectors.fictitious.photos import LARGEST_PHOTO, photo
from connectors.fictitious.population import WHOLE_COMPANIES, WHOLE_HOUSES, create_population

CARD_FIELD_LENGTHS = {
    "version": 4, "cid": 13, "name_th": 100, "name_en": 100, "birth": 8, "sex": 1, "request_no": 20, "issuer": 100,
    "issuer_code": 13, "issued": 8, "expires": 8, "card_type": 2, "address": 100, "photo_ref": 14,
}  # fmt: skip
TODAY = date(2026, 11, 22)


def test_the_size_asked_for() -> None:
    population = create_population()
    crowd = len(CROWDED_HOUSE.members)
    assert len(population.people) == len(list(population.people)) == 200 + len(PERSONAS) + len(PEOPLE) + crowd
    assert len(population.houses) == len(list(population.houses)) == 60 + len(PERSONAS) + len(PEOPLE) + 1
    assert len(population.companies) == 20 + len(COMPANY_PERSONAS) + len(COMPANIES)


def test_the_whole_population_is_made_as_it_is_asked_for() -> None:
    population = create_population(houses=WHOLE_HOUSES, companies=WHOLE_COMPANIES)
    fixed = len(PERSONAS) + len(PEOPLE) + len(CROWDED_HOUSE.members)
    assert len(population.people) == 10_000 + fixed
    last = house_at(WHOLE_HOUSES - 1)
    assert population.people[last.members[-1].citizen_id] == last.members[-1]
    assert population.cards[last.members[0].citizen_id].data.citizen_id == last.members[0].citizen_id
    assert population.house(last.house_id) == last
    assert population.houses[len(PERSONAS) + WHOLE_HOUSES - 1] == last
    assert population.house(house_at(WHOLE_HOUSES).house_id) is None
    assert population.people.get(house_at(WHOLE_HOUSES).members[0].citizen_id) is None


def test_who_is_listed_is_found_by_number_and_nobody_else() -> None:
    population = create_population(houses=12, companies=6)
    assert {number: population.people[number] for number in population.people} == dict(population.people.items())
    assert all(population.companies[number].juristic_id == number for number in population.companies)
    assert all(population.house(house.house_id) == house for house in population.houses)
    assert len(set(population.people)) == len(population.people)
    stranger = replace(population.houses[0].members[0].citizen_id, digits=citizen_number(1_234_567, 2530).digits)
    assert population.people.get(stranger) is None
    assert population.companies.get(juristic_number(99_999, juristic_type=LIMITED_COMPANY, year_be=2560)) is None


def test_a_larger_population_keeps_the_smaller_one() -> None:
    small, large = create_population(houses=12, companies=3), create_population(houses=30, companies=8)
    assert all(large.people[number] == person for number, person in small.people.items())
    assert all(large.cards[number] == card for number, card in small.cards.items())
    assert all(large.companies[number] == company for number, company in small.companies.items())


def test_a_fixed_sample_is_the_same_on_every_machine() -> None:
    assert PERSONAS["somchai"].person.citizen_id.digits == "1009900000011"
    assert PERSONAS["somchai"].card.data.chip_no == PERSONAS["somchai"].registered_card.data.chip_no
    assert [member.name_th.full() for member in house_at(0).members] == [
        member.name_th.full() for member in create_population(houses=1).houses[len(PERSONAS)].members
    ]


def test_no_number_can_belong_to_anybody_real() -> None:
    population = create_population()
    # digits 2 and 3 of a citizen number, and of a juristic number, name the province: there is no 00
    assert all(number.digits[1:3] == "00" for number in population.people)
    assert all(number.digits[1:3] == "00" for number in population.companies)


def test_families_hold_together() -> None:
    for index in range(40):
        head, spouse, *others = house_at(index).members
        assert head.sex != spouse.sex
        for child in others:
            if child.father.citizen_id in {head.citizen_id.digits, spouse.citizen_id.digits}:
                assert child.birth_date.year_be >= max(head.birth_date.year_be, spouse.birth_date.year_be) + 15


def test_every_card_fits_its_chip() -> None:
    for card in create_population().cards.values():
        fields = card_image_fields(card)
        assert fields.keys() == CARD_FIELD_LENGTHS.keys()
        for name, value in fields.items():
            assert len(value.encode("tis-620")) <= CARD_FIELD_LENGTHS[name], name


def test_how_a_card_writes_names_and_addresses() -> None:
    fields = card_image_fields(PERSONAS["one_name"].card)
    assert fields["name_th"] == "นาย#ก้อง##"
    assert fields["birth"] == "25200600"
    assert fields["address"].count("#") == 7
    assert fields["request_no"].partition("/")[0] == PERSONAS["one_name"].card.data.request_no


def test_the_old_have_cards_for_life() -> None:
    assert "99999999" in {card_image_fields(card)["expires"] for card in create_population().cards.values()}


@pytest.mark.parametrize("key", PERSONAS)
def test_photos_are_small_jpegs_that_stay_the_same(key: str) -> None:
    first, second = photo(PERSONAS[key].card), photo(PERSONAS[key].card)
    assert first == second
    assert len(first) <= LARGEST_PHOTO
    with Image.open(BytesIO(first)) as image:
        assert image.format == "JPEG"
        image.verify()


def test_people_look_different() -> None:
    cards = list(create_population().cards.values())[:60]
    assert len({photo(card) for card in cards}) >= 55


def test_the_personas_are_what_they_are_called() -> None:
    assert list(PERSONAS)[:9] == [
        "somchai", "malee", "officer", "admin1", "admin2", "lost_card", "expired", "one_name", "mismatch",
    ]  # fmt: skip
    assert PERSONAS["lost_card"].registered_card.status is CardStatus.CANCELLED
    expiry = PERSONAS["expired"].card.data.expiry_date
    assert expiry is not None
    assert expiry.is_before(TODAY)
    mismatch = PERSONAS["mismatch"]
    assert mismatch.card.data.citizen_id == mismatch.person.citizen_id
    assert mismatch.card.data.name_th != mismatch.person.name_th
    assert mismatch.card.data.chip_no != mismatch.registered_card.data.chip_no
    for key in ("somchai", "malee", "officer", "admin1", "admin2"):
        expiry = PERSONAS[key].card.data.expiry_date
        assert expiry is not None
        assert expiry.is_after(TODAY)
        assert PERSONAS[key].card == PERSONAS[key].registered_card


def test_the_persona_company_is_led_by_somchai() -> None:
    thongdee = COMPANY_PERSONAS["thongdee"]
    assert thongdee.juristic_type == LIMITED_COMPANY
    assert ("สมชาย", "ทดสอบดี") in {(director.first, director.last) for director in thongdee.directors}


def test_nobody_leads_a_company_twice() -> None:
    for company in create_population().companies.values():
        assert len(company.directors) == len({(row.first, row.last) for row in company.directors})


def test_the_hard_cases_are_what_they_are_called() -> None:
    assert PEOPLE["no_last_name"].name_th.last == ""
    assert (PEOPLE["no_birth_day"].birth_date.day, PEOPLE["no_birth_month"].birth_date.month) == (None, None)
    assert is_ambiguous(PEOPLE["born_before_april"].birth_date)
    assert not is_ambiguous(PEOPLE["born_after_april"].birth_date)
    assert [change.type_id for change in PEOPLE["five_names"].name_changes] == ["002", "003", "102", "203", "002"]
    assert not PEOPLE["dead"].is_alive
    assert len(CROWDED_HOUSE.members) == len({member.citizen_id for member in CROWDED_HOUSE.members}) == 40
    assert [member.domicile_type for member in CROWDED_HOUSE.members].count(HEAD_OF_HOUSE) == 1
    cards = create_population(houses=0).cards
    assert PEOPLE["foreign_name"].citizen_id not in cards
    assert PEOPLE["middle_name"].citizen_id in cards


def test_the_hard_companies_have_every_status_every_form_of_signing_rule_and_one_many_holders() -> None:
    statuses = {company.status for key, company in COMPANIES.items() if key.startswith("status_")}
    assert statuses == {ACTIVE, *OTHER_STATUSES}
    directors = COMPANIES["signing_0"].directors
    rules = [company.signing_rule for key, company in COMPANIES.items() if key.startswith("signing_")]
    assert rules == list(signing_rules_of(directors))
    assert sum(1 for _ in holders_of(COMPANIES["many_holders"])) == 5_000
    assert 3 <= sum(1 for _ in holders_of(COMPANIES["former_number"])) < 12


def test_statements_add_up_and_some_years_lose() -> None:
    companies = create_population(houses=60).companies.values()
    statements = [found for company in companies if (found := statement_of(company, 2567)) is not None]
    assert all(one["TotalAsset"] == one["TotalLiabilities"] + one["ShareholderEquity"] for one in statements)
    assert any(one["NetProfit"] < 0 for one in statements)
    assert statement_of(COMPANIES["former_number"], 2300) is None


def test_records_print_nothing_personal() -> None:
    shown = repr(create_population(houses=1, companies=1)) + repr(PERSONAS["somchai"])
    assert "สมชาย" not in shown
    assert "0099" not in shown
