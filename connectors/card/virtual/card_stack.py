"""Starting readers for emulated cards: the real PC/SC stack where it can be had, else readers in memory."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Protocol, Self

from connectors.card.pcsc.reader import PcscReader
from connectors.card.pcsc.service import PcscService
from connectors.card.pcsc.spares import SpareWorkers
from connectors.card.pcsc.watching import PcscWatcher
from connectors.card.virtual.desk import SLOT_NAMES, Desk
from connectors.card.virtual.desk_server import DeskServer
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.personas import persona_card
from connectors.card.virtual.reader_host import SOCKET_NAME
from connectors.contracts.card import SlotReader
from connectors.contracts.card_wire import SlotName, StackName

StackChoice = Literal["auto", "pcsc", "memory"]

_READY_SECONDS: Final = 8.0
_END_SECONDS: Final = 3.0
_NAMESPACES: Final = ("--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL")
_NEEDED: Final = (
    ("/usr/sbin/pcscd", "pcscd is not installed"),
    ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "the virtual reader driver (vsmartcard-vpcd) is not installed"),
    ("/usr/bin/unshare", "unshare is not installed"),
)


class StackUnavailable(RuntimeError):
    """The PC/SC stack cannot be started here; the message says why in one plain sentence."""


class _Stoppable(Protocol):
    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CardStack:
    """Readers for both slots, the desk on its socket, and a way to end them.

    `reason` says why it is not PC/SC; `pcsc_socket` is where the private PC/SC service listens, None in memory.
    """

    name: StackName
    reason: str | None
    readers: Mapping[SlotName, SlotReader]
    desk_socket: Path
    pcsc_socket: Path | None
    _host: _Stoppable

    def stop(self) -> None:
        """End everything that was started."""
        self._host.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def start_card_stack(*, desk_socket: Path, choice: StackChoice = "auto") -> CardStack:
    """Start readers with a desk at `desk_socket`; never takes longer than ten seconds.

    `auto` takes PC/SC where it starts and memory otherwise; `pcsc` raises StackUnavailable instead.
    """
    if choice == "memory":
        return _start_in_memory(desk_socket, reason="asked for")
    try:
        return _start_pcsc(desk_socket)
    except StackUnavailable as reason:
        if choice == "pcsc":
            raise
        return _start_in_memory(desk_socket, reason=str(reason))


class _MemoryHost:
    def __init__(self, server: DeskServer) -> None:
        self._server = server

    def stop(self) -> None:
        self._server.close()


def _start_in_memory(desk_socket: Path, *, reason: str) -> CardStack:
    readers = {name: MemoryReader(f"Virtual slot {name}") for name in SLOT_NAMES}
    server = DeskServer(desk_socket, Desk(readers, card_of=persona_card, stack="memory", reason=reason))
    return CardStack("memory", reason, readers, desk_socket, None, _MemoryHost(server))


class _PcscHost:
    """The reader host process, its run directory, and the watcher of its readers."""

    def __init__(self, process: subprocess.Popen[bytes], run_directory: Path) -> None:
        self._process = process
        self._run_directory = run_directory
        self.service = PcscService(run_directory / SOCKET_NAME)
        self.watcher = PcscWatcher(self.service)
        self.spares = SpareWorkers(self.service)

    def stop(self) -> None:
        self.spares.stop()
        if self.watcher.is_running():
            self.watcher.stop()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._run_directory, ignore_errors=True)


def _start_pcsc(desk_socket: Path) -> CardStack:
    _check_needs()
    run_directory = Path(tempfile.mkdtemp(prefix="tuaton-pcscd-"))
    process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
        ["/usr/bin/unshare", *_NAMESPACES, "--", sys.executable, "-m", "connectors.card.virtual.reader_host",
         str(run_directory), str(desk_socket)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )  # fmt: skip
    host = _PcscHost(process, run_directory)
    try:
        ends_at = time.monotonic() + _READY_SECONDS
        _wait_until_ready(process)
        host.watcher.start(wait_seconds=ends_at - time.monotonic())
        names = list(host.watcher.state().readers)
        if len(names) < len(SLOT_NAMES):
            raise StackUnavailable("the virtual readers did not appear (is pyscard installed?)")
    except BaseException:
        host.stop()
        raise
    readers: dict[SlotName, SlotReader] = {
        slot: PcscReader(name, service=host.service, watcher=host.watcher, allows_virtual=True, spares=host.spares)
        for slot, name in zip(SLOT_NAMES, names, strict=False)
    }
    for reader in readers.values():
        host.spares.prepare(reader.name)
    return CardStack("pcsc", None, readers, desk_socket, host.service.socket, host)


def _check_needs() -> None:
    for path, complaint in _NEEDED:
        if not Path(path).exists():
            raise StackUnavailable(complaint)
    # without a network of its own the driver would take cards from anyone on this machine's networks
    if os.geteuid() != 0:
        raise StackUnavailable("a private network for the virtual reader needs root")


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _READY_SECONDS)
    if not readable:
        raise StackUnavailable("the PC/SC daemon did not come up in time")
    if not process.stdout.readline():
        raise StackUnavailable("this system does not allow namespaces, or the PC/SC daemon failed")
