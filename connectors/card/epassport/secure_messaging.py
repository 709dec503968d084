"""Secure messaging: every command and answer enciphered, authenticated and counted (ICAO Doc 9303-11, 9.8)."""

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from connectors.card.channel import Answer, Channel
from connectors.card.epassport import tlv
from connectors.card.epassport.ciphers import SessionKeys, Suite, compute_mac, decrypt, encrypt, pad, unpad
from connectors.contracts.errors import CardError, CardFault

CRYPTOGRAM: Final = 0x87
EXPECTED_LENGTH: Final = 0x97
STATUS: Final = 0x99
MAC: Final = 0x8E
PADDING_INDICATOR: Final = b"\x01"
SECURED_CLASS: Final = 0x0C

LARGEST_READ: Final = 0xDF
"""Bytes of one read that still fit, enciphered, into a short answer with every suite."""


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """One command in the clear: CLA INS P1 P2, its data, and how many bytes it expects (256 is everything there is)."""

    header: bytes
    data: bytes = b""
    expected: int | None = None


Exchange = Callable[[Command], Answer]
"""Sends one command, in the clear or secured, and brings the answer in the clear. Raises CardError."""


def exchange_plainly(channel: Channel) -> Exchange:
    """Commands as they are, in short form."""

    def exchange(command: Command) -> Answer:
        body = bytes((len(command.data),)) + command.data if command.data else b""
        length = b"" if command.expected is None else bytes((command.expected & 0xFF,))
        return channel.exchange(command.header + body + length)

    return exchange


class SecureExchange:
    """An `Exchange` under session keys; `counter` is where the send sequence counter starts."""

    def __init__(self, channel: Channel, keys: SessionKeys, *, counter: int = 0) -> None:
        self._channel = channel
        self._keys = keys
        self._counter = counter

    def __call__(self, command: Command) -> Answer:
        """Raises CardError SECURE_MESSAGING_BROKEN for an answer that is not the authentic answer to this command."""
        return self._open(self._channel.exchange(self._secured(command)))

    def _secured(self, command: Command) -> bytes:
        counter = self._count()
        block = self._keys.suite.block
        header = bytes((command.header[0] | SECURED_CLASS,)) + command.header[1:]
        body = b""
        if command.data:
            cryptogram = encrypt(self._keys, counter, pad(command.data, block))
            body += tlv.encode(CRYPTOGRAM, PADDING_INDICATOR + cryptogram)
        if command.expected is not None:
            body += tlv.encode(EXPECTED_LENGTH, bytes((command.expected & 0xFF,)))
        secured = body + tlv.encode(MAC, session_mac(self._keys, counter, pad(header, block) + body))
        return header + bytes((len(secured),)) + secured + b"\0"

    def _open(self, answer: Answer) -> Answer:
        counter = self._count()
        if not answer.data:
            raise CardError(CardFault.SECURE_MESSAGING_BROKEN, f"unsecured status {answer.status:04X}")
        objects = _decode(answer.data)
        cryptogram = objects.pop(0)[1] if objects and objects[0][0] == CRYPTOGRAM else None
        match objects:
            case [(0x99, bytes(status)), (0x8E, bytes(code))] if len(status) == 2:
                pass
            case _:
                raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "not the objects of a secured answer")
        authenticated = answer.data[: -len(tlv.encode(MAC, code))]
        # 9.8.4: "The inspection system … SHALL verify the MAC": before anything else of the answer is used
        if not compare_digest(session_mac(self._keys, counter, authenticated), code):
            raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "wrong authentication code")
        if int.from_bytes(status, "big") != answer.status:
            raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "two different statuses")
        return Answer(self._plain(counter, cryptogram), answer.status)

    def _plain(self, counter: int, cryptogram: bytes | None) -> bytes:
        if cryptogram is None:
            return b""
        if not cryptogram.startswith(PADDING_INDICATOR):
            raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "unknown padding")
        return unpad(decrypt(self._keys, counter, cryptogram[1:]))

    def _count(self) -> int:
        self._counter = next_counter(self._keys, self._counter)
        return self._counter


def next_counter(keys: SessionKeys, counter: int) -> int:
    """The send sequence counter rises before every command and every answer."""
    return (counter + 1) % (1 << (8 * keys.suite.block))


def session_mac(keys: SessionKeys, counter: int, message: bytes) -> bytes:
    """The code over counter and message, padded (9.8.6): the retail MAC pads by itself, CMAC would not."""
    block = keys.suite.block
    whole = counter.to_bytes(block, "big") + message
    return compute_mac(keys.suite, keys.mac, whole if keys.suite is Suite.TRIPLE_DES else pad(whole, block))


def _decode(data: bytes) -> list[tuple[int, bytes]]:
    try:
        return tlv.decode(data)
    except CardError:
        raise CardError(CardFault.SECURE_MESSAGING_BROKEN, "not the objects of a secured answer") from None
