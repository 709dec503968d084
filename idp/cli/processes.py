"""Child processes of the demonstration: started in order, waited for until they answer, ended by pid."""

import errno
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

READY_SECONDS = 45.0
END_SECONDS = 8.0
LAST_LINES = 12


class PortInUse(RuntimeError):
    """The demonstration cannot listen where it wants to; `cure` is a plain sentence."""

    def __init__(self, port: int, *, is_taken: bool) -> None:
        super().__init__(f"port {port} is in use." if is_taken else f"port {port} may not be used.")
        self.cure = "end the program that uses it, or choose others" if is_taken else "choose ports above 1023"


class ChildFailed(RuntimeError):
    """A child ended, or did not answer in time; `log` says what it printed."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(f"{name} did not come up")
        self.name = name
        self.log = log

    @property
    def last_lines(self) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:])


@dataclass(frozen=True, slots=True)
class Child:
    """One program: its command, its own environment variables, and the port that tells when it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int | None


def check_ports(ports: Sequence[int]) -> None:
    """Raise PortInUse for the first port of the loopback address that is taken."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PortInUse(port, is_taken=error.errno == errno.EADDRINUSE) from error


class Processes:
    """The running children; leaving the block ends them, last started first."""

    def __init__(self, *, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        ends_at = time.monotonic() + END_SECONDS
        for _, process in reversed(self._running):
            try:
                process.wait(timeout=max(0.1, ends_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def start(self, child: Child) -> None:
        """Start a child and wait until its port answers. Raises ChildFailed."""
        log = self.log_of(child.name)
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own modules under our own interpreter
                child.command,
                env={**os.environ, **child.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append((child.name, process))
        ends_at = time.monotonic() + READY_SECONDS
        while child.port is not None and not _answers(child.port):
            if process.poll() is not None or time.monotonic() > ends_at:
                raise ChildFailed(child.name, log)
            time.sleep(0.05)

    def log_of(self, name: str) -> Path:
        """What this child prints."""
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Raise ChildFailed when a child has ended on its own."""
        for name, process in self._running:
            if process.poll() is not None:
                raise ChildFailed(name, self.log_of(name))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
