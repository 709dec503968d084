"""Whole reads of emulated cards: every generation, every fault."""

import contextlib
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.card.channel import Channel
from connectors.card.thai_card import layout
from connectors.card.thai_card.reading import read_thai_card
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.playing import Failure
from connectors.card.virtual.thai_card import ATR_OLD, ATR_THAI, Style, VirtualThaiCard, card_file
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.identifiers import LaserCode
from tests.connectors.card import samples


def fault_of(card: VirtualThaiCard, *, with_photo: bool = True) -> CardFault:
    with pytest.raises(CardError) as caught:
        samples.read(card, with_photo=with_photo)
    return caught.value.fault


@pytest.mark.parametrize("atr", [ATR_THAI, ATR_OLD])
@pytest.mark.parametrize("style", list(Style))
def test_every_generation_reads_whole(style: Style, atr: bytes) -> None:
    version = "0002" if style is Style.BEFORE_VERSION_3 else "0003"
    content = samples.read(samples.card(style=style, atr=atr, fields={"version": version}))
    data = content.data
    assert content.photo == samples.PHOTO
    assert data.version == version
    assert data.citizen_id.digits == samples.CITIZEN_NUMBER
    assert data.name_th.full() == "นายทดสอบ ระบบดี"
    assert (data.name_en.prefix, data.name_en.first, data.name_en.last) == ("Mr.", "Thodsob", "Rabobdee")
    assert data.birth_date.to_be_text() == "25330115"
    assert data.sex == "1"
    assert data.request_no == "100101123456"
    assert (data.issuer, data.issuer_code) == ("ท้องถิ่นตัวอย่าง/กรุงเทพมหานคร", "1001")
    assert data.issue_date.to_be_text() == "25650101"
    assert data.expiry_date is not None
    assert data.expiry_date.to_be_text() == "25740114"
    assert (data.card_type, data.photo_ref) == ("01", "10010112345678")
    assert data.address.text() == "99/9 หมู่ที่ 1 ตำบลตัวอย่าง อำเภอเมือง จังหวัดนนทบุรี"
    assert data.chip_no == samples.CHIP_NO
    assert data.laser_code == LaserCode.parse(samples.LASER_CODE)


@pytest.mark.parametrize("command", layout.GET_LASER_CODE)
def test_each_form_of_the_laser_command_is_tried(command: bytes) -> None:
    assert samples.read(samples.card(laser_command=command)).data.laser_code is not None


def test_a_chip_without_laser_code_or_extension_applet_still_reads() -> None:
    assert samples.read(samples.card(laser_code=None)).data.laser_code is None
    assert samples.read(samples.card(applets=frozenset((layout.MOI_APPLET,)))).data.laser_code is None


def test_a_chip_without_production_data_has_no_chip_number() -> None:
    assert samples.read(samples.card(faults={2: b"\x6a\x88"})).data.chip_no == ""


def test_without_photo_nothing_of_it_is_read() -> None:
    card = samples.card()
    assert samples.read(card, with_photo=False).photo == b""
    assert card.commands_seen < 45


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    reader = MemoryReader("test")
    reader.insert(samples.card())
    reader.read(deadline_seconds=5, with_photo=True, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 30


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("size", [2600, 5100, 5101, 5118])
def test_photos_of_any_length_come_whole(size: int, stated: bool) -> None:
    photo = samples.jpeg(size=size)
    assert samples.read(samples.card(photo=photo, states_photo_length=stated)).photo == photo


def test_a_photo_longer_than_its_stated_length_comes_whole() -> None:
    card = samples.card()
    file = bytearray(card.file)
    file[0x0179:0x017B] = (100).to_bytes(2, "big")
    card.file = bytes(file)
    assert samples.read(card).photo == samples.PHOTO


@pytest.mark.parametrize("photo", [b"", b"GIF89a" + bytes(100), samples.PHOTO[:-2]])
def test_a_photo_that_is_no_jpeg_is_refused(photo: bytes) -> None:
    assert fault_of(samples.card(photo=photo)) is CardFault.MALFORMED_DATA


def test_no_card() -> None:
    with pytest.raises(CardError) as caught:
        MemoryReader("test").read(deadline_seconds=1, with_photo=False)
    assert caught.value.fault is CardFault.NO_CARD


@pytest.mark.parametrize("nth", [1, 4, 9, 20, 40, 60])
def test_pulled_mid_read(nth: int) -> None:
    assert fault_of(samples.card(faults={nth: Failure.EJECT})) is CardFault.CARD_LOST


@pytest.mark.parametrize("nth", [6, 9, 20])
def test_mute_card_meets_the_deadline(nth: int) -> None:
    assert fault_of(samples.card(faults={nth: Failure.MUTE})) is CardFault.UNRESPONSIVE


def test_taking_a_mute_card_out_ends_the_wait() -> None:
    reader = MemoryReader("test", apdu_seconds=30)
    reader.insert(samples.card(faults={9: Failure.MUTE}))
    pull = threading.Timer(0.1, reader.eject)
    pull.start()
    with pytest.raises(CardError) as caught:
        reader.read(deadline_seconds=60, with_photo=False)
    pull.join()
    assert caught.value.fault is CardFault.CARD_LOST


def test_two_reads_at_once_on_one_reader() -> None:
    reader = MemoryReader("test", apdu_seconds=0.3)
    reader.insert(samples.card(faults={6: Failure.MUTE}))

    def read_mute_card() -> None:
        with pytest.raises(CardError):
            reader.read(deadline_seconds=2, with_photo=False)

    first = threading.Thread(target=read_mute_card)
    first.start()
    time.sleep(0.05)
    with pytest.raises(CardError) as caught:
        reader.read(deadline_seconds=2, with_photo=False)
    first.join()
    assert caught.value.fault is CardFault.READER_BUSY


def test_not_a_thai_card() -> None:
    assert fault_of(samples.card(applets=frozenset())) is CardFault.NOT_THAI_CARD


@pytest.mark.parametrize("nth", [9, 13, 31])
@pytest.mark.parametrize("style", [Style.DIRECT, Style.GET_RESPONSE])
def test_truncated_answer(style: Style, nth: int) -> None:
    fault = fault_of(samples.card(style=style, faults={nth: Failure.TRUNCATE}))
    assert fault is CardFault.TRUNCATED_ANSWER


def test_wrong_check_digit_stops_before_anything_else_is_read() -> None:
    wrong = samples.CITIZEN_NUMBER[:12] + str((int(samples.CITIZEN_NUMBER[12]) + 1) % 10)
    card = samples.card(fields={"cid": wrong})
    assert fault_of(card) is CardFault.WRONG_CHECK_DIGIT
    assert card.commands_seen < 12


def test_another_card_at_the_end() -> None:
    quiet = samples.card(style=Style.DIRECT)
    samples.read(quiet)
    last_read = quiet.commands_seen - 3  # then: select the extension, two forms of the laser command
    other = samples.OTHER_NUMBER.encode() + b"\x90\x00"
    assert fault_of(samples.card(style=Style.DIRECT, faults={last_read: other})) is CardFault.CARD_CHANGED


@pytest.mark.parametrize(
    "fields",
    [
        {"sex": "3"},
        {"birth": "25331301"},
        {"birth": "2533 101"},
        {"issued": "00000000"},
        {"cid": "11002000000A0"},
        {"cid": ""},
    ],
)
def test_impossible_values_are_refused(fields: dict[str, str | bytes]) -> None:
    assert fault_of(samples.card(fields=fields)) is CardFault.MALFORMED_DATA


@pytest.mark.parametrize("birth", ["25330000", "25330100", "25470229"])
def test_partial_birth_dates_stay_partial(birth: str) -> None:
    assert samples.read(samples.card(fields={"birth": birth})).data.birth_date.to_be_text() == birth


def test_a_card_for_life_never_expires() -> None:
    assert samples.read(samples.card(fields={"expires": "99999999"})).data.expiry_date is None


def test_a_short_address_field_is_enough() -> None:
    card = samples.card()
    card.file = card.file[: 0x1579 + 130]
    with pytest.raises(CardError):  # the number under the photo lies behind: such a file is no Thai card
        samples.read(card)
    shortened = samples.card(style=Style.DIRECT)
    samples.read(shortened)
    address_read = shortened.commands_seen - 4
    refused = samples.card(style=Style.DIRECT, faults={address_read: b"\x67\x00"})
    assert samples.read(refused).data.address.province == "จังหวัดนนทบุรี"


@settings(max_examples=60, deadline=None)
@given(noise=st.dictionaries(st.integers(0, layout.END_OF_FILE - 1), st.integers(0, 255), max_size=60))
def test_any_file_reads_or_is_refused(noise: dict[int, int]) -> None:
    file = bytearray(card_file(samples.FIELDS, photo=samples.PHOTO))
    for position, byte in noise.items():
        file[position] = byte
    card = VirtualThaiCard(file=bytes(file), chip_no=samples.CHIP_NO, style=Style.DIRECT)
    with contextlib.suppress(CardError):
        content = samples.read(card)
        assert content.photo.startswith(b"\xff\xd8")
        assert content.data.citizen_id.digits.isascii()


@settings(max_examples=200, deadline=None)
@given(answers=st.lists(st.binary(max_size=12), min_size=1, max_size=10))
def test_any_answers_read_or_are_refused(answers: list[bytes]) -> None:
    turn = 0

    def transmit(_command: bytes, _seconds: float) -> bytes:
        nonlocal turn
        turn += 1
        return answers[turn % len(answers)]

    with pytest.raises(CardError):
        read_thai_card(Channel(transmit, atr=b"\x3b", deadline_seconds=5), with_photo=True)
