"""Text, names and addresses as cards write them (facts/thai-registries, section 1.4)."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.card.thai_card.photo import trim_jpeg
from connectors.card.thai_card.text import decode, parse_address, parse_date, parse_name
from connectors.contracts.card import PersonName
from connectors.contracts.errors import CardError


@given(st.binary(max_size=200))
def test_any_bytes_become_printable_text(raw: bytes) -> None:
    text = decode(raw)
    assert text == text.strip()
    assert not any(unicodedata.category(character) == "Cc" for character in text)


def test_bytes_outside_tis620_are_marked_and_controls_dropped() -> None:
    assert decode(b"\xa1\xdb\xff\x80\x9f\x1b\xa2 \x00\x00 ") == "ก\ufffd\ufffdข"
    assert decode("นายทดสอบ".encode("tis-620") + b"  \0\0") == "นายทดสอบ"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("นาย#ทดสอบ##ระบบดี", PersonName("นาย", "ทดสอบ", "", "ระบบดี")),
        ("Mr.#Some#Middle#Body", PersonName("Mr.", "Some", "Middle", "Body")),
        ("นาง#คำ##", PersonName("นาง", "คำ", "", "")),
        ("นาง#คำ", PersonName("นาง", "คำ", "", "")),
        ("นาง#คำ#ดี", PersonName("นาง", "คำ", "", "ดี")),
        ("คำ", PersonName("", "คำ", "", "")),
        ("a#b#c#d#e", PersonName("a", "b", "c d", "e")),
        ("", PersonName("", "", "", "")),
    ],
)
def test_names(text: str, name: PersonName) -> None:
    assert parse_name(text) == name


@pytest.mark.parametrize(
    ("text", "village_no", "lane", "alley", "road"),
    [
        ("1#หมู่ที่ 2####ตำบลก#อำเภอข#จังหวัดค", "หมู่ที่ 2", "", "", ""),
        ("1#หมู่ที่ 2#ตรอกก#ซอยข#ถนนค#ตำบลก#อำเภอข#จังหวัดค", "หมู่ที่ 2", "ตรอกก", "ซอยข", "ถนนค"),
        ("1#หมู่ที่ 2#ซอยข#ถนนค##ตำบลก#อำเภอข#จังหวัดค", "หมู่ที่ 2", "", "ซอยข", "ถนนค"),
        ("1#ซอยข#ถนนค#แขวงก#เขตข#กรุงเทพมหานคร", "", "", "ซอยข", "ถนนค"),
        ("1##นิรนาม###ตำบลก#อำเภอข#จังหวัดค", "", "นิรนาม", "", ""),
        ("1###ซอยหนึ่ง#ซอยสอง#ตำบลก#อำเภอข#จังหวัดค", "", "", "ซอยหนึ่ง", "ซอยสอง"),
    ],
)
def test_address_middles_go_where_their_word_says(text: str, village_no: str, lane: str, alley: str, road: str) -> None:
    address = parse_address(text)
    assert address.house_no == "1"
    assert (address.village_no, address.lane, address.alley, address.road) == (village_no, lane, alley, road)
    assert address.province in ("จังหวัดค", "กรุงเทพมหานคร")
    assert address.subdistrict in ("ตำบลก", "แขวงก")


@pytest.mark.parametrize(
    ("text", "ends"),
    [("", ("", "", "")), ("1", ("", "", "")), ("1#จ", ("", "", "จ")), ("1#อ#จ", ("", "อ", "จ"))],
)
def test_short_addresses_fill_from_the_end(text: str, ends: tuple[str, str, str]) -> None:
    address = parse_address(text)
    assert (address.subdistrict, address.district, address.province) == ends


@given(st.lists(st.text(alphabet="หมู่ที่ตรอกซอยถนน 12/", max_size=12), max_size=12))
def test_no_part_of_an_address_is_lost(parts: list[str]) -> None:
    address = parse_address("#".join(parts))
    assert sorted(address.text().split()) == sorted(" ".join(parts).split())


@given(st.text(max_size=10) | st.from_regex(r"25[0-9]{6}", fullmatch=True))
def test_dates_parse_or_are_refused(text: str) -> None:
    with contextlib.suppress(CardError):
        assert parse_date(text).to_be_text() == text


@given(st.binary(max_size=300))
def test_any_photo_bytes_trim_or_are_refused(raw: bytes) -> None:
    try:
        photo = trim_jpeg(b"\xff\xd8" + raw)
    except CardError:
        assert b"\xff\xd9" not in raw
    else:
        assert photo.endswith(b"\xff\xd9")
