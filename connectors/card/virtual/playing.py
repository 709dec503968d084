"""What every emulated card does: it answers, or fails as told."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal, Protocol, assert_never


class Failure(StrEnum):
    """What can happen instead of an answer."""

    EJECT = "eject"
    MUTE = "mute"
    TRUNCATE = "truncate"
    GARBLE = "garble"
    """One bit of the answer's data is turned over."""


Reply = bytes | Literal[Failure.EJECT, Failure.MUTE]
"""What the slot sees: bytes to hand on, or what happened."""


class VirtualCard(Protocol):
    """A card for a virtual slot. `faults` maps the n-th command since it was made (from 1) to what happens then."""

    atr: bytes
    faults: Mapping[int, bytes | Failure]
    delay_seconds: float

    def power(self) -> None:
        """Power or reset."""

    def answer(self, command: bytes) -> Reply:
        """The reply to one APDU."""


def play(fault: bytes | Failure | None, respond: Callable[[], bytes]) -> Reply:
    """The card's own answer, or what its fault plan says."""
    match fault:
        case None:
            return respond()
        case bytes() as told:
            return told
        case Failure.TRUNCATE:
            reply = respond()
            return reply[: (len(reply) - 2) // 2] + reply[-2:]
        case Failure.GARBLE:
            reply = respond()
            return reply[:-3] + bytes((reply[-3] ^ 1,)) + reply[-2:] if len(reply) > 2 else reply
        case (Failure.EJECT | Failure.MUTE) as failure:
            return failure
        case _ as unreachable:
            assert_never(unreachable)
