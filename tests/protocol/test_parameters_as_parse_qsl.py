"""Parameters are read as `urllib.parse.parse_qsl` reads them, only quicker."""

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidRequestError
from idp.protocol.parameters import MAX_PARAMETERS, parse_parameters

RAW = st.text(st.sampled_from("ab=&+%;2fC3E0 \x00é"), max_size=40) | st.dictionaries(
    st.text(max_size=5), st.text(max_size=5), max_size=4
).map(urlencode)


def _expected(raw: str) -> dict[str, str] | None:
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return None
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)) or any(ord(mark) < 0x20 or mark == "\x7f" for _, value in pairs for mark in value):
        return None
    return {name: value for name, value in pairs if value}


@given(RAW)
def test_the_same_parameters_or_the_same_refusal(raw: str) -> None:
    try:
        found = dict(parse_parameters(raw))
    except InvalidRequestError:
        found = None
    assert found == _expected(raw)
