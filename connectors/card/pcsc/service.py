"""Which PC/SC service is spoken to, and how a worker process for it is started."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
        return subprocess.Popen(  # noqa: S603 - our own module under our own interpreter; the reader's name is one argument
            [sys.executable, "-S", "-m", "connectors.card.pcsc.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | extra,
            bufsize=0,
        )


def end_worker(worker: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Let the worker end by itself within `seconds` (its input ends), then kill it. Never raises for a dead one."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.close()
    try:
        worker.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    worker.stdout.close()
