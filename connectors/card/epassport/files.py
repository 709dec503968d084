"""The files of a passport and how one is read whole (ICAO Doc 9303-10, 4; 9303-11, 4)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from connectors.card.channel import OK
from connectors.card.epassport import tlv
from connectors.card.epassport.secure_messaging import LARGEST_READ, Command, Exchange
from connectors.contracts.errors import CardError, CardFault

APPLET: Final = bytes.fromhex("A0000002471001")
SELECT_APPLET: Final = bytes.fromhex("00A4040C")
SELECT_FILE: Final = bytes.fromhex("00A4020C")
READ: Final = bytes.fromhex("00B0")

FILE_NOT_FOUND: Final = 0x6A82
LARGEST_FILE: Final = 0x7FFF
"""What the fifteen bits of an offset reach; larger ones would need the odd form of READ BINARY."""

_FIRST_READ: Final = 8


class FileId(IntEnum):
    """Elementary files by their identifiers."""

    CARD_ACCESS = 0x011C
    CONTENTS = 0x011E
    SECURITY_OBJECT = 0x011D
    MRZ = 0x0101
    PORTRAIT = 0x0102
    CHIP_KEYS = 0x010E


class FileTag(IntEnum):
    """The tag that a file's one data object bears."""

    CONTENTS = 0x60
    SECURITY_OBJECT = 0x77
    MRZ = 0x61
    PORTRAIT = 0x75
    CHIP_KEYS = 0x6E


BytesRead = Callable[[int, int], None]
"""Told how many bytes of how many have been read."""


def _nobody_listens(_done: int, _total: int) -> None:
    pass


def read_file(exchange: Exchange, file: FileId, *, told: BytesRead = _nobody_listens) -> bytes | None:
    """The whole file, exactly as long as its own data object says; None where the chip has no such file.

    Raises CardError: MALFORMED_DATA, TRUNCATED_ANSWER, and what the exchange raises.
    """
    selected = exchange(Command(SELECT_FILE, int(file).to_bytes(2, "big")))
    if selected.status == FILE_NOT_FOUND:
        return None
    if selected.status != OK:
        raise CardError(CardFault.MALFORMED_DATA, f"status {selected.status:04X}")
    data = _read(exchange, 0, _FIRST_READ)
    _, header, length = tlv.read_header(data)
    total = header + length
    if not _FIRST_READ <= total <= LARGEST_FILE:
        raise CardError(CardFault.MALFORMED_DATA, "a file of impossible length")
    while len(data) < total:
        data += _read(exchange, len(data), min(LARGEST_READ, total - len(data)))
        told(len(data), total)
    return data


def _read(exchange: Exchange, offset: int, length: int) -> bytes:
    answer = exchange(Command(READ + offset.to_bytes(2, "big"), expected=length))
    if answer.status != OK:
        raise CardError(CardFault.MALFORMED_DATA, f"status {answer.status:04X}")
    if len(answer.data) != length:
        raise CardError(CardFault.TRUNCATED_ANSWER, f"{len(answer.data)} bytes instead of {length}")
    return answer.data
