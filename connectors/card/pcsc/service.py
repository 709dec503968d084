"""Which PC/SC service is spoken to, and how a worker process for it is started."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WORKER_FLAG: Final = "--card-worker"
"""By this first argument the program of one file knows that it is a worker."""

_OWN_PACKAGES: Final = str(Path(__file__).resolve().parents[3])


@dataclass(frozen=True, slots=True)
class PcscService:
    """The PC/SC service of this machine, or one of our own behind another socket."""

    socket: Path | None = None

    def start_worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A worker process (`connectors.card.pcsc.worker`) with pipes on its input and output."""
        # pcsc-lite's client library takes the socket from this variable
        extra = {} if self.socket is None else {"PCSCLITE_CSOCK_NAME": str(self.socket)}
        # a person waits for every start: the worker takes our module paths as they are instead of working them out anew
        extra["PYTHONPATH"] = os.pathsep.join((_OWN_PACKAGES, *filter(None, sys.path)))
        return subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
            [*_worker_command(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | extra,
            bufsize=0,
        )


def _worker_command() -> list[str]:
    # a program of one file (PyInstaller) has no interpreter to give a module to: it is its own worker
    if getattr(sys, "frozen", False):
        return [sys.executable, WORKER_FLAG]
    return [sys.executable, "-S", "-m", "connectors.card.pcsc.worker"]


def end_worker(
    worker: subprocess.Popen[bytes], *, seconds: float, before_closing: Callable[[], None] = lambda: None
) -> None:
    """Let the worker end by itself within `seconds` (its input ends), then kill it. Never raises for a dead one.

    `before_closing` is called when it has ended, before its output is closed.
    """
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.close()
    try:
        worker.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    before_closing()
    worker.stdout.close()
