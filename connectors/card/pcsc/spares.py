"""Worker processes that are ready before anybody needs them: starting one takes longer than a whole read.

One worker, one read: it is never used again, so that nothing of one card is there when the next comes. While a person
takes the card out the next worker starts; a reader nobody has a spare for gets a fresh one, only slower.
"""

import subprocess
import threading
from typing import Final

from connectors.card.pcsc.service import PcscService, end_worker

_MOST_SPARES: Final = 4
"""More readers than that no counter has."""


class SpareWorkers:
    """One spare worker for each reader; safe to use from several threads."""

    def __init__(self, service: PcscService) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._spares: dict[str, subprocess.Popen[bytes]] = {}
        self._is_stopped = False

    def prepare(self, reader: str) -> None:
        """See to it that this reader has a spare; nothing happens when it has one."""
        with self._lock:
            if not self._is_stopped and reader not in self._spares and len(self._spares) < _MOST_SPARES:
                self._spares[reader] = self._service.start_worker("read")

    def take(self, reader: str) -> subprocess.Popen[bytes]:
        """The reader's spare if it still runs, else a fresh worker; the taker ends it."""
        with self._lock:
            spare = self._spares.pop(reader, None)
        if spare is not None and spare.poll() is None:
            return spare
        if spare is not None:
            end_worker(spare, seconds=0)
        return self._service.start_worker("read")

    def prepare_soon(self, reader: str) -> None:
        """As `prepare`, without waiting for it: whoever has just read a card has better things to do."""
        threading.Thread(target=self.prepare, args=(reader,), name="spare-worker", daemon=True).start()

    def stop(self) -> None:
        """End every spare; what is taken afterwards is fresh."""
        with self._lock:
            self._is_stopped = True
            workers = list(self._spares.values())
            self._spares.clear()
        for worker in workers:
            end_worker(worker, seconds=0)
