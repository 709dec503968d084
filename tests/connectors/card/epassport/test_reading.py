"""Whole reads of emulated passports: every way in, every fault."""

import contextlib
import secrets
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.card.channel import Channel, Transmit
from connectors.card.epassport.authority import Passports
from connectors.card.epassport.ciphers import Suite
from connectors.card.epassport.curve import BRAINPOOL_P256R1, P_256, Curve
from connectors.card.epassport.files import FileId
from connectors.card.epassport.reading import read_epassport
from connectors.card.epassport.security_infos import PACE_ECDH_GENERIC_MAPPING, SUITES, PaceOffer
from connectors.card.virtual.epassport import VirtualEPassport
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.passports import PACE_OFFER, Chip, make_passport, portrait_file, utopian_trust
from connectors.card.virtual.playing import Failure
from connectors.contracts.card import ChipCheck, PassportKey
from connectors.contracts.card_wire import passport_key_to_wire, wire_to_passport_key
from connectors.contracts.errors import CardError, CardFault
from tests.connectors.card import samples as thai_samples
from tests.connectors.card.epassport import samples

LARGE_PORTRAIT = portrait_file(thai_samples.jpeg(size=15_000))


def offer(number: str, curve: Curve) -> PaceOffer:
    parameter_id = {"P-256": 12, "brainpoolP256r1": 13}[curve.name]
    return PaceOffer(PACE_ECDH_GENERIC_MAPPING + number, SUITES[number], curve, parameter_id)


@pytest.mark.parametrize("curve", [P_256, BRAINPOOL_P256R1], ids=lambda curve: curve.name)
@pytest.mark.parametrize("number", list(SUITES))
def test_pace_in_every_suite_over_every_curve(number: str, curve: Curve) -> None:
    whole = samples.read(samples.passport(offer=offer(number, curve)))
    assert (whole.data, whole.portrait, whole.portrait_type) == (samples.DATA, samples.FACE, "image/jpeg")
    assert (whole.files.access, whole.files.chip) == ("pace", ChipCheck.PROVEN)


def test_basic_access_control_where_pace_is_not_offered() -> None:
    whole = samples.read(samples.passport(offer=None))
    assert (whole.data, whole.portrait) == (samples.DATA, samples.FACE)
    assert (whole.files.access, whole.files.chip) == ("bac", ChipCheck.PROVEN)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.BrainpoolP256R1(), ec.SECP384R1()], ids=lambda curve: curve.name)
@pytest.mark.parametrize("suite", list(Suite))
def test_chip_authentication_in_every_suite(suite: Suite, curve: ec.EllipticCurve) -> None:
    chip = Chip(ec.generate_private_key(curve), suite)
    assert samples.read(samples.passport(chip=chip, offer=None)).files.chip is ChipCheck.PROVEN


def test_a_chip_without_a_key_offers_no_proof() -> None:
    whole = samples.read(samples.passport(chip=None))
    assert (whole.files.chip, whole.files.chip_keys) == (ChipCheck.NOT_OFFERED, None)


@pytest.mark.parametrize("suite", [Suite.TRIPLE_DES, Suite.AES_128])
def test_a_copied_chip_cannot_speak_under_the_chips_key(suite: Suite) -> None:
    card = samples.passport(chip=Chip(ec.generate_private_key(ec.SECP256R1()), suite))
    card.chip_secret = ec.generate_private_key(ec.SECP256R1())
    assert samples.read(card).files.chip is ChipCheck.FAILED
    keyless = samples.passport(chip=Chip(ec.generate_private_key(ec.SECP256R1()), suite))
    keyless.chip_secret = None
    assert samples.read(keyless).files.chip is ChipCheck.FAILED


def test_nothing_is_readable_before_the_printed_lines_are_known() -> None:
    card = samples.passport(offer=None)
    assert card.answer(bytes.fromhex("00A4040C07A0000002471001")) == b"\x90\x00"
    assert card.answer(bytes.fromhex("00A4020C020101")) == b"\x69\x82"
    assert card.answer(bytes.fromhex("00B0000008")) == b"\x69\x82"


@pytest.mark.parametrize("pace", [PACE_OFFER, None], ids=["pace", "bac"])
def test_the_printed_lines_of_another_passport_do_not_open_the_chip(pace: PaceOffer | None) -> None:
    assert samples.fault_of(samples.passport(offer=pace), key=samples.OTHER_KEY) is CardFault.ACCESS_DENIED_BY_CHIP


@pytest.mark.parametrize(
    "wrong",
    [
        {"document_no": ""},
        {"document_no": "X000000170"},
        {"birth_date": "900"},
        {"expiry_date": "34-9-3"},
        {"document_no": "X/1"},
    ],
)
def test_a_key_that_cannot_be_never_reaches_the_chip(wrong: dict[str, str]) -> None:
    card = samples.passport()
    assert samples.fault_of(card, key=replace(samples.KEY, **wrong)) is CardFault.WRONG_MRZ
    assert card.commands_seen == 0


def test_a_thai_card_is_no_passport() -> None:
    reader = MemoryReader("test")
    reader.insert(thai_samples.card())
    with pytest.raises(CardError) as caught:
        reader.read_passport(key=samples.KEY, today=samples.NOW.date(), deadline_seconds=5)
    assert caught.value.fault is CardFault.NOT_A_PASSPORT


def test_a_passport_is_no_thai_card() -> None:
    reader = MemoryReader("test")
    reader.insert(samples.passport())
    with pytest.raises(CardError) as caught:
        reader.read(deadline_seconds=5, with_photo=True)
    assert caught.value.fault is CardFault.NOT_THAI_CARD


@pytest.mark.parametrize("file", [FileId.CONTENTS, FileId.MRZ, FileId.PORTRAIT, FileId.SECURITY_OBJECT])
def test_a_missing_file(file: FileId) -> None:
    assert samples.fault_of(samples.with_file(samples.passport(), file, None)) is CardFault.FILE_MISSING


def test_a_list_of_contents_without_the_portrait() -> None:
    contents = bytes.fromhex("60135F0104303130375F36063034303030305C0161")
    card = samples.with_file(samples.passport(), FileId.CONTENTS, contents)
    assert samples.fault_of(card) is CardFault.FILE_MISSING


@pytest.mark.parametrize("nth", [16, 20, 40])
def test_a_wrong_authentication_code_ends_the_read(nth: int) -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    card.faults = {nth: Failure.GARBLE}
    assert samples.fault_of(card) is CardFault.SECURE_MESSAGING_BROKEN


@pytest.mark.parametrize("nth", [16, 20, 40])
def test_a_truncated_secured_answer_ends_the_read(nth: int) -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    card.faults = {nth: Failure.TRUNCATE}
    assert samples.fault_of(card) is CardFault.SECURE_MESSAGING_BROKEN


@pytest.mark.parametrize("told", ["9000", "6988", "990290009000", "8e0800000000000000009000"])
def test_an_unsecured_answer_within_a_session_is_refused(told: str) -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    card.faults = {30: bytes.fromhex(told)}
    assert samples.fault_of(card) is CardFault.SECURE_MESSAGING_BROKEN


def test_a_replayed_answer_is_refused() -> None:
    seen: list[bytes] = []
    card = samples.passport(portrait=LARGE_PORTRAIT)

    def transmit(command: bytes, _seconds: float) -> bytes:
        reply = card.answer(command)
        assert isinstance(reply, bytes)
        seen.append(reply)
        return seen[28] if len(seen) == 30 else reply

    with pytest.raises(CardError) as caught:
        read_over(transmit)
    assert caught.value.fault is CardFault.SECURE_MESSAGING_BROKEN


@pytest.mark.parametrize("nth", [1, 2, 9, 15, 30])
def test_a_passport_taken_away(nth: int) -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    card.faults = {nth: Failure.EJECT}
    assert samples.fault_of(card) is CardFault.CARD_LOST


@pytest.mark.parametrize("nth", [1, 9, 30])
def test_a_mute_passport_meets_the_deadline(nth: int) -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    card.faults = {nth: Failure.MUTE}
    assert samples.fault_of(card) is CardFault.UNRESPONSIVE


@pytest.mark.parametrize("answer", [bytes(7), bytes(9), b""])
def test_a_challenge_of_another_length(answer: bytes) -> None:
    card = samples.passport(offer=None)
    card.faults = {3: answer + b"\x90\x00"}
    assert samples.fault_of(card) is CardFault.TRUNCATED_ANSWER


@pytest.mark.parametrize("answer", [bytes(39), bytes(41), bytes(40)])
def test_an_answer_to_ours_that_proves_nothing(answer: bytes) -> None:
    card = samples.passport(offer=None)
    card.faults = {4: answer + b"\x90\x00"}
    expected = CardFault.ACCESS_DENIED_BY_CHIP if len(answer) == 40 else CardFault.TRUNCATED_ANSWER
    assert samples.fault_of(card) is expected


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (FileId.PORTRAIT, b"\x75\x83\x01\x00\x00\x00\x00\x00"),
        (FileId.PORTRAIT, b"\x75\x84\x01\x00\x00\x00\x00\x00"),
        (FileId.PORTRAIT, b"\x75\x06GIF89a"),
        (FileId.MRZ, b"\x61\x06\x5f\x1f\x03\xffbc"),
        (FileId.MRZ, b"\x61\x02\x5f\x1f"),
        (FileId.CHIP_KEYS, b"\x6e\x06\x31\x04\x30\x02\x05\x00"),
        (FileId.CHIP_KEYS, bytes.fromhex("6E11310F300D06090400 7F00070202010205 00".replace(" ", ""))),
    ],
)
def test_files_of_impossible_length_or_content(file: FileId, content: bytes) -> None:
    fault = samples.fault_of(samples.with_file(samples.passport(), file, content))
    assert fault in (CardFault.MALFORMED_DATA, CardFault.TRUNCATED_ANSWER)


def test_a_file_shorter_than_it_says() -> None:
    card = samples.passport(portrait=LARGE_PORTRAIT)
    cut = samples.with_file(card, FileId.PORTRAIT, LARGE_PORTRAIT[:-100])
    assert samples.fault_of(cut) is CardFault.TRUNCATED_ANSWER


def test_printed_lines_on_the_chip_that_are_not_those_of_the_key() -> None:
    other = make_passport(replace(samples.DATA, document_no="X00000018"), samples.PORTRAIT, offer=PACE_OFFER)
    card = samples.with_file(samples.passport(), FileId.MRZ, other.files[FileId.MRZ])
    assert samples.fault_of(card) is CardFault.CARD_CHANGED


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    reader = MemoryReader("test")
    reader.insert(samples.passport(portrait=LARGE_PORTRAIT))
    reader.read_passport(key=samples.KEY, today=samples.NOW.date(), deadline_seconds=10, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 30


@settings(max_examples=30, deadline=None)
@given(noise=st.dictionaries(st.integers(1, 60), st.binary(max_size=40), min_size=1, max_size=3))
def test_any_answers_read_or_are_refused(noise: dict[int, bytes]) -> None:
    card = samples.passport()
    card.faults = dict(noise)
    with contextlib.suppress(CardError):
        assert samples.read(card).data == samples.DATA


@settings(max_examples=30, deadline=None)
@given(
    noise=st.dictionaries(st.integers(0, 200), st.integers(0, 255), min_size=1, max_size=8),
    file=st.sampled_from(FileId),
)
def test_any_file_reads_or_is_refused(noise: dict[int, int], file: FileId) -> None:
    card = samples.passport()
    content = bytearray(card.files[file])
    for position, byte in noise.items():
        content[position % len(content)] = byte
    with contextlib.suppress(CardError):
        samples.prove(samples.with_file(card, file, bytes(content)))


def read_over(transmit: Transmit) -> None:
    channel = Channel(transmit, atr=b"\x3b\x80", deadline_seconds=5)
    read_epassport(channel, key=samples.KEY, today=samples.NOW.date(), random_bytes=secrets.token_bytes)


def test_an_emulated_passport_forgets_its_session_when_it_loses_power() -> None:
    card: VirtualEPassport = samples.passport()
    samples.read(card)
    assert card.answer(bytes.fromhex("00B0000008")) == b"\x69\x82"


def test_the_access_number_opens_a_chip_that_speaks_pace_and_no_other() -> None:
    authority = Passports(trust=lambda now: utopian_trust())
    key = authority.key_of(" 123 456 ")
    assert samples.read(samples.passport(), key=key).data == samples.DATA
    # a wrong number shows in the chip's refusal; without PACE there is no way in with it
    assert samples.fault_of(samples.passport(), key=replace(key, access_number="123457")) is (
        CardFault.ACCESS_DENIED_BY_CHIP
    )
    assert samples.fault_of(samples.passport(offer=None), key=key) is CardFault.ACCESS_DENIED_BY_CHIP
    assert samples.fault_of(replace(samples.passport(), access_number=""), key=key) is CardFault.ACCESS_DENIED_BY_CHIP
    assert wire_to_passport_key(passport_key_to_wire(key)) == key


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345x", "\u0e51\u0e52\u0e53\u0e54\u0e55\u0e56"])
def test_what_is_no_access_number_and_no_line_is_refused(typed: str) -> None:
    with pytest.raises(CardError) as refused:
        Passports(trust=lambda now: utopian_trust()).key_of(typed)
    assert refused.value.fault is CardFault.WRONG_MRZ
    assert samples.fault_of(samples.passport(), key=PassportKey(access_number=typed)) is CardFault.WRONG_MRZ
