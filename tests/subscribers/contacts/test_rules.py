"""What an address, a number and a code may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.errors import Refused
from idp.subscribers.contacts.model import CODE_DIGITS, ContactProofId
from idp.subscribers.contacts.rules import code_of, is_code, parse_email, parse_phone

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" somchai@Mail.Example ", "somchai@mail.example"),
        ("o'brien+id@a-b.example.org", "o'brien+id@a-b.example.org"),
        ("Somchai.J@x1.example", "Somchai.J@x1.example"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    assert parse_email(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "somchai", "@mail.example", "somchai@", "somchai@localhost", "a b@mail.example", "a@b@mail.example",
        "a,b@mail.example", "a@mail.example,b@mail.example", "a@mail.example\r\nBcc: b@mail.example",
        '"a"@mail.example',
        "a@mail.example;b", "<a@mail.example>", ".a@mail.example", "a..b@mail.example", "a@-mail.example",
        "a@mail.example.", "สมชาย@mail.example", "a@เมล.ไทย", f"{'a' * 65}@mail.example", f"a@{'b' * 250}.example",
        "a@192.0.2.1", "a@[192.0.2.1]",
    ],
)  # fmt: skip
def test_what_is_no_address_or_several(text: str) -> None:
    with pytest.raises(Refused, match="CTC-01"):
        parse_email(text)


@given(st.text(max_size=60))
def test_whatever_passes_is_one_address_in_one_line(text: str) -> None:
    try:
        email = parse_email(text)
    except Refused:
        return
    assert email.isascii()
    assert email.count("@") == 1
    assert not set(email) & set(' \t\r\n,;:<>()[]"\\')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""), ("  ", ""), ("081 234 5678", "+66812345678"), ("๐๘๑-๒๓๔-๕๖๗๘", "+66812345678"),
        ("02 123 4567", "+6621234567"), ("+66 81 234 5678", "+66812345678"), ("+856 20 5555 5555", "+8562055555555"),
        ("(081) 234.5678", "+66812345678"),
    ],
)  # fmt: skip
def test_numbers(text: str, expected: str) -> None:
    assert parse_phone(text) == expected


@pytest.mark.parametrize("text", ["81234567", "08123456789012", "+0812345678", "call me", "+66-abc", "191"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(Refused, match="CTC-05"):
        parse_phone(text)


@given(st.text(max_size=40))
def test_every_node_finds_the_code_of_a_proof(one: str) -> None:
    code = code_of(KEY, ContactProofId(one))
    assert len(code) == CODE_DIGITS
    assert code.isdecimal()
    assert code == code_of(KEY, ContactProofId(one))
    assert is_code(f" {code[:4]}-{code[4:]} ", code)


@given(st.text(max_size=20))
def test_whatever_is_typed_is_judged(typed: str) -> None:
    code = code_of(KEY, ContactProofId("ctp_x"))
    assert is_code(typed, code) in (True, False)
