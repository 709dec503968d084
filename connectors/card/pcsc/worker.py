"""The worker process: holds one card for one read, or watches the readers. Started by `spares` and `watching` only.

`python -m connectors.card.pcsc.worker read` and `… watch`. The first waits, everything loaded, until it is told which
reader to open. It ends when its standard input ends, so that it never outlives whoever started it; whoever started it
may end it at any moment.
"""

import importlib
import json
import os
import sys
import threading
from contextlib import suppress
from typing import Any, Final, NoReturn

from connectors.card.pcsc.faults import fault_before_reading, fault_while_reading
from connectors.card.pcsc.frames import FrameKind, FramesEnded, read_frame, write_frame
from connectors.contracts.errors import CardError, CardFault

_STDIN, _STDOUT = 0, 1
_NEW_READER: Final = "\\\\?PnP?\\Notification"
_WATCH_MILLISECONDS: Final = 400


def main(arguments: list[str]) -> int:
    """Do the work named by the arguments; the exit code says nothing, the frames or lines do."""
    match arguments:
        case ["read"]:
            with suppress(FramesEnded):  # whoever started this read has given it up
                _read()
        case ["watch"]:
            with suppress(BrokenPipeError):  # nobody listens any more
                _watch()
        case _:
            return 2
    return 0


def _read() -> None:
    try:
        scard = _scard()
        _, reader = read_frame(_STDIN)
        _hold_card(scard, reader.decode("utf-8"))
        write_frame(_STDOUT, FrameKind.RELEASED, b"")
        os._exit(0)  # whoever started this waits for the end: the interpreter's own takes as long as the read
    except CardError as error:
        write_frame(_STDOUT, FrameKind.FAULT, error.fault.value.encode("ascii"))


def _watch() -> None:
    try:
        _tell_changes(_scard())
    except CardError as error:
        _say({"fault": error.fault.value})


def _scard() -> Any:
    """The low-level interface of pyscard, which is installed only where cards are read."""
    try:
        return importlib.import_module("smartcard.scard")
    except ImportError:
        raise CardError(CardFault.SERVICE_DOWN, "pyscard is not installed") from None


def _context(scard: Any) -> Any:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise CardError(fault_before_reading(code))
    return context


def _hold_card(scard: Any, reader: str) -> None:
    """Connect, lock the card for ourselves, pass commands on until told to stop, reset the card."""
    context = _context(scard)
    code, card, protocol = scard.SCardConnect(
        context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    )
    if code != scard.SCARD_S_SUCCESS:
        raise CardError(fault_before_reading(code))
    try:
        # without the transaction other programs reset the card between our commands (facts/smart-card, section 2)
        code = scard.SCardBeginTransaction(card)
        if code != scard.SCARD_S_SUCCESS:
            raise CardError(fault_before_reading(code))
        _pass_commands(scard, card, protocol)
    finally:
        scard.SCardEndTransaction(card, scard.SCARD_RESET_CARD)
        scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)
        scard.SCardReleaseContext(context)


def _pass_commands(scard: Any, card: Any, protocol: int) -> None:
    code, _, _, _, atr = scard.SCardStatus(card)
    if code != scard.SCARD_S_SUCCESS:
        raise CardError(fault_while_reading(code))
    control_information = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
    write_frame(_STDOUT, FrameKind.HOLDING, bytes(atr))
    while True:
        kind, command = read_frame(_STDIN)
        if kind is FrameKind.RELEASE:
            return
        code, reply = scard.SCardTransmit(card, control_information, list(command))
        # a card pulled mid-read can report success without a status word
        if code != scard.SCARD_S_SUCCESS or len(reply) < 2:
            raise CardError(fault_while_reading(code))
        write_frame(_STDOUT, FrameKind.REPLY, bytes(reply))


def _tell_changes(scard: Any) -> NoReturn:
    """Say which readers there are and whether each holds a card, at once and whenever it changes."""
    context = _context(scard)
    said: dict[str, Any] | None = None
    states: dict[str, int] = {}
    threading.Thread(target=_end_with_input, name="input", daemon=True).start()
    while True:
        names = _reader_names(scard, context)
        known = [(name, states.get(name, scard.SCARD_STATE_UNAWARE)) for name in names]
        code, changed = scard.SCardGetStatusChange(
            context, _WATCH_MILLISECONDS, [*known, (_NEW_READER, scard.SCARD_STATE_UNAWARE)]
        )
        if code not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
            raise CardError(fault_before_reading(code))
        seen = {name: state & ~scard.SCARD_STATE_CHANGED for name, state, _ in changed if name != _NEW_READER}
        states = {name: seen.get(name, scard.SCARD_STATE_UNAWARE) for name in names}
        now = {"readers": {name: _slot(scard, state) for name, state in states.items()}}
        if now != said:
            _say(now)
            said = now


def _end_with_input() -> None:
    """Wait until whoever started this process has gone, and go as well."""
    while os.read(_STDIN, 1024):
        pass
    os._exit(0)


def _reader_names(scard: Any, context: Any) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if code != scard.SCARD_S_SUCCESS:
        raise CardError(fault_before_reading(code))
    return list(names)


def _slot(scard: Any, state: int) -> dict[str, Any]:
    # the upper half counts insertions and removals: a swap between two looks still shows
    return {"present": bool(state & scard.SCARD_STATE_PRESENT), "changes": state >> 16}


def _say(fact: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
