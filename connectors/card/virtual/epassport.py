"""An emulated electronic passport: BAC or PACE, secure messaging, its files, chip authentication with a key."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from connectors.card.epassport import tlv
from connectors.card.epassport.bac import RandomBytes
from connectors.card.epassport.ciphers import Suite, derive_session_keys
from connectors.card.epassport.files import APPLET, FileId
from connectors.card.epassport.pace import (
    PASSWORD_CAN,
    PASSWORD_MRZ,
    PacePassword,
    password_of,
    password_of_access_number,
)
from connectors.card.epassport.secure_messaging import LARGEST_READ, Command
from connectors.card.epassport.security_infos import PaceOffer
from connectors.card.virtual.epassport_session import OK, BacSide, ChipSession, PaceSide, parse_command
from connectors.card.virtual.playing import Failure, Reply, play
from connectors.contracts.errors import CardError

ATR_PASSPORT: Final = bytes.fromhex("3B80800101")
"""A contactless reader's answer to reset, T=1."""

_NOT_FOUND: Final = b"\x6a\x82"
_SECURITY_NOT_SATISFIED: Final = b"\x69\x82"
_SECURE_MESSAGING_WRONG: Final = b"\x69\x88"
_UNKNOWN: Final = b"\x6d\x00"
_WRONG_DATA: Final = b"\x6a\x80"
_UNKNOWN_PASSWORD: Final = b"\x6a\x88"


@dataclass(slots=True, repr=False)
class VirtualEPassport:
    """One emulated passport. `key_text` is what opens it (`mrz.key_text`), `files` everything it holds. Where it speaks
    PACE, `access_number` opens it too, unless it is empty.

    `offer` makes it speak PACE, without one BAC. `chip_secret` is the key of chip authentication; a copy has the files
    of another chip and a secret that does not go with them. `faults` maps the n-th command to what happens then.
    """

    files: Mapping[int, bytes]
    key_text: str
    access_number: str = ""
    offer: PaceOffer | None = None
    chip_secret: ec.EllipticCurvePrivateKey | None = None
    chip_suite: Suite = Suite.AES_128
    atr: bytes = ATR_PASSPORT
    faults: Mapping[int, bytes | Failure] = field(default_factory=dict)
    delay_seconds: float = 0.0
    random_bytes: RandomBytes = secrets.token_bytes
    commands_seen: int = 0
    _session: ChipSession | None = None
    _next_session: ChipSession | None = None
    _bac: BacSide | None = None
    _pace: PaceSide | None = None
    _has_applet: bool = False
    _file: bytes | None = None

    def power(self) -> None:
        """Power or reset: locked again."""
        self._session = self._next_session = self._bac = self._pace = self._file = None
        self._has_applet = False

    def answer(self, command: bytes) -> Reply:
        """The reply to one APDU."""
        self.commands_seen += 1
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        return play(self.faults.get(self.commands_seen), lambda: self._respond(command))

    def _respond(self, raw: bytes) -> bytes:
        try:
            return self._locked(parse_command(raw)) if self._session is None else self._secured(self._session, raw)
        except (CardError, IndexError):
            return _WRONG_DATA

    def _secured(self, session: ChipSession, raw: bytes) -> bytes:
        command = session.open(raw)
        if command is None:
            self.power()
            return _SECURE_MESSAGING_WRONG
        reply = session.close(self._open(command))
        if self._next_session is not None:
            self._session, self._next_session = self._next_session, None
        return reply

    def _password(self, template: bytes) -> PacePassword | None:
        """The password that the terminal chose; None for one that this chip has not."""
        reference = tlv.first(tlv.decode(template), 0x83)
        if reference == PASSWORD_CAN and self.access_number:
            return password_of_access_number(self.access_number)
        return password_of(self.key_text) if reference == PASSWORD_MRZ else None

    def _locked(self, command: Command) -> bytes:
        """What works before the printed lines are known."""
        match command.header[:3]:
            case b"\x00\xa4\x04":
                return self._select_applet(command)
            case b"\x00\xa4\x02" if command.data == FileId.CARD_ACCESS.to_bytes(2, "big"):
                return self._select_file(command)
            case b"\x00\x22\xc1" if self.offer is not None:
                password = self._password(command.data)
                self._pace = None if password is None else PaceSide(self.offer, password, self.random_bytes)
                return OK if password is not None else _UNKNOWN_PASSWORD
            case b"\x10\x86\x00" | b"\x00\x86\x00" if self._pace is not None:
                reply, self._session = self._pace.step(command.data)
                return reply
            case b"\x00\x84\x00" if self._has_applet:
                self._bac = BacSide(self.key_text, self.random_bytes)
                return self._bac.challenge()
            case b"\x00\x82\x00" if self._bac is not None:
                reply, self._session = self._bac.authenticate(command.data)
                return reply
            case _ if command.header[1] == 0xB0 and self._file is not None and not self._has_applet:
                return self._read(command)
            case _:
                return _SECURITY_NOT_SATISFIED

    def _open(self, command: Command) -> bytes:
        """What works within a session."""
        match command.header[:2], command.header[2:]:
            case b"\x00\xa4", b"\x04\x0c":
                return self._select_applet(command)
            case b"\x00\xa4", b"\x02\x0c":
                return self._select_file(command)
            case b"\x00\xb0", _:
                return self._read(command)
            case b"\x00\x22", b"\x41\xa6":
                return self._agree(tlv.first(tlv.decode(command.data), 0x91), b"")
            case b"\x00\x22", b"\x41\xa4":
                return OK if self.chip_secret is not None else _WRONG_DATA
            case b"\x00\x86", b"\x00\x00":
                point = tlv.only(tlv.only(command.data, 0x7C), 0x80)
                return self._agree(point, tlv.encode(0x7C, b""))
            case _:
                return _UNKNOWN

    def _select_applet(self, command: Command) -> bytes:
        self._has_applet = command.data == APPLET
        self._file = None
        return OK if self._has_applet else _NOT_FOUND

    def _select_file(self, command: Command) -> bytes:
        self._file = self.files.get(int.from_bytes(command.data, "big"))
        return _NOT_FOUND if self._file is None else OK

    def _read(self, command: Command) -> bytes:
        if self._file is None:
            return b"\x69\x86"
        offset = int.from_bytes(command.header[2:], "big")
        return self._file[offset : offset + min(command.expected or 256, LARGEST_READ)] + OK

    def _agree(self, point: bytes, answer: bytes) -> bytes:
        if self.chip_secret is None:
            return _WRONG_DATA
        public = ec.EllipticCurvePublicKey.from_encoded_point(self.chip_secret.curve, point)
        secret = self.chip_secret.exchange(ec.ECDH(), public)
        self._next_session = ChipSession(derive_session_keys(self.chip_suite, secret))
        return answer + OK
