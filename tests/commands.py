"""`idp …` in a process of its own that begins at once: a copy of one in which the house has been imported.

An interpreter that imports the house needs seconds for it, and hundreds of tests ask for a command. That each command
brings along what it needs is asked where interpreters are new: in `tests/journeys`, `tests/bench` and `tests/deploy`.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[1]

# one list for all: who is copied is started once in each process of tests, for whoever asks first
_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload(["tests.imported_house", "tests.commands"])


def idp(
    *arguments: str, environment: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """One command, to its end, in this process's environment and what is added; `text` is what it reads."""
    with tempfile.TemporaryDirectory() as folder:
        given, out, err = (Path(folder, name) for name in ("in", "out", "err"))
        given.write_text(text, "utf-8")
        running = _started(arguments, environment or {}, given, out, err)
        code = running.wait(PATIENCE_SECONDS)
        return subprocess.CompletedProcess(arguments, code, out.read_text("utf-8"), err.read_text("utf-8"))


def started(*arguments: str, log: Path, environment: Mapping[str, str] | None = None) -> "Running":
    """One command that goes on; what it says stands in the log."""
    return _started(arguments, environment or {}, Path(os.devnull), log, log)


@dataclass(frozen=True, slots=True)
class Running:
    """A command as a process, with what `subprocess.Popen` would offer for it."""

    process: ForkServerProcess
    pid: int

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()

    def wait(self, seconds: float) -> int:
        """Its exit code, when it has ended. Raises TimeoutExpired, and ends it, when it does not end in time."""
        self.process.join(seconds)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            raise subprocess.TimeoutExpired("idp", seconds)
        return code


def _started(arguments: tuple[str, ...], added: Mapping[str, str], given: Path, out: Path, err: Path) -> Running:
    process = _COPIES.Process(target=_become, args=(arguments, {**os.environ, **added}, given, out, err))
    process.start()
    assert process.pid is not None
    return Running(process, process.pid)


def _become(arguments: tuple[str, ...], environment: Mapping[str, str], given: Path, out: Path, err: Path) -> None:
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate((given, out, err)):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, flags, 0o600), descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(descriptor, mode, buffering=1, encoding="utf-8", closefd=False)
        for descriptor, mode in enumerate("rww")
    )
    sys.argv = ["idp", *arguments]
    from idp.cli.__main__ import main  # here: who asks for commands has no need of them

    main()
