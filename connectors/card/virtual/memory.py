"""A reader in this process: no driver, no daemon, the same card and the same reading code."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Literal

from connectors.card.channel import APDU_SECONDS, Channel
from connectors.card.epassport.reading import read_epassport
from connectors.card.thai_card.reading import read_thai_card
from connectors.card.virtual.playing import Failure, VirtualCard
from connectors.contracts.card import CardRead, PassportKey, PassportRead, Progress, no_progress
from connectors.contracts.errors import CardError, CardFault


class MemoryReader:
    """A slot into which emulated cards are put; a `CardReader` for whoever reads.

    Safe to use from several threads: one reads, another inserts and ejects.
    """

    def __init__(
        self, name: str, *, apdu_seconds: float = APDU_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.is_virtual = True
        self.card_stack: Literal["pcsc", "memory"] = "memory"
        self._apdu_seconds = apdu_seconds
        self._clock = clock
        self._lock = threading.Condition()
        self._card: VirtualCard | None = None
        self._insertions = 0
        self._reading = threading.Lock()

    def insert(self, card: VirtualCard) -> None:
        """Put a card in; a card that was in is taken out first."""
        with self._lock:
            card.power()
            self._card = card
            self._insertions += 1
            self._lock.notify_all()

    def eject(self) -> None:
        """Take the card out; nothing happens when there is none."""
        with self._lock:
            self._card = None
            self._lock.notify_all()

    def is_card_present(self) -> bool:
        """True while a card is in the slot."""
        return self._card is not None

    def insertion(self) -> int | None:
        """Which insertion the card in the slot is; None when empty."""
        with self._lock:
            return None if self._card is None else self._insertions

    def read(self, *, deadline_seconds: float, with_photo: bool, progress: Progress = no_progress) -> CardRead:
        """Read the whole card, all or nothing. Raises CardError."""
        with self._held_card(deadline_seconds) as (card, channel):
            content = read_thai_card(channel, with_photo=with_photo, progress=progress)
        return CardRead(
            data=content.data,
            photo=content.photo,
            atr=card.atr.hex().upper(),
            reader=self.name,
            is_virtual=True,
            card_stack="memory",
        )

    def read_passport(
        self, *, key: PassportKey, today: date, deadline_seconds: float, progress: Progress = no_progress
    ) -> PassportRead:
        """Read the whole passport, all or nothing. Raises CardError."""
        with self._held_card(deadline_seconds) as (card, channel):
            content = read_epassport(channel, key=key, today=today, random_bytes=secrets.token_bytes, progress=progress)
        return PassportRead(
            files=content.files,
            data=content.data,
            portrait=content.portrait.image,
            portrait_type=content.portrait.media_type,
            atr=card.atr.hex().upper(),
            reader=self.name,
            is_virtual=True,
            card_stack="memory",
        )

    @contextmanager
    def _held_card(self, deadline_seconds: float) -> Iterator[tuple[VirtualCard, Channel]]:
        if not self._reading.acquire(blocking=False):
            raise CardError(CardFault.READER_BUSY)
        try:
            card = self._card
            if card is None:
                raise CardError(CardFault.NO_CARD)
            channel = Channel(
                lambda command, seconds: self._transmit(card, command, seconds),
                atr=card.atr,
                deadline_seconds=deadline_seconds,
                apdu_seconds=self._apdu_seconds,
                clock=self._clock,
            )
            yield card, channel
            card.power()
        finally:
            self._reading.release()

    def _transmit(self, card: VirtualCard, command: bytes, seconds: float) -> bytes:
        reply = card.answer(command)
        if reply is Failure.EJECT:
            self.eject()
        with self._lock:
            if reply is Failure.MUTE and not self._lock.wait_for(lambda: self._card is not card, timeout=seconds):
                raise CardError(CardFault.UNRESPONSIVE)
            if self._card is not card or not isinstance(reply, bytes):
                raise CardError(CardFault.CARD_LOST)
        return reply
