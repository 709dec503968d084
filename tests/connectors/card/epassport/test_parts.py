"""The parts that reading is made of: printed lines, data objects, ciphers, points, pictures."""

import contextlib
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from connectors.card.epassport import tlv
from connectors.card.epassport.authority import Passports
from connectors.card.epassport.ciphers import Suite, derive_session_keys, pad, unpad
from connectors.card.epassport.curve import (
    BRAINPOOL_P256R1,
    P_256,
    Curve,
    add,
    decode_point,
    encode_point,
    multiply,
)
from connectors.card.epassport.face import portrait_of
from connectors.card.epassport.mrz import check_digit, key_of_mrz, key_text, parse_mrz
from connectors.card.epassport.security_infos import chip_key, pace_offers
from connectors.card.epassport.trust import TrustStore
from connectors.card.virtual.passports import mrz_lines, portrait_file
from connectors.contracts.card import ChipCheck, PassportData, PassportFiles
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.thai_dates import PartialDate
from tests.connectors.card.epassport import samples

TODAY = samples.NOW.date()
LINES = mrz_lines(samples.DATA)
CURVES = [(P_256, ec.SECP256R1()), (BRAINPOOL_P256R1, ec.BrainpoolP256R1())]

names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)


def fault_of(text: str) -> CardFault:
    with pytest.raises(CardError) as caught:
        parse_mrz(text, today=TODAY)
    assert not text or text not in str(caught.value)
    return caught.value.fault


@given(
    surname=names,
    given_names=st.lists(names, max_size=2).map(" ".join),
    number=st.text("ABC0123456789", min_size=1, max_size=9),
    birth=st.dates(date(1930, 1, 1), date(2026, 11, 22)),
    expiry=st.dates(date(2027, 1, 1), date(2060, 1, 1)),
    optional=st.text("AB12", max_size=14),
)
def test_what_is_written_is_read(
    surname: str, given_names: str, number: str, birth: date, expiry: date, optional: str
) -> None:
    data = PassportData(
        document_type="P",
        issuing_state="UTO",
        surname=surname,
        given_names=given_names,
        document_no=number,
        nationality="UTO",
        birth_date=PartialDate.from_date(birth),
        sex="X",
        expiry_date=PartialDate.from_date(expiry),
        optional_data=optional,
    )
    assert parse_mrz(mrz_lines(data), today=TODAY) == data


def test_both_lines_with_a_break_and_in_small_letters() -> None:
    assert parse_mrz(f" {LINES[:44].lower()}\n{LINES[44:]}\n", today=TODAY) == samples.DATA
    assert key_of_mrz(f"{LINES[:44]}\r\n{LINES[44:]}") == samples.KEY


def test_a_birth_of_which_only_the_year_is_known_stays_so() -> None:
    data = replace(samples.DATA, birth_date=PartialDate(2533, None, None))
    assert parse_mrz(mrz_lines(data), today=TODAY).birth_date == PartialDate(2533, None, None)


@pytest.mark.parametrize("place", [44, 53, 57, 63, 65, 71, 86, 87])
def test_one_wrong_character_is_found(place: int) -> None:
    wrong = "5" if LINES[place] != "5" else "6"
    assert fault_of(LINES[:place] + wrong + LINES[place + 1 :]) is CardFault.WRONG_MRZ


@pytest.mark.parametrize("text", ["", LINES[:-1], LINES + "<", "I" + LINES[1:], LINES.replace("<", "é"), "<" * 88])
def test_what_is_no_passports_zone(text: str) -> None:
    assert fault_of(text) is CardFault.WRONG_MRZ


def test_a_sex_that_there_is_not() -> None:
    assert fault_of(LINES[:64] + "Q" + LINES[65:]) is CardFault.WRONG_MRZ


@given(text=st.one_of(st.text(max_size=100), st.text("PUTO<0123456789", min_size=88, max_size=88)))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CardError):
        parse_mrz(text, today=TODAY)
    with contextlib.suppress(CardError):
        key_text(key_of_mrz(text))


def test_check_digits_weigh_seven_three_one() -> None:
    assert (check_digit("<<<"), check_digit("1"), check_digit("01"), check_digit("001"), check_digit("A")) == (
        *("0", "7", "3", "1"),
        "0",
    )


@given(objects=st.lists(st.tuples(st.sampled_from([0x5C, 0x61, 0x7F49, 0x5F1F]), st.binary(max_size=300)), max_size=4))
def test_data_objects_come_back(objects: list[tuple[int, bytes]]) -> None:
    assert tlv.decode(b"".join(tlv.encode(tag, value) for tag, value in objects)) == objects


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_data_objects_or_refused(raw: bytes) -> None:
    for take in (tlv.decode, pace_offers, chip_key, portrait_of):
        with contextlib.suppress(CardError):
            take(raw)


@pytest.mark.parametrize("suite", list(Suite))
@given(data=st.binary(max_size=40))
def test_padding_comes_off_again(suite: Suite, data: bytes) -> None:
    padded = pad(data, suite.block)
    assert len(padded) % suite.block == 0
    assert unpad(padded) == data


@pytest.mark.parametrize(("suite", "length"), list(zip(Suite, (16, 16, 24, 32), strict=True)))
def test_keys_have_the_length_of_their_suite_and_differ(suite: Suite, length: int) -> None:
    keys = derive_session_keys(suite, b"secret")
    assert len(keys.encryption) == len(keys.mac) == length
    assert keys.encryption != keys.mac


@pytest.mark.parametrize(("curve", "known"), CURVES, ids=lambda curve: curve.name)
@settings(max_examples=10, deadline=None)
@given(left=st.integers(1, 2**255), right=st.integers(1, 2**255))
def test_points_are_those_of_the_library(curve: Curve, known: ec.EllipticCurve, left: int, right: int) -> None:
    keys = [ec.derive_private_key(number % curve.order, known) for number in (left, right)]
    numbers = [key.public_key().public_numbers() for key in keys]
    points = [multiply(curve, number, curve.base) for number in (left, right)]
    assert points == [(number.x, number.y) for number in numbers]
    secret = keys[0].exchange(ec.ECDH(), keys[1].public_key())
    assert multiply(curve, left, points[1])[0] == int.from_bytes(secret, "big")
    assert decode_point(curve, encode_point(curve, points[0])) == points[0]
    if (left + right) % curve.order and left != right:
        total = ec.derive_private_key((left + right) % curve.order, known).public_key().public_numbers()
        assert add(curve, *points) == (total.x, total.y)


@pytest.mark.parametrize("curve", [P_256, BRAINPOOL_P256R1], ids=lambda curve: str(curve.name))
def test_points_at_infinity_and_off_the_curve_are_refused(curve: Curve) -> None:
    base = encode_point(curve, curve.base)
    x, y = curve.base
    for wrong in (b"", base[:-1], b"\x02" + base[1:], base[:-1] + bytes((base[-1] ^ 1,)), b"\x04" + b"\xff" * 64):
        with pytest.raises(CardError):
            decode_point(curve, wrong)
    with pytest.raises(CardError):
        multiply(curve, curve.order, curve.base)
    with pytest.raises(CardError):
        add(curve, (x, y), (x, curve.prime - y))
    assert add(curve, curve.base, curve.base) == multiply(curve, 2, curve.base)


def test_a_jpeg_2000_is_handed_on_as_it_is() -> None:
    image = b"\xff\x4f\xff\x51" + bytes(200)
    found = portrait_of(portrait_file(image, image_type=b"\x01"))
    assert (found.image, found.media_type) == (image, "image/jp2")


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_unfolded() -> None:
    drawn = BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "JPEG2000")
    image = drawn.getvalue()
    size_at = image.index(b"ihdr") + 4
    huge = image[:size_at] + (60_000).to_bytes(4, "big") * 2 + image[size_at + 8 :]
    for picture, is_shown in ((image, True), (huge, False)):
        files = PassportFiles(b"", b"", portrait_file(picture, image_type=b"\x01"), None, ChipCheck.NOT_OFFERED, "pace")
        shown = None
        with contextlib.suppress(CardError):
            shown = Passports(trust=lambda _now: TrustStore()).portrait_of(files)
        assert (shown is not None) is is_shown


@pytest.mark.parametrize("image", [b"GIF89a" + bytes(50), b"", samples.FACE[:-2]])
def test_other_pictures_are_refused(image: bytes) -> None:
    with pytest.raises(CardError) as caught:
        portrait_of(portrait_file(image))
    assert caught.value.fault is CardFault.MALFORMED_DATA


@settings(max_examples=150)
@given(noise=st.dictionaries(st.integers(0, 120), st.integers(0, 255), min_size=1, max_size=6))
def test_any_portrait_is_read_or_refused(noise: dict[int, int]) -> None:
    file = bytearray(samples.PORTRAIT)
    for position, byte in noise.items():
        file[position] = byte
    with contextlib.suppress(CardError):
        assert portrait_of(bytes(file)).image
