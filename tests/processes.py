"""Which processes this one has started: read from /proc, where any of them may end between two reads (proc(5))."""

import os
from pathlib import Path


def children(command: bytes = b"", *, of: int | None = None) -> set[int]:
    """Running children of this process, or of another one's first thread, whose command line has these bytes in it."""
    parent = os.getpid() if of is None else of
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(child) for child in told if command in (line := _command_line(int(child))) and line}


def is_running(process: int) -> bool:
    """Whether there is such a process that has not ended; one that nobody has collected has."""
    return _command_line(process) != b""


def _command_line(process: int) -> bytes:
    """Empty for a process that has ended, collected or not, as for one of the kernel's."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
