"""Which readers there are and which hold a card, kept current over restarts of the PC/SC service.

pyscard's own monitor thread dies silently when the service restarts; this watcher is a process that says what it sees
and a thread that starts it again (facts/smart-card, section 2).
"""

import json
import subprocess
import threading
from dataclasses import dataclass, field
from typing import Final

from connectors.card.pcsc.service import PcscService, end_worker
from connectors.contracts.errors import CardError, CardFault

_RESTART_SECONDS: Final = 1.0
_END_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class SlotState:
    """One reader: a card in it, and how often one was put in or taken out since the service knows the reader."""

    is_present: bool
    changes: int


@dataclass(frozen=True, slots=True)
class ReadersState:
    """All readers in the service's order, or why nothing is known."""

    readers: dict[str, SlotState] = field(default_factory=dict)
    fault: CardFault | None = None


class PcscWatcher:
    """Start it, ask `state()` as often as wanted, stop it."""

    def __init__(self, service: PcscService) -> None:
        self._service = service
        self._state = ReadersState(fault=CardFault.SERVICE_DOWN)
        self._first_news = threading.Event()
        self._stopping = threading.Event()
        self._process_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="card-watcher", daemon=True)

    def start(self, *, wait_seconds: float) -> None:
        """Begin, and wait for the first news; when none comes in time the state stays SERVICE_DOWN."""
        self._thread.start()
        self._first_news.wait(wait_seconds)

    def state(self) -> ReadersState:
        """The latest news; at most half a second old while the service answers."""
        return self._state

    def is_running(self) -> bool:
        """True between start and stop."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the process and the thread."""
        self._stopping.set()
        with self._process_lock:
            if self._process is not None:
                self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._process_lock:
                if self._stopping.is_set():
                    return
                process = self._process = self._service.start_worker("watch")
            assert process.stdout is not None
            for line in process.stdout:
                self._state = _parse(line)
                self._first_news.set()
            end_worker(process, seconds=_END_SECONDS)
            if self._state.fault is None:
                self._state = ReadersState(fault=CardFault.SERVICE_DOWN)
            self._first_news.set()
            self._stopping.wait(_RESTART_SECONDS)


def list_readers(service: PcscService, *, seconds: float) -> list[str]:
    """The readers' names, in the service's order.

    Raises CardError: SERVICE_DOWN, PERMISSION_DENIED, UNRESPONSIVE when the service does not answer within `seconds`.
    """
    worker = service.start_worker("watch")
    timer = threading.Timer(seconds, worker.kill)
    timer.start()
    try:
        assert worker.stdout is not None
        line = worker.stdout.readline()
    finally:
        timer.cancel()
        end_worker(worker, seconds=_END_SECONDS)
    if not line:
        raise CardError(CardFault.UNRESPONSIVE, "the PC/SC service does not answer")
    state = _parse(line)
    if state.fault is not None:
        raise CardError(state.fault)
    return list(state.readers)


def _parse(line: bytes) -> ReadersState:
    news = json.loads(line)
    if "fault" in news:
        return ReadersState(fault=CardFault(news["fault"]))
    return ReadersState({name: SlotState(slot["present"], slot["changes"]) for name, slot in news["readers"].items()})
