"""What the codes of PC/SC mean at a counter (pcsclite.h, winscard.h, winerror.h; facts/smart-card, section 2)."""

import re
from typing import Final

from connectors.contracts.errors import CardFault

_BY_CODE: Final = {
    0x8010001D: CardFault.SERVICE_DOWN,  # SCARD_E_NO_SERVICE
    0x8010001E: CardFault.SERVICE_DOWN,  # SCARD_E_SERVICE_STOPPED
    0x80100018: CardFault.SERVICE_DOWN,  # SCARD_P_SHUTDOWN
    0x80100012: CardFault.SERVICE_DOWN,  # SCARD_E_SYSTEM_CANCELLED
    0x8010002B: CardFault.SERVICE_DOWN,  # SCARD_E_UNKNOWN_RES_MNG
    0x80100009: CardFault.NO_READER,  # SCARD_E_UNKNOWN_READER
    0x80100017: CardFault.NO_READER,  # SCARD_E_READER_UNAVAILABLE
    0x8010001A: CardFault.NO_READER,  # SCARD_E_READER_UNSUPPORTED
    0x8010002E: CardFault.NO_READER,  # SCARD_E_NO_READERS_AVAILABLE
    0x8010000C: CardFault.NO_CARD,  # SCARD_E_NO_SMARTCARD
    0x80100069: CardFault.NO_CARD,  # SCARD_W_REMOVED_CARD
    0x8010000B: CardFault.READER_BUSY,  # SCARD_E_SHARING_VIOLATION
    0x80100031: CardFault.READER_BUSY,  # SCARD_E_SERVER_TOO_BUSY
    0x80100027: CardFault.PERMISSION_DENIED,  # SCARD_E_NO_ACCESS
    0x8010006A: CardFault.PERMISSION_DENIED,  # SCARD_W_SECURITY_VIOLATION: polkit says no
    # Windows' own, which winscard hands through (winerror.h)
    5: CardFault.PERMISSION_DENIED,  # ERROR_ACCESS_DENIED
    6: CardFault.SERVICE_DOWN,  # ERROR_INVALID_HANDLE: the service was started anew under us
    22: CardFault.CARD_LOST,  # ERROR_BAD_COMMAND: the driver lost the card
    31: CardFault.CARD_LOST,  # ERROR_GEN_FAILURE: the reader was unplugged, or the card gives no sign
    32: CardFault.READER_BUSY,  # ERROR_SHARING_VIOLATION
    109: CardFault.SERVICE_DOWN,  # ERROR_BROKEN_PIPE: a remote desktop took the readers with it
    121: CardFault.UNRESPONSIVE,  # ERROR_SEM_TIMEOUT
    1117: CardFault.CARD_LOST,  # ERROR_IO_DEVICE
    1167: CardFault.NO_READER,  # ERROR_DEVICE_NOT_CONNECTED
    1722: CardFault.SERVICE_DOWN,  # RPC_S_SERVER_UNAVAILABLE: the service does not run
}
_WORSE_THAN_LOST: Final = (CardFault.SERVICE_DOWN, CardFault.PERMISSION_DENIED)
"""Both mean the service once a card was connected: who was let in before is denied by one that ends or starts anew."""
_VIRTUAL_NAME: Final = re.compile(r"virtual pcd|vpcd", re.IGNORECASE)


def fault_before_reading(code: int) -> CardFault:
    """The fault when no card could be connected; a code that means nothing else is a card that does not answer."""
    return _BY_CODE.get(code & 0xFFFFFFFF, CardFault.UNRESPONSIVE)


def fault_while_reading(code: int) -> CardFault:
    """The fault when a connected card failed: it is lost, unless the whole service is.

    The code itself is no evidence: a card pulled mid-read has been seen to report success.
    """
    fault = _BY_CODE.get(code & 0xFFFFFFFF)
    return CardFault.SERVICE_DOWN if fault in _WORSE_THAN_LOST else CardFault.CARD_LOST


def is_virtual_reader(name: str) -> bool:
    """True for readers that take emulated cards; their port may be open to the whole network."""
    return _VIRTUAL_NAME.search(name) is not None
