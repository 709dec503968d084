"""The `claims` parameter: OpenID Connect Core §5.5."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.claims_request import claim_names, essential_values, parse_claims_request, requested_value
from idp.protocol.errors import InvalidRequestError

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def test_both_places_are_read_and_other_members_left_out() -> None:
    asked = {
        "userinfo": {"name": {"essential": True}, "email": None},
        "id_token": {"auth_time": {"essential": True}, "sub": {"value": "abc"}},
        "surprise": {"x": 1},
    }
    request = parse_claims_request(json.dumps(asked))
    assert request == {"userinfo": asked["userinfo"], "id_token": asked["id_token"]}
    assert claim_names(request) == ("name", "email", "auth_time", "sub")
    assert requested_value(request, "sub") == "abc"
    assert requested_value(request, "name") is None
    assert parse_claims_request(None) == parse_claims_request("{}") == {}


def test_verified_claims_have_a_form_of_their_own() -> None:
    value = [{"verification": {"trust_framework": None}, "claims": {"name": None}}]
    assert parse_claims_request(json.dumps({"id_token": {"verified_claims": value}}))["id_token"] == {
        "verified_claims": value
    }


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ({"essential": True, "values": ["a", "b"]}, ("a", "b")),
        ({"essential": True, "value": "a"}, ("a",)),
        ({"essential": False, "values": ["a"]}, ()),
        ({"values": ["a"]}, ()),
        ({"essential": True}, ()),
        (None, ()),
    ],
)
def test_which_values_are_essential(wanted: Any, values: tuple[str, ...]) -> None:
    assert essential_values({"id_token": {"acr": wanted}}, "acr") == values
    assert essential_values({"userinfo": {"acr": wanted}}, "acr") == ()


@pytest.mark.parametrize(
    "claims",
    [
        "",
        "[]",
        "null",
        "{",
        '{"userinfo": []}',
        '{"userinfo": {"name": true}}',
        '{"userinfo": {"name": {"essential": "yes"}}}',
        '{"userinfo": {"name": {"values": "a"}}}',
        '{"userinfo": {"name": {"values": [1]}}}',
        '{"userinfo": {"name": null, "name": null}}',
        "[" * 3000,
        json.dumps({"userinfo": dict.fromkeys((f"claim{number}" for number in range(101)), None)}),
        json.dumps({"userinfo": {"x" * 5000: None}}),
    ],
)
def test_what_is_malformed_is_an_invalid_request(claims: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_claims_request(claims)


@given(ANY_JSON)
def test_any_json_is_a_claims_request_or_an_invalid_request(value: Any) -> None:
    with suppress(InvalidRequestError):
        request = parse_claims_request(json.dumps(value))
        assert set(request) <= {"userinfo", "id_token"}
        claim_names(request), essential_values(request, "acr"), requested_value(request, "sub")
