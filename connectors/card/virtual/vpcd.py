"""A slot of the virtual reader driver vpcd, the card's side of it (vsmartcard; facts/smart-card, section 2).

Each message is two bytes of length, big-endian, and a body. A body of one byte is control: 0 off, 1 on, 2 reset, 4 asks
for the ATR. Connecting is putting a card in, closing is taking it out.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Final

from connectors.card.virtual.playing import Failure, VirtualCard

FIRST_PORT: Final = 35963
"""Slot 0 of the driver; slot 1 is the next port."""

_POWER_CODES: Final = (0, 1, 2)
_ASK_ATR: Final = 4
_CONNECT_SECONDS: Final = 3.0
_RETRY_SECONDS: Final = 0.05
_SWAP_SECONDS: Final = 0.5
"""No hand changes cards faster; the daemon looks every 0.4 s and would miss it."""


class VpcdSlot:
    """One slot of a vpcd on this host's loopback. Insert and eject from one thread at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def insert(self, card: VirtualCard) -> None:
        """Put a card in; a card that was in is taken out first. Raises OSError when the driver does not take it."""
        if self.is_card_present():
            self.eject()
            time.sleep(_SWAP_SECONDS)
        connection = self._connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        card.power()
        threading.Thread(target=_serve, args=(connection, card), name="virtual-card", daemon=True).start()

    def eject(self) -> None:
        """Take the card out; nothing happens when there is none."""
        if self._connection is not None:
            _close(self._connection)
            self._connection = None

    def is_card_present(self) -> bool:
        """True while a card is in: inserted and neither ejected nor pulled by its fault plan."""
        return self._connection is not None and self._connection.fileno() >= 0

    def _connect(self) -> socket.socket:
        """The driver takes a new card only after it has noticed that the old one is gone."""
        ends_at = time.monotonic() + _CONNECT_SECONDS
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self._port), timeout=_CONNECT_SECONDS)
                connection.settimeout(None)  # from here on the reader sets the pace
                return connection
            except ConnectionRefusedError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(_RETRY_SECONDS)


def _serve(connection: socket.socket, card: VirtualCard) -> None:
    with suppress(EOFError, OSError):  # both are how a card learns that it was taken out
        while True:
            message = _receive(connection, int.from_bytes(_receive(connection, 2), "big"))
            if len(message) == 1:
                _control(connection, card, message[0])
                continue
            match card.answer(message):
                case Failure.EJECT:
                    break
                case Failure.MUTE:
                    continue
                case bytes() as reply:
                    _send(connection, reply)
    _close(connection)


def _control(connection: socket.socket, card: VirtualCard, code: int) -> None:
    if code == _ASK_ATR:
        _send(connection, card.atr)
    elif code in _POWER_CODES:
        card.power()


def _receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        # vpcd writes length and body apart; a delayed acknowledgement would cost 40 ms with every command
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _send(connection: socket.socket, body: bytes) -> None:
    connection.sendall(len(body).to_bytes(2, "big") + body)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
