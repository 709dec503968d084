"""Fields of a registry's JSON: total over whatever JSON holds."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.thai_dates import PartialDate
from connectors.gdx.fields import be_date, json_object, money, required_be_date, rows, text, whole_number

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_any_value_is_read_or_refused(value: Any) -> None:
    fields = json_object(msgspec.json.encode({"field": value}))
    for read in (text, rows, money, be_date, required_be_date, lambda f, n: whole_number(f, n, default=0)):
        try:
            read(fields, "field")
        except RegistryUnavailable as refusal:
            message = str(refusal)
            assert message.startswith("field ")


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        assert isinstance(json_object(body), dict)
    except RegistryUnavailable:
        return


@pytest.mark.parametrize(
    ("value", "expected"), [(None, ""), ("  ก  ", "ก"), (7, "7"), ("", "")], ids=["null", "text", "number", "empty"]
)
def test_text(value: Any, expected: str) -> None:
    assert text({"field": value}, "field") == expected
    assert text({}, "field") == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"field":"1,000,000.00"}', "1000000.00"),
        (b'{"field":1000000.10}', "1000000.10"),
        (b'{"field":5}', "5"),
        (b'{"field":null}', "0"),
    ],
    ids=["text", "fraction", "whole", "null"],
)
def test_money_is_exact(body: bytes, expected: str) -> None:
    assert money(json_object(body), "field") == Decimal(expected)


@pytest.mark.parametrize("value", ["1e9", "-5", "NaN", "๑๐", "1.1.1", Decimal("7e99999999")])
def test_what_is_no_money(value: Any) -> None:
    with pytest.raises(RegistryUnavailable):
        money({"field": value}, "field")


@pytest.mark.parametrize("value", ["25600107", "7/1/2560", "07/01/2560"])
def test_dates_in_both_spellings(value: str) -> None:
    assert be_date({"field": value}, "field") == PartialDate(2560, 1, 7)
