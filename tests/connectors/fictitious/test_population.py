"""The population: the same everywhere, at any size, and fit for cards and registries."""

from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from connectors.contracts.registry import CardStatus
from connectors.fictitious.cards import card_image_fields
from connectors.fictitious.companies import LIMITED_COMPANY
from connectors.fictitious.people import house_at
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from connectors.fictitious.photos import LARGEST_PHOTO, photo
from connectors.fictitious.population import create_population

CARD_FIELD_LENGTHS = {
    "version": 4, "cid": 13, "name_th": 100, "name_en": 100, "birth": 8, "sex": 1, "request_no": 20, "issuer": 100,
    "issuer_code": 13, "issued": 8, "expires": 8, "card_type": 2, "address": 100, "photo_ref": 14,
}  # fmt: skip
TODAY = date(2026, 11, 22)


def test_the_size_asked_for() -> None:
    population = create_population()
    assert len(population.people) == 200 + len(PERSONAS)
    assert len(population.houses) == 60 + len(PERSONAS)
    assert len(population.companies) == 20 + len(COMPANY_PERSONAS)


def test_a_larger_population_keeps_the_smaller_one() -> None:
    small, large = create_population(houses=12, companies=3), create_population(houses=30, companies=8)
    assert all(large.people[number] == person for number, person in small.people.items())
    assert all(large.cards[number] == card for number, card in small.cards.items())
    assert all(large.companies[number] == company for number, company in small.companies.items())


def test_a_fixed_sample_is_the_same_on_every_machine() -> None:
    assert PERSONAS["somchai"].person.citizen_id.digits == "1009900000011"
    assert PERSONAS["somchai"].card.data.chip_no == PERSONAS["somchai"].registered_card.data.chip_no
    assert [member.name_th.full() for member in house_at(0).members] == [
        member.name_th.full() for member in create_population(houses=1).houses[-1].members
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


def test_records_print_nothing_personal() -> None:
    shown = repr(create_population(houses=1, companies=1)) + repr(PERSONAS["somchai"])
    assert "สมชาย" not in shown
    assert "0099" not in shown
