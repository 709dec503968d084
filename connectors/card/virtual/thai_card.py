"""An emulated Thai ID card that answers commands as cards of several generations do, and fails as told."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from connectors.card.thai_card import layout
from connectors.card.thai_card.layout import Field
from connectors.card.virtual.playing import Failure, Reply, play

ATR_THAI: Final = bytes.fromhex("3B791800005448204E4944203131")
"""Historical bytes `TH NID 11`."""
ATR_OLD: Final = bytes.fromhex("3B670000") + b"TH NID "
"""A card whose GET RESPONSE wants P2 = 01."""

FIELDS: Final[Mapping[str, Field]] = {
    "version": layout.VERSION,
    "cid": layout.CITIZEN_ID,
    "name_th": layout.NAME_TH,
    "name_en": layout.NAME_EN,
    "birth": layout.BIRTH_DATE,
    "sex": layout.SEX,
    "request_no": layout.REQUEST_NO,
    "issuer": layout.ISSUER,
    "issuer_code": layout.ISSUER_CODE,
    "issued": layout.ISSUE_DATE,
    "expires": layout.EXPIRY_DATE,
    "card_type": layout.CARD_TYPE,
    "address": layout.ADDRESS,
    "photo_ref": layout.PHOTO_REF,
}


class Style(StrEnum):
    """How a card hands over an answer."""

    GET_RESPONSE = "61"
    WRONG_LENGTH_FIRST = "6C"
    DIRECT = "direct"
    BEFORE_VERSION_3 = "B1"


def card_file(fields: Mapping[str, str | bytes], *, photo: bytes, states_photo_length: bool = True) -> bytes:
    """The data file of a card: `fields` by the names of FIELDS, text in TIS-620 or raw bytes.

    ValueError when a value is longer than its field.
    """
    file = bytearray(b" " * layout.END_OF_FILE)
    for name, value in fields.items():
        raw = value.encode("tis-620") if isinstance(value, str) else value
        _place(file, FIELDS[name], raw, b" ")
    _place(file, layout.PHOTO, photo, b"\0")
    _place(file, layout.PHOTO_LENGTH, len(photo).to_bytes(2, "big") if states_photo_length else b"", b"\0")
    return bytes(file)


def _place(file: bytearray, place: Field, raw: bytes, padding: bytes) -> None:
    if len(raw) > place.length:
        raise ValueError("a value is longer than its field")
    file[place.offset : place.offset + place.length] = raw.ljust(place.length, padding)


@dataclass(slots=True, repr=False)
class VirtualThaiCard:
    """One emulated card. `faults` maps the n-th command since the card was made (from 1) to what happens then.

    `health_file` is what the applet of the health office holds; a card without it has no such applet.
    `delay_seconds` per command gives the feel of a real card (about 0.05). `applets` empty makes it some other card.
    """

    file: bytes
    chip_no: str
    laser_code: str | None = None
    atr: bytes = ATR_THAI
    style: Style = Style.GET_RESPONSE
    health_file: bytes = b""
    applets: frozenset[bytes] = frozenset((layout.MOI_APPLET, layout.EXTENSION_APPLET))
    faults: Mapping[int, bytes | Failure] = field(default_factory=dict)
    delay_seconds: float = 0.0
    laser_command: bytes = layout.GET_LASER_CODE[1]
    commands_seen: int = 0
    _selected: bytes = b""
    _pending: bytes = b""

    def power(self) -> None:
        """Power or reset: no applet selected, nothing pending."""
        self._selected, self._pending = b"", b""

    def answer(self, command: bytes) -> Reply:
        """The reply to one APDU."""
        self.commands_seen += 1
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        return play(self.faults.get(self.commands_seen), lambda: self._respond(command))

    def _respond(self, command: bytes) -> bytes:
        if len(command) < 4:
            return b"\x67\x00"
        match command[0], command[1]:
            case 0x00, 0xA4:
                return self._select(command[5:])
            case 0x00, 0xC0:
                return self._get_response(command)
            case 0x80, 0xB0 | 0xB1:
                return self._read(command)
            case 0x80, 0xCA:
                return self._get_data(command)
            case 0x80, 0x00:
                return self._laser(command)
            case _:
                return b"\x6d\x00"

    def _select(self, applet: bytes) -> bytes:
        has_applet = applet in self.applets or (applet == layout.HEALTH_APPLET and self.health_file)
        if applet and not has_applet:
            self._selected = b""
            return b"\x6a\x82"
        self._selected = applet
        return self._hand_over(b"\x6f\x0a\x84\x08" + applet) if applet else b"\x90\x00"

    def _get_response(self, command: bytes) -> bytes:
        if not self._pending:
            return b"\x69\x85"
        if command[3] != (1 if self.atr.startswith(ATR_OLD[:2]) else 0):
            return b"\x6a\x86"
        wanted = (command[4] if len(command) > 4 else 0) or 256
        if self.style is Style.WRONG_LENGTH_FIRST and wanted != len(self._pending):
            return bytes((0x6C, len(self._pending)))
        piece, self._pending = self._pending[:wanted], self._pending[wanted:]
        return piece + (bytes((0x61, len(self._pending))) if self._pending else b"\x90\x00")

    def _read(self, command: bytes) -> bytes:
        before_version_3 = self.style is Style.BEFORE_VERSION_3
        if (command[1] == layout.READ_BEFORE_VERSION_3) is not before_version_3:
            return b"\x6d\x00"
        file = {layout.MOI_APPLET: self.file, layout.HEALTH_APPLET: self.health_file}.get(self._selected)
        if file is None:
            return b"\x69\x85"
        if len(command) != 7 or command[4] != 2:
            return b"\x67\x00"
        place = Field(int.from_bytes(command[2:4], "big"), int.from_bytes(command[5:7], "big"))
        if before_version_3 and place == layout.ADDRESS_BEFORE_VERSION_3:
            place = Field(layout.ADDRESS.offset, place.length)
        if place.offset + place.length > len(file):
            return b"\x6b\x00"
        return self._hand_over(file[place.offset : place.offset + place.length])

    def _get_data(self, command: bytes) -> bytes:
        if command[2:4] != layout.GET_CPLC[2:4] or self._selected:
            return b"\x6a\x88"
        cplc = (layout.CPLC_HEADER + bytes(10) + bytes.fromhex(self.chip_no)).ljust(layout.CPLC_LENGTH, b"\0")
        return cplc + b"\x90\x00" if command[4:] == bytes((layout.CPLC_LENGTH,)) else bytes((0x6C, len(cplc)))

    def _laser(self, command: bytes) -> bytes:
        if self._selected != layout.EXTENSION_APPLET or command != self.laser_command or self.laser_code is None:
            return b"\x6d\x00"
        code = self.laser_code.encode("ascii").ljust(16, b"\0")
        # the shortest form brings the code alone, the others seven bytes before it
        return self._hand_over(code if command == layout.GET_LASER_CODE[0] else bytes(7) + code)

    def _hand_over(self, data: bytes) -> bytes:
        if self.style in (Style.DIRECT, Style.BEFORE_VERSION_3):
            return data + b"\x90\x00"
        self._pending = data
        # a card that wants to be asked with the right length first names a wrong one
        named = len(data) - 1 if self.style is Style.WRONG_LENGTH_FIRST and len(data) > 1 else len(data)
        return bytes((0x61, named & 0xFF))
