"""JSON that we accept: what it means does not depend on who reads it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.protocol.strict_json import DEEPEST, JsonRefused, parse_json

WHOLE = st.characters(exclude_categories=("Cs",))
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(WHOLE, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(WHOLE, max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_what_was_written_is_read(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value


@settings(deadline=None)
@given(st.binary(max_size=64) | st.text(max_size=64))
def test_anything_else_is_refused_and_nothing_worse(text: bytes | str) -> None:
    try:
        value = parse_json(text)
    except JsonRefused:
        return
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_utf_8_alone_without_a_mark(encoding: str) -> None:
    with pytest.raises(JsonRefused):
        parse_json('{"a": 1}'.encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '[{"a": {"b": 1, "b": 2}}]',
        "NaN",
        "[-Infinity]",
        '"\\ud800"',
        '{"\\udfff": 1}',
        '[["\\ud83d x"]]',
        "1" * 5000,
        "[" * 100_000,
        '{"a": 1} {}',
        "{'a': 1}",
        "",
    ],
)
def test_what_readers_differ_about_is_refused(text: str) -> None:
    with pytest.raises(JsonRefused):
        parse_json(text)


@pytest.mark.parametrize("depth", [*range(DEEPEST - 1, DEEPEST + 3), 100, *range(900, 1000, 9), 5000])
def test_twenty_levels_and_no_more(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        if depth <= DEEPEST:
            assert parse_json(text)
        else:
            with pytest.raises(JsonRefused):
                parse_json(text)
