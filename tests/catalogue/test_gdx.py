"""`authorization_details` of type gdx: what is well-formed comes back whole, everything else is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.catalogue.datasets import DATASETS, FOR_OTHERS, PULLED
from idp.catalogue.gdx import InvalidGdxDetail, JuristicSubject, SelfSubject, parse_authorization_details
from idp.catalogue.model import Basis, SubjectKind, SubjectSource

PERSON: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dopa.person",
    "subject": "self",
    "purpose": "jobseeker-registration",
    "basis": "consent",
    "fields": ["birth_date", "name_th"],
    "formats": ["pdf", "json"],
    "uses": 12,
    "valid_until": "2027-11-22",
}
COMPANY: dict[str, Any] = {
    "type": "gdx",
    "dataset": "dbd.company",
    "subject": {"juristic_id": "0105554001954"},
    "purpose": "employer-check",
    "basis": "duty",
    "case": "A-1/2569",
    "fields": ["name_th"],
}


def test_a_detail_is_read_and_written_back_the_same() -> None:
    person, company = parse_authorization_details(json.dumps([PERSON, COMPANY]))
    assert person.subject == SelfSubject()
    assert person.fields == ("name_th", "birth_date")
    assert company.subject == JuristicSubject("0105554001954")
    assert (company.basis, company.uses, company.formats) == (Basis.DUTY, 1, ("json",))
    again = parse_authorization_details([person.to_json(), company.to_json()])
    assert again == (person, company)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("type", "openid_credential"),
        ("type", None),
        ("dataset", "dopa.photo"),
        ("dataset", None),
        ("subject", {"juristic_id": "0105554001954"}),
        ("subject", "1100200000019"),
        ("basis", "owner"),
        ("basis", "because"),
        ("fields", []),
        ("fields", ["*"]),
        ("fields", ["name_th", "name_th"]),
        ("fields", "name_th"),
        ("formats", ["xml"]),
        ("uses", 0),
        ("uses", True),
        ("uses", 1001),
        ("uses", "12"),
        ("valid_until", "22/11/2570"),
        ("purpose", ""),
        ("purpose", "x\n"),
        ("case", "x" * 65),
        ("citizen_id", "1100200000019"),
        ("ชื่อ", "x"),
        ("a\\b", "x"),
    ],
)
def test_anything_else_is_refused(change: str, value: object) -> None:
    with pytest.raises(InvalidGdxDetail) as refused:
        parse_authorization_details([{**PERSON, change: value}])
    assert str(refused.value).isascii()
    assert "\\" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "null", "[" * 100_000, json.dumps([PERSON] * 2)])
def test_texts_that_are_no_list_of_details_are_refused(text: str) -> None:
    with pytest.raises(InvalidGdxDetail):
        parse_authorization_details(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*PERSON, "x"]), inner, max_size=6),
    max_leaves=12,
)


@given(JSON)
def test_no_input_breaks_the_parser(value: Any) -> None:
    try:
        parse_authorization_details(value if isinstance(value, list) else json.dumps(value))
    except InvalidGdxDetail:
        return


@given(st.sampled_from([dataset.id for dataset in PULLED]), st.data())
def test_fields_are_always_a_part_of_the_catalogue_entry(dataset: str, data: st.DataObject) -> None:
    names = DATASETS[dataset].field_names
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    base = COMPANY if DATASETS[dataset].subject is SubjectKind.COMPANY else PERSON
    by_card = {"subject": {"card_session": "cds_" + "0" * 26}, "basis": "card_handed_over"}
    subject = by_card if SubjectSource.SELF not in DATASETS[dataset].subjects and base is PERSON else {}
    [detail] = parse_authorization_details([{**base, **subject, "dataset": dataset, "fields": chosen}])
    assert set(detail.fields) == set(chosen)
    assert list(detail.fields) == [name for name in names if name in chosen]


def test_what_only_a_card_tells_is_for_nobody_who_acts_for_another() -> None:
    ids = {dataset.id for dataset in FOR_OTHERS}
    assert ids == set(DATASETS) - {"card.identity", "card.photo", "dopa.photo"}
