"""Every fault has a code, every code words and an action in both languages, and the page of cards lists them all."""

import tomllib
from enum import StrEnum
from pathlib import Path

import pytest

from connectors.card.pcsc.faults import fault_before_reading, fault_while_reading
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.playing import Failure
from connectors.card.virtual.thai_card import Style, VirtualThaiCard
from connectors.contracts.card import ProofReason
from connectors.contracts.errors import CardError, CardFault
from tests.connectors.card import samples

ROOT = Path(__file__).parents[3]
WORDS = tomllib.loads((ROOT / "idp/web/problems/CARD.toml").read_text("utf-8"))
PAGE = (ROOT / "docs/cards.md").read_text("utf-8")


def fault_of(card: VirtualThaiCard) -> CardFault:
    reader = MemoryReader("test", apdu_seconds=0.1)
    reader.insert(card)
    with pytest.raises(CardError) as caught:
        reader.read(deadline_seconds=5, with_photo=True)
    return caught.value.fault


@pytest.mark.parametrize("code", [*CardFault, *ProofReason])
def test_every_code_says_what_is_wrong_and_what_to_do(code: StrEnum) -> None:
    assert {"title_th", "title_en", "text_th", "text_en", "next_th", "next_en"} <= WORDS[code.value].keys()
    row = f"| {code.value} | `{code.name.lower()}` | {WORDS[code.value]['next_th']} | {WORDS[code.value]['next_en']} |"
    assert row in PAGE


def test_no_words_without_a_code() -> None:
    assert set(WORDS) == {code.value for code in (*CardFault, *ProofReason)}


@pytest.mark.parametrize(
    ("code", "before", "while_reading"),
    [
        (0x8010001D, CardFault.SERVICE_DOWN, CardFault.SERVICE_DOWN),
        (0x8010001E, CardFault.SERVICE_DOWN, CardFault.SERVICE_DOWN),
        (0x80100009, CardFault.NO_READER, CardFault.CARD_LOST),
        (0x80100017, CardFault.NO_READER, CardFault.CARD_LOST),
        (0x8010002E, CardFault.NO_READER, CardFault.CARD_LOST),
        (0x8010000C, CardFault.NO_CARD, CardFault.CARD_LOST),
        (0x80100069, CardFault.NO_CARD, CardFault.CARD_LOST),
        (0x8010000B, CardFault.READER_BUSY, CardFault.CARD_LOST),
        (0x8010006A, CardFault.PERMISSION_DENIED, CardFault.SERVICE_DOWN),
        # an answer to reset that is garbage; a card swapped faster than the service looks; success without a word
        (0x8010000F, CardFault.UNRESPONSIVE, CardFault.CARD_LOST),
        (0x80100016, CardFault.UNRESPONSIVE, CardFault.CARD_LOST),
        (0x00000000, CardFault.UNRESPONSIVE, CardFault.CARD_LOST),
        # as pyscard hands them over on some platforms: signed
        (0x80100069 - 2**32, CardFault.NO_CARD, CardFault.CARD_LOST),
    ],
)
def test_codes_of_the_service(code: int, before: CardFault, while_reading: CardFault) -> None:
    assert (fault_before_reading(code), fault_while_reading(code)) == (before, while_reading)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (samples.card(faults={30: Failure.EJECT}), CardFault.CARD_LOST),
        (samples.card(faults={30: b"\x90"}), CardFault.TRUNCATED_ANSWER),
        (samples.card(faults={30: b""}), CardFault.TRUNCATED_ANSWER),
        (samples.card(faults={30: Failure.MUTE}), CardFault.UNRESPONSIVE),
        (samples.card(style=Style.DIRECT, faults={20: bytes(40) + b"\x90\x00"}), CardFault.TRUNCATED_ANSWER),
        (samples.card(style=Style.DIRECT, faults={20: b"\x69\x85"}), CardFault.MALFORMED_DATA),
        (samples.card(applets=frozenset()), CardFault.NOT_THAI_CARD),
    ],
    ids=["pulled", "one byte", "no byte", "mute", "shorter than asked", "refused", "another applet"],
)
def test_faults_of_cards(card: VirtualThaiCard, expected: CardFault) -> None:
    assert fault_of(card) is expected


@pytest.mark.parametrize("atr", ["3B6500002063CB6800", "3B80800101", "3B68000054484E4944203036"])
def test_the_answer_to_reset_is_no_evidence(atr: str) -> None:
    assert samples.read(samples.card(atr=bytes.fromhex(atr))).data.citizen_id.digits == samples.CITIZEN_NUMBER
