"""The applet of the health office beside the identity."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.card.channel import Channel
from connectors.card.thai_card import layout
from connectors.card.thai_card.health import read_health_coverage
from connectors.card.virtual.thai_card import Style, VirtualThaiCard
from connectors.contracts.card import HealthCoverage
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.thai_dates import PartialDate
from tests.connectors.card import samples


def health_file(*, issued: str = "25660101", expires: str = "        ") -> bytes:
    file = bytearray(b" " * layout.END_OF_HEALTH_FILE)
    for field, value in (
        (layout.MAIN_COVERAGE, "สิทธิตัวอย่าง"),
        (layout.SUB_COVERAGE, "สิทธิย่อยตัวอย่าง"),
        (layout.MAIN_HOSPITAL, "โรงพยาบาลสาธิต"),
        (layout.PAID_TYPE, "1"),
        (layout.COVERAGE_ISSUED, issued),
        (layout.COVERAGE_EXPIRES, expires),
        (layout.COVERAGE_UPDATED, "00000000"),
        (layout.HOSPITAL_CHANGES, "0"),
    ):
        raw = value.encode("tis-620")
        file[field.offset : field.offset + len(raw)] = raw
    return bytes(file)


def read(card: VirtualThaiCard) -> HealthCoverage | None:
    def transmit(command: bytes, _seconds: float) -> bytes:
        reply = card.answer(command)
        assert isinstance(reply, bytes)
        return reply

    return read_health_coverage(Channel(transmit, atr=card.atr, deadline_seconds=5))


@pytest.mark.parametrize("style", [Style.GET_RESPONSE, Style.WRONG_LENGTH_FIRST, Style.DIRECT])
def test_every_field(style: Style) -> None:
    found = read(samples.card(style=style, health_file=health_file()))
    assert found is not None
    assert (found.main_coverage, found.sub_coverage) == ("สิทธิตัวอย่าง", "สิทธิย่อยตัวอย่าง")
    assert (found.main_hospital, found.sub_hospital) == ("โรงพยาบาลสาธิต", "")
    assert (found.paid_type, found.hospital_changes) == ("1", "0")
    assert (found.issue_date, found.expiry_date, found.update_date) == (PartialDate(2566, 1, 1), None, None)


def test_a_card_without_the_applet() -> None:
    assert read(samples.card()) is None


def test_it_is_no_part_of_the_identity() -> None:
    card = samples.card(health_file=health_file())
    assert samples.read(card).data == samples.read(samples.card()).data


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(CardError) as caught:
        read(samples.card(health_file=health_file(issued="25661301")))
    assert caught.value.fault is CardFault.MALFORMED_DATA


@settings(max_examples=60, deadline=None)
@given(file=st.binary(min_size=1, max_size=400))
def test_any_file_reads_or_is_refused(file: bytes) -> None:
    with contextlib.suppress(CardError):
        assert read(samples.card(style=Style.DIRECT, health_file=file)) is not None
