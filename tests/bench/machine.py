"""What the kernel says about processes: their CPU time and memory. Linux alone."""

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1


def cpu_seconds(root: int) -> float:
    """What a process and its descendants have used, ended children included."""
    ticks: dict[int, int] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            ticks[int(folder.name)] = sum(int(field) for field in fields[11:15])  # utime stime cutime cstime
            children[int(fields[1])].append(int(folder.name))
    return sum(ticks.get(pid, 0) for pid in _tree(root, children)) / TICKS_A_SECOND


def resident_megabytes(wanted: str) -> list[float]:
    """The memory of every process whose command line holds `wanted`."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            lines = (folder / "status").read_text().splitlines()
            if wanted in command and "python" in command.partition(" ")[0]:
                found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
    return found


def pin(pid: int, core: int) -> bool:
    """Keep a process on one core; False where there are not two to choose from."""
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0) | os.sched_getaffinity(pid):
        return False
    os.sched_setaffinity(pid, {core})
    return True


def _tree(root: int, children: dict[int, list[int]]) -> list[int]:
    found = [root]
    for pid in found:
        found += children[pid]
    return found
