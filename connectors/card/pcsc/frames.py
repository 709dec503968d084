"""Frames between a reader and its worker process: four bytes of length, one byte of kind, the body."""

import os
import queue
import threading
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


def read_frame(descriptor: int) -> tuple[FrameKind, bytes]:
    """One frame, waited for as long as it takes. Raises FramesEnded."""
    length = int.from_bytes(_read(descriptor, _LENGTH_BYTES), "big")
    if not 1 <= length <= _LARGEST:
        raise FramesEnded
    frame = _read(descriptor, length)
    try:
        return FrameKind(frame[:1]), frame[1:]
    except ValueError:
        raise FramesEnded from None


class FrameInbox:
    """Frames of one descriptor, read ahead in a thread: a pipe cannot be waited for with a deadline on every system.

    The thread ends when the other side does.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._frames: queue.SimpleQueue[tuple[FrameKind, bytes] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._fill, name="frames", daemon=True)
        self._thread.start()

    def get(self, *, seconds: float) -> tuple[FrameKind, bytes]:
        """The next frame, waited for at most so long. Raises FrameTimeout, FramesEnded."""
        try:
            frame = self._frames.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise FrameTimeout from None
        if frame is None:
            self._frames.put(None)
            raise FramesEnded
        return frame

    def join(self) -> None:
        """Wait for the thread; the other side must have ended."""
        self._thread.join()

    def _fill(self) -> None:
        try:
            while True:
                self._frames.put(read_frame(self._descriptor))
        except (FramesEnded, OSError):
            self._frames.put(None)


def _read(descriptor: int, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = os.read(descriptor, length - len(data))
        if not piece:
            raise FramesEnded
        data += piece
    return data
