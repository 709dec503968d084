"""The APDU channel against every way of answering (ISO/IEC 7816-4, 5.3.4)."""

import pytest

from connectors.card.channel import Channel
from connectors.contracts.errors import CardError, CardFault
from tests.connectors.card.samples import channel_of

READ = bytes.fromhex("80B0000402000D")
SELECT = bytes.fromhex("00A4040000")


def test_direct_answer_is_taken_as_it_is() -> None:
    channel, seen = channel_of(b"abc\x90\x00")
    assert channel.read_exactly(READ, 3) == b"abc"
    assert seen == [READ]


def test_61xx_in_pieces_is_joined() -> None:
    channel, seen = channel_of(b"\x61\x10", b"a" * 16 + b"\x61\xef", b"b" * 0xEF + b"\x90\x00")
    assert channel.read_exactly(READ, 255) == b"a" * 16 + b"b" * 0xEF
    assert seen[1:] == [bytes.fromhex("00C0000010"), bytes.fromhex("00C00000EF")]


def test_old_cards_get_the_other_form_of_get_response() -> None:
    channel, seen = channel_of(b"\x61\x03", b"abc\x90\x00", atr=bytes.fromhex("3B67"))
    assert channel.read_exactly(READ, 3) == b"abc"
    assert seen[1] == bytes.fromhex("00C0000103")


@pytest.mark.parametrize(
    ("command", "again"),
    [
        (SELECT, "00A404002D"),
        (bytes.fromhex("00A40400"), "00A404002D"),
        (READ, "80B0000402000D2D"),
        (READ + b"\x00", "80B0000402000D2D"),
    ],
)
def test_6cxx_sends_the_same_command_with_the_right_length(command: bytes, again: str) -> None:
    channel, seen = channel_of(b"\x6c\x2d", b"x" * 0x2D + b"\x90\x00")
    assert channel.exchange(command).data == b"x" * 0x2D
    assert seen[1] == bytes.fromhex(again)


def test_6cxx_after_get_response_repeats_get_response() -> None:
    channel, seen = channel_of(b"\x61\x02", b"\x6c\x03", b"abc\x90\x00")
    assert channel.read_exactly(READ, 3) == b"abc"
    assert seen[1:] == [bytes.fromhex("00C0000002"), bytes.fromhex("00C0000003")]


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_status_word_is_refused(raw: bytes) -> None:
    channel, _ = channel_of(raw)
    with pytest.raises(CardError) as caught:
        channel.exchange(READ)
    assert caught.value.fault is CardFault.TRUNCATED_ANSWER


@pytest.mark.parametrize("data", [b"ab", b"abcd"])
def test_another_length_than_asked_is_refused(data: bytes) -> None:
    channel, _ = channel_of(data + b"\x90\x00")
    with pytest.raises(CardError) as caught:
        channel.read_exactly(READ, 3)
    assert caught.value.fault is CardFault.TRUNCATED_ANSWER


def test_an_error_status_is_refused() -> None:
    channel, _ = channel_of(b"\x69\x85")
    with pytest.raises(CardError) as caught:
        channel.read_exactly(READ, 3)
    assert caught.value.fault is CardFault.MALFORMED_DATA


def test_a_card_that_promises_more_for_ever_is_refused() -> None:
    channel, seen = channel_of(*[b"\x61\x01"] * 100)
    with pytest.raises(CardError) as caught:
        channel.exchange(READ)
    assert caught.value.fault is CardFault.TRUNCATED_ANSWER
    assert len(seen) < 40


def test_the_whole_read_has_a_deadline_and_each_command_gets_what_is_left() -> None:
    now = 0.0
    waits: list[float] = []

    def transmit(_command: bytes, seconds: float) -> bytes:
        nonlocal now
        waits.append(seconds)
        now += 2.0
        return b"\x90\x00"

    channel = Channel(transmit, atr=b"\x3b\x79", deadline_seconds=5, apdu_seconds=3, clock=lambda: now)
    for _ in range(3):
        channel.exchange(READ)
    with pytest.raises(CardError) as caught:
        channel.exchange(READ)
    assert caught.value.fault is CardFault.UNRESPONSIVE
    assert waits == [3, 3, 1]
