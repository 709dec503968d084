"""Commands to a card and whole answers back: chaining, wrong lengths, deadlines (ISO/IEC 7816-3, 7816-4).

A `Transmit` carries one raw APDU; `Channel` turns the many ways in which cards and readers hand over answers into one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.contracts.errors import CardError, CardFault

Transmit = Callable[[bytes, float], bytes]
"""One raw APDU and the seconds to wait; returns the raw answer, status word included.

Raises CardError: UNRESPONSIVE when the time is over, CARD_LOST when the card is gone.
"""

OK: Final = 0x9000
APDU_SECONDS: Final = 3.0
"""A card that has not answered one command by then is taken for dead."""

# A Thai card answers within one GET RESPONSE, at most a few; a card that promises more data for ever is broken.
_MOST_ROUNDS: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """All data a command brought, and the last status word."""

    data: bytes
    status: int


class Channel:
    """One card for the time of one read.

    `atr` decides the form of GET RESPONSE only, never whether to trust the card. `deadline_seconds` is for the whole
    read, counted from construction on `clock` (seconds, monotonic).
    """

    def __init__(
        self,
        transmit: Transmit,
        *,
        atr: bytes,
        deadline_seconds: float,
        apdu_seconds: float = APDU_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transmit = transmit
        # Cards whose ATR begins 3B 67 want P2 = 01 (facts/thai-registries, section 1.1).
        self._get_response = bytes.fromhex("00C00001" if atr[:2] == b"\x3b\x67" else "00C00000")
        self._apdu_seconds = apdu_seconds
        self._clock = clock
        self._ends_at = clock() + deadline_seconds

    def exchange(self, command: bytes) -> Answer:
        """Send one command and collect its whole answer.

        Raises CardError: UNRESPONSIVE past a deadline, TRUNCATED_ANSWER for an answer without a status word or one
        that never ends, and whatever the transport raises.
        """
        data = b""
        next_command = command
        for _ in range(_MOST_ROUNDS):
            piece, status = self._once(next_command)
            data += piece
            match status >> 8:
                # ISO/IEC 7816-4, 5.3.4: 61XX: "SW2 indicates the number of response bytes still available"
                case 0x61:
                    next_command = self._get_response + bytes((status & 0xFF,))
                # 6CXX: "Wrong Le field; SW2 indicates the exact number of available data bytes": the same command again
                case 0x6C:
                    next_command = _with_expected_length(next_command, status & 0xFF)
                case _:
                    return Answer(data, status)
        raise CardError(CardFault.TRUNCATED_ANSWER, "the answer never ends")

    def read_exactly(self, command: bytes, length: int) -> bytes:
        """The data of a command that must succeed and bring exactly `length` bytes.

        Raises CardError: MALFORMED_DATA for another status, TRUNCATED_ANSWER for another length.
        """
        answer = self.exchange(command)
        if answer.status != OK:
            raise CardError(CardFault.MALFORMED_DATA, f"status {answer.status:04X}")
        if len(answer.data) != length:
            raise CardError(CardFault.TRUNCATED_ANSWER, f"{len(answer.data)} bytes instead of {length}")
        return answer.data

    def _once(self, command: bytes) -> tuple[bytes, int]:
        remaining = self._ends_at - self._clock()
        if remaining <= 0:
            raise CardError(CardFault.UNRESPONSIVE, "the read took too long")
        raw = self._transmit(command, min(self._apdu_seconds, remaining))
        if len(raw) < 2:
            raise CardError(CardFault.TRUNCATED_ANSWER, "no status word")
        return raw[:-2], int.from_bytes(raw[-2:], "big")


def _with_expected_length(command: bytes, length: int) -> bytes:
    """The same command with another Le byte (short form): put in, appended after the data, or replaced."""
    header, body = command[:4], command[4:]
    if len(body) <= 1:
        return header + bytes((length,))
    return header + body[: 1 + body[0]] + bytes((length,))
