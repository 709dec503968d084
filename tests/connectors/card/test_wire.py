"""What agent and provider say to each other, there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.card.virtual.memory import MemoryReader
from connectors.contracts.card_wire import (
    HelloClaims,
    MalformedMessage,
    RequestClaims,
    card_to_wire,
    wire_to_card,
    wire_to_claims,
)
from connectors.contracts.errors import CardError
from tests.connectors.card import samples


@pytest.mark.parametrize("laser_code", [samples.LASER_CODE, None])
@pytest.mark.parametrize("expires", ["25740114", "99999999"])
def test_a_card_survives_the_wire(laser_code: str | None, expires: str) -> None:
    reader = MemoryReader("test")
    reader.insert(samples.card(laser_code=laser_code, fields={"expires": expires, "birth": "25330000"}))
    whole = reader.read(deadline_seconds=5, with_photo=True)
    wire = json.loads(json.dumps(card_to_wire(whole)))
    assert wire_to_card(wire) == whole.data
    assert "photo" not in wire


@pytest.mark.parametrize(
    "change",
    [
        {"citizen_id": {"digits": "1234567890123"}},
        {"citizen_id": {"digits": 1}},
        {"birth_date": {"year_be": 2533, "month": 13, "day": 1}},
        {"sex": "3"},
        {"laser_code": {"text": "nonsense"}},
        {"address": None},
        {"name_th": {"prefix": "x"}},
    ],
)
def test_wrong_card_data_are_refused(change: dict[str, object]) -> None:
    reader = MemoryReader("test")
    reader.insert(samples.card())
    wire = card_to_wire(reader.read(deadline_seconds=5, with_photo=False))
    with pytest.raises(CardError):
        wire_to_card(wire | change)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "iat", "exp", "jti", "kind", "slots", "version"]), JSON))
def test_any_object_is_claims_or_refused(wire: dict[str, object]) -> None:
    for kind in (HelloClaims, RequestClaims):
        try:
            claims = wire_to_claims(wire, kind)
        except MalformedMessage:
            continue
        assert claims.iss == wire["iss"]
