"""What PC/SC and Windows say, and what it means here: as numbers, for nothing here runs on Windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.card.pcsc.faults import fault_before_reading, fault_while_reading
from connectors.contracts.errors import CardFault


@pytest.mark.parametrize(
    ("code", "before"),
    [
        (0x8010001D, CardFault.SERVICE_DOWN),
        (0x8010001E, CardFault.SERVICE_DOWN),
        (1722, CardFault.SERVICE_DOWN),
        (6, CardFault.SERVICE_DOWN),
        (109, CardFault.SERVICE_DOWN),
        (0x80100009, CardFault.NO_READER),
        (0x8010002E, CardFault.NO_READER),
        (1167, CardFault.NO_READER),
        (0x8010000C, CardFault.NO_CARD),
        (0x80100069, CardFault.NO_CARD),
        (0x8010000B, CardFault.READER_BUSY),
        (32, CardFault.READER_BUSY),
        (5, CardFault.PERMISSION_DENIED),
        (0x80100027, CardFault.PERMISSION_DENIED),
        (0x8010006A, CardFault.PERMISSION_DENIED),
        (121, CardFault.UNRESPONSIVE),
        (0x80100066, CardFault.UNRESPONSIVE),
        (22, CardFault.CARD_LOST),
        (31, CardFault.CARD_LOST),
        # winscard and pyscard hand codes over as signed numbers, too
        (0x8010001D - 2**32, CardFault.SERVICE_DOWN),
    ],
)
def test_a_code_before_the_read(code: int, before: CardFault) -> None:
    assert fault_before_reading(code) is before


@pytest.mark.parametrize(
    ("code", "during"),
    [
        (0, CardFault.CARD_LOST),
        (0x80100069, CardFault.CARD_LOST),
        (0x80100016, CardFault.CARD_LOST),
        (0x8010002F, CardFault.CARD_LOST),
        (31, CardFault.CARD_LOST),
        (6, CardFault.SERVICE_DOWN),
        (1722, CardFault.SERVICE_DOWN),
        (5, CardFault.SERVICE_DOWN),
        (0x80100027, CardFault.SERVICE_DOWN),
    ],
)
def test_a_code_in_the_middle_of_a_read(code: int, during: CardFault) -> None:
    assert fault_while_reading(code) is during


@given(st.integers(-(2**31), 2**32 - 1))
def test_every_code_means_something(code: int) -> None:
    assert fault_before_reading(code) in CardFault
    assert fault_while_reading(code) in CardFault
