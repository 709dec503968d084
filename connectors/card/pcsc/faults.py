"""What the codes of PC/SC mean at a counter (pcsclite.h; facts/smart-card, section 2)."""

import re
from typing import Final

from connectors.contracts.errors import CardFault

_BY_CODE: Final = {
    0x8010001D: CardFault.SERVICE_DOWN,  # SCARD_E_NO_SERVICE
    0x8010001E: CardFault.SERVICE_DOWN,  # SCARD_E_SERVICE_STOPPED
    0x80100009: CardFault.NO_READER,  # SCARD_E_UNKNOWN_READER
    0x80100017: CardFault.NO_READER,  # SCARD_E_READER_UNAVAILABLE
    0x8010002E: CardFault.NO_READER,  # SCARD_E_NO_READERS_AVAILABLE
    0x8010000C: CardFault.NO_CARD,  # SCARD_E_NO_SMARTCARD
    0x80100069: CardFault.NO_CARD,  # SCARD_W_REMOVED_CARD
    0x8010000B: CardFault.READER_BUSY,  # SCARD_E_SHARING_VIOLATION
    0x8010006A: CardFault.PERMISSION_DENIED,  # SCARD_W_SECURITY_VIOLATION: polkit says no
}
_WORSE_THAN_LOST: Final = (CardFault.SERVICE_DOWN, CardFault.PERMISSION_DENIED)
_VIRTUAL_NAME: Final = re.compile(r"virtual pcd|vpcd", re.IGNORECASE)


def fault_before_reading(code: int) -> CardFault:
    """The fault when no card could be connected; a code that means nothing else is a card that does not answer."""
    return _BY_CODE.get(code & 0xFFFFFFFF, CardFault.UNRESPONSIVE)


def fault_while_reading(code: int) -> CardFault:
    """The fault when a connected card failed: it is lost, unless the whole service is.

    The code itself is no evidence: a card pulled mid-read has been seen to report success.
    """
    fault = _BY_CODE.get(code & 0xFFFFFFFF)
    return fault if fault is not None and fault in _WORSE_THAN_LOST else CardFault.CARD_LOST


def is_virtual_reader(name: str) -> bool:
    """True for readers that take emulated cards; their port may be open to the whole network."""
    return _VIRTUAL_NAME.search(name) is not None
