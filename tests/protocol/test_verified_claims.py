"""What is answered to a request for verified claims, and what is left out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidRequestError
from idp.protocol.verified_claims import Assured, answer_verified_claims, parse_verified_claims

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ASSURED = Assured(
    {
        "trust_framework": "urn:demo",
        "time": "2026-11-21T09:00:00Z",
        "evidence": [
            {"type": "document", "document_details": {"type": "idcard"}},
            {"type": "electronic_record", "record": {"type": "population_register"}},
        ],
    },
    {"given_name": "Sommut", "birthdate": "1990-07-12"},
)
ANY: dict[str, Any] = {"trust_framework": None}


def answer(verification: dict[str, Any], claims: dict[str, Any]) -> Any:
    asked = parse_verified_claims({"verification": verification, "claims": claims})
    return answer_verified_claims(asked, assured=ASSURED, now=NOW)


@pytest.mark.parametrize("wanted", [None, {}, {"essential": True}, {"essential": False}, {"value": "Sommut"}])
def test_a_claim_is_told_with_nothing_of_the_verification_that_was_not_asked_for(wanted: Any) -> None:
    assert answer(ANY, {"given_name": wanted}) == {
        "verification": {"trust_framework": "urn:demo"},
        "claims": {"given_name": "Sommut"},
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"unknown": None},
        {"unknown": {"essential": True}},
        {"a b%&\n": None},
        {"given_name": {"value": "another"}},
        {"given_name": {"values": ["x", "y"]}},
    ],
)
def test_what_is_unknown_or_has_another_value_is_left_out(claims: dict[str, Any]) -> None:
    assert answer(ANY, claims) is None
    told = answer(ANY, {**claims, "birthdate": None})
    assert told["claims"] == {"birthdate": "1990-07-12"}


@pytest.mark.parametrize(
    "verification",
    [
        {"trust_framework": {"value": "urn:other"}},
        {"trust_framework": {"values": ["urn:other"]}},
        {**ANY, "time": {"max_age": 3600}},
        {**ANY, "verification_process": {"value": "p-1"}},
        {**ANY, "evidence": [{"type": {"value": "vouch"}}]},
        {**ANY, "evidence": [{"type": {"value": "document"}, "document_details": {"type": {"value": "passport"}}}]},
    ],
)
def test_a_restriction_that_is_not_met_leaves_all_of_it_out(verification: dict[str, Any]) -> None:
    assert answer(verification, {"given_name": None}) is None


def test_evidence_is_told_as_far_as_asked_for() -> None:
    told = answer(
        {**ANY, "time": {"max_age": 86_400}, "evidence": [{"type": {"value": "document"}}]}, {"birthdate": None}
    )
    assert told["verification"]["evidence"] == [{"type": "document"}]
    assert told["verification"]["time"] == "2026-11-21T09:00:00Z"
    assert len(answer({**ANY, "evidence": [{"type": None}]}, {"birthdate": None})["verification"]["evidence"]) == 2


def test_alternatives_are_answered_as_a_list() -> None:
    good = {"verification": ANY, "claims": {"birthdate": None}}
    other = {"verification": {"trust_framework": {"value": "urn:other"}}, "claims": {"birthdate": None}}
    asked = parse_verified_claims([other, good])
    told = answer_verified_claims(asked, assured=ASSURED, now=NOW)
    assert told == [{"verification": {"trust_framework": "urn:demo"}, "claims": {"birthdate": "1990-07-12"}}]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        {},
        {"verification": ANY},
        {"verification": ANY, "claims": {}},
        {"verification": {}, "claims": {"given_name": None}},
        {"verification": ANY, "claims": {"given_name": 1}},
        {"verification": ANY, "claims": {"given_name": {"purpose": "ab"}}},
        {"verification": ANY, "claims": {"given_name": None}, "purpose": "x" * 301},
    ],
)
def test_malformed_requests_are_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        parse_verified_claims(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "value", "values", "max_age", "time", "evidence"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["time", "evidence", "verification_process"]), JSON))
def test_no_request_makes_it_fail_or_tell_more_than_there_is(verification: dict[str, Any]) -> None:
    told = answer({**ANY, **verification}, {"given_name": None})
    assert told is None or told["claims"] == {"given_name": "Sommut"}
