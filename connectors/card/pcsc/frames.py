"""Frames between a reader and its worker process: four bytes of length, one byte of kind, the body."""

import os
import select
import time
from enum import Enum
from typing import Final

_LENGTH_BYTES: Final = 4
_LARGEST: Final = 70_000
"""An extended APDU and its frame; anything longer is not ours."""


class FrameKind(Enum):
    """What a frame's body is."""

    OPEN = b"O"  # hold the card in the reader of this name
    COMMAND = b"C"  # raw APDU
    RELEASE = b"E"  # the read is done
    HOLDING = b"H"  # the card is ours; its ATR
    REPLY = b"R"  # raw answer
    RELEASED = b"D"  # the card is reset and anyone's again
    FAULT = b"F"  # a CardFault value


class FrameTimeout(Exception):
    """No whole frame arrived in time."""


class FramesEnded(Exception):
    """The other side has gone, or speaks something else."""


def write_frame(descriptor: int, kind: FrameKind, body: bytes) -> None:
    """Write one frame. Raises FramesEnded when the other side has gone."""
    frame = (1 + len(body)).to_bytes(_LENGTH_BYTES, "big") + kind.value + body
    try:
        while frame:
            frame = frame[os.write(descriptor, frame) :]
    except BrokenPipeError:
        raise FramesEnded from None


def read_frame(descriptor: int, *, seconds: float | None) -> tuple[FrameKind, bytes]:
    """One frame, waited for at most `seconds` (None: for ever). Raises FrameTimeout, FramesEnded."""
    ends_at = None if seconds is None else time.monotonic() + seconds
    length = int.from_bytes(_read(descriptor, _LENGTH_BYTES, ends_at), "big")
    if not 1 <= length <= _LARGEST:
        raise FramesEnded
    frame = _read(descriptor, length, ends_at)
    try:
        return FrameKind(frame[:1]), frame[1:]
    except ValueError:
        raise FramesEnded from None


def _read(descriptor: int, length: int, ends_at: float | None) -> bytes:
    data = b""
    while len(data) < length:
        remaining = None if ends_at is None else max(0.0, ends_at - time.monotonic())
        readable, _, _ = select.select([descriptor], [], [], remaining)
        if not readable:
            raise FrameTimeout
        piece = os.read(descriptor, length - len(data))
        if not piece:
            raise FramesEnded
        data += piece
    return data
