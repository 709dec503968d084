"""The demonstration's folders: taken by one run at a time, and empty when it starts."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = ".tuaton-demonstration"
BROUGHT_HOME = ("journey.json", "endpoints.json", "checkpoint.txt", "trust", "dopa.*", "dbd.*")
"""What a run leaves in its folder; an older run's would be taken for this one's."""


class FolderRefused(RuntimeError):
    """The folder cannot be used; `problem` and `cure` are plain sentences."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cure = cure


@contextmanager
def taken(home: Path, out: Path) -> Iterator[None]:
    """Empty both folders and keep other runs out of them while the block lasts.

    Raises FolderRefused.
    """
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with home.with_name(f".{home.name.lstrip('.')}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                problem = f"another demonstration runs in {home}."
                raise FolderRefused(problem, "end it, or choose another folder and ports: OUT=… PORT_BASE=…") from error
            _empty(home, out)
            yield
    except OSError as error:
        cure = "choose a folder that you may write to: OUT=… or IDP_HOME=…"
        raise FolderRefused(f"{error.filename or home} cannot be used ({error.strerror}).", cure) from error


def _empty(home: Path, out: Path) -> None:
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        cure = "choose another folder with OUT=… or IDP_HOME=…"
        raise FolderRefused(f"{home} holds something that is not a demonstration.", cure)
    for pattern in BROUGHT_HOME:
        for old in out.glob(pattern):
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink()
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(mode=0o700)
    (home / MARK).touch()
