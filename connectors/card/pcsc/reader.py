"""A PC/SC reader as a `CardReader`: one worker process per read, exclusive, all or nothing."""

import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from types import TracebackType
from typing import Final, Literal, Self

from connectors.card.channel import APDU_SECONDS, Channel
from connectors.card.epassport.reading import read_epassport
from connectors.card.pcsc.faults import is_virtual_reader
from connectors.card.pcsc.frames import FrameInbox, FrameKind, FramesEnded, FrameTimeout, write_frame
from connectors.card.pcsc.service import PcscService, end_worker
from connectors.card.pcsc.spares import SpareWorkers
from connectors.card.pcsc.watching import PcscWatcher, SlotState
from connectors.card.thai_card.reading import read_thai_card
from connectors.contracts.card import CardRead, PassportKey, PassportRead, Progress, no_progress
from connectors.contracts.errors import CardError, CardFault

_HOLD_SECONDS: Final = 5.0
"""Until then the card must be ours; longer means that another program holds the reader."""
_RELEASE_SECONDS: Final = 1.0
_END_SECONDS: Final = 0.2

_EMPTY: Final = SlotState(is_present=False, changes=0)


class PcscReader:
    """The reader called `name` at `service`; `watcher` says whether a card is in.

    Readers for emulated cards are refused unless `allows_virtual`: anyone in the network might insert a card there.
    With `spares` a worker is ready before each read, without them every read starts one.
    """

    def __init__(
        self,
        name: str,
        *,
        service: PcscService,
        watcher: PcscWatcher,
        allows_virtual: bool,
        spares: SpareWorkers | None = None,
        apdu_seconds: float = APDU_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.is_virtual = is_virtual_reader(name)
        self.card_stack: Literal["pcsc", "memory"] = "pcsc"
        self._service = service
        self._spares = spares
        self._watcher = watcher
        self._allows_virtual = allows_virtual
        self._apdu_seconds = apdu_seconds
        self._clock = clock

    def is_card_present(self) -> bool:
        """True while a card is in the slot, as the watcher last saw it."""
        return self.insertion() is not None

    def insertion(self) -> int | None:
        """Which insertion the card in the slot is, by the service's count; None when empty."""
        slot = self._watcher.state().readers.get(self.name, _EMPTY)
        return slot.changes if slot.is_present else None

    def read(self, *, deadline_seconds: float, with_photo: bool, progress: Progress = no_progress) -> CardRead:
        """Read the whole card in one transaction, all or nothing. Raises CardError."""
        with self._held_card(deadline_seconds) as (atr, channel):
            content = read_thai_card(channel, with_photo=with_photo, progress=progress)
        return CardRead(
            data=content.data,
            photo=content.photo,
            atr=atr.hex().upper(),
            reader=self.name,
            is_virtual=self.is_virtual,
            card_stack="pcsc",
        )

    def read_passport(
        self, *, key: PassportKey, today: date, deadline_seconds: float, progress: Progress = no_progress
    ) -> PassportRead:
        """Read the whole passport in one transaction, all or nothing. Raises CardError."""
        with self._held_card(deadline_seconds) as (atr, channel):
            content = read_epassport(channel, key=key, today=today, random_bytes=secrets.token_bytes, progress=progress)
        return PassportRead(
            files=content.files,
            data=content.data,
            portrait=content.portrait.image,
            portrait_type=content.portrait.media_type,
            atr=atr.hex().upper(),
            reader=self.name,
            is_virtual=self.is_virtual,
            card_stack="pcsc",
        )

    @contextmanager
    def _held_card(self, deadline_seconds: float) -> Iterator[tuple[bytes, Channel]]:
        """The card's ATR and a channel to it, for as long as the block lasts."""
        if self.is_virtual and not self._allows_virtual:
            raise CardError(CardFault.VIRTUAL_READER_REFUSED)
        ends_at = self._clock() + deadline_seconds
        try:
            with self._hold_card(seconds=min(_HOLD_SECONDS, deadline_seconds)) as card:
                channel = Channel(
                    card.transmit,
                    atr=card.atr,
                    deadline_seconds=ends_at - self._clock(),
                    apdu_seconds=self._apdu_seconds,
                    clock=self._clock,
                )
                yield card.atr, channel
        finally:
            if self._spares is not None:
                self._spares.prepare_soon(self.name)

    def _hold_card(self, *, seconds: float) -> "_HeldCard":
        if self._spares is not None:
            # a spare that died while it waited has not touched the card: a fresh worker takes its place
            with suppress(FramesEnded):
                return _HeldCard(self._spares.take(self.name), self.name, seconds=seconds)
        try:
            return _HeldCard(self._service.start_worker("read"), self.name, seconds=seconds)
        except FramesEnded:
            raise CardError(CardFault.SERVICE_DOWN, "the reading process ended") from None


class _HeldCard:
    """A worker process that holds the card; leaving the block ends it, by force where it hangs.

    Raises CardError where the card cannot be held, FramesEnded where the worker ends before it holds the card.
    """

    def __init__(self, worker: subprocess.Popen[bytes], reader: str, *, seconds: float) -> None:
        self._worker = worker
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._to_worker = self._worker.stdin.fileno()
        self._inbox = FrameInbox(self._worker.stdout.fileno())
        try:
            write_frame(self._to_worker, FrameKind.OPEN, reader.encode())
            # SCardConnect and SCardBeginTransaction block while another program holds the card
            self.atr = self._answer(FrameKind.HOLDING, seconds, when_late=CardFault.READER_BUSY)
        except (CardError, FramesEnded):
            self._end(seconds=0)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        is_hanging = isinstance(error, CardError) and error.fault is CardFault.UNRESPONSIVE
        if not is_hanging:
            # released in order, the card is reset for whoever reads next; a worker that cannot is killed all the same
            with suppress(CardError):
                self._say(FrameKind.RELEASE, b"")
                self._receive(FrameKind.RELEASED, _RELEASE_SECONDS, when_late=CardFault.UNRESPONSIVE)
        self._end(seconds=0 if is_hanging else _END_SECONDS)

    def transmit(self, command: bytes, seconds: float) -> bytes:
        """One command; a `Transmit` of the channel."""
        self._say(FrameKind.COMMAND, command)
        return self._receive(FrameKind.REPLY, seconds, when_late=CardFault.UNRESPONSIVE)

    def _say(self, kind: FrameKind, body: bytes) -> None:
        try:
            write_frame(self._to_worker, kind, body)
        except FramesEnded:
            raise CardError(CardFault.CARD_LOST) from None

    def _receive(self, expected_kind: FrameKind, seconds: float, *, when_late: CardFault) -> bytes:
        try:
            return self._answer(expected_kind, seconds, when_late=when_late)
        except FramesEnded:
            raise CardError(CardFault.SERVICE_DOWN, "the reading process ended") from None

    def _answer(self, expected_kind: FrameKind, seconds: float, *, when_late: CardFault) -> bytes:
        try:
            kind, body = self._inbox.get(seconds=seconds)
        except FrameTimeout:
            raise CardError(when_late) from None
        if kind is FrameKind.FAULT:
            raise CardError(CardFault(body.decode("ascii")))
        if kind is not expected_kind:
            raise CardError(CardFault.SERVICE_DOWN, "the reading process answered out of turn")
        return body

    def _end(self, *, seconds: float) -> None:
        # the thread that reads is through before its descriptor is given back: the number may be another file's next
        end_worker(self._worker, seconds=seconds, before_closing=self._inbox.join)
