"""What ThaiD's claims must say, and what is read from them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.errors import WrongPerson
from connectors.contracts.thaid import ThaidAnswerRefused
from connectors.thaid.claims import read_identity, validate_id_token, validate_one_person

NOW = 1_800_000_000
GOOD: dict[str, Any] = {"iss": "i", "sub": "s", "aud": "c", "iat": NOW, "exp": NOW + 60, "nonce": "n"}
PERSON: dict[str, Any] = {
    "pid": "1009900000011",
    "title": "นาย",
    "given_name": "สมชาย",
    "family_name": "ทดสอบดี",
    "title_en": "Mr.",
    "given_name_en": "Somchai",
    "family_name_en": "Thotsopdi",
    "birthdate": "1990-01-15",
    "gender": "male",
    "ial": "2.3",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def check(claims: dict[str, Any]) -> None:
    validate_id_token(claims, expected_issuer="i", expected_client_id="c", expected_nonce="n", now=NOW)


def test_a_good_id_token_holds() -> None:
    check(GOOD)
    check(GOOD | {"aud": ["c"], "azp": "c"})


@pytest.mark.parametrize(
    ("bent", "named"),
    [
        ({"iss": "other"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": ["c", "other"]}, "aud"),
        ({"azp": "other"}, "azp"),
        ({"nonce": None}, "nonce"),
        ({"exp": NOW}, "exp"),
        ({"exp": str(NOW + 60)}, "exp"),
        ({"iat": NOW + 60}, "iat"),
        ({"sub": ""}, "sub"),
    ],
)
def test_each_claim_that_does_not_hold_is_named(bent: dict[str, Any], named: str) -> None:
    with pytest.raises(ThaidAnswerRefused, match=named):
        check(GOOD | bent)


def test_all_answers_are_about_one_person() -> None:
    one = {"sub": "s", "pid": "1"}
    validate_one_person(id_token={"sub": "s"}, token_answer={"pid": "1"}, userinfo=one)
    with pytest.raises(WrongPerson):
        validate_one_person(id_token={"sub": "t"}, token_answer={}, userinfo=one)
    with pytest.raises(WrongPerson):
        validate_one_person(id_token={"sub": "s"}, token_answer={"pid": "2"}, userinfo=one)


def test_a_person_is_read() -> None:
    identity = read_identity(PERSON)
    assert identity.name_th.full() == "นายสมชาย ทดสอบดี"
    assert identity.birth_date.iso() == "1990-01-15"
    assert identity.card_expires_on is None


@given(name=st.sampled_from([*PERSON, "date_of_expiry", "middle_name"]), value=json_values)
def test_what_cannot_be_read_is_refused_without_a_value(name: str, value: Any) -> None:
    told = ""
    try:
        read_identity(PERSON | {name: value})
    except ThaidAnswerRefused as refused:
        told = str(refused)
    assert len(json.dumps(value)) < 6 or json.dumps(value) not in told
