"""A PostgreSQL cluster of the tests' own: made in a temporary folder, reached by Unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTUP_SECONDS = "30"


@dataclass(frozen=True)
class Cluster:
    """A running server; `folder` holds its socket."""

    binaries: Path
    folder: Path

    def create_database(self, name: str, *, like: str = "template1") -> str:
        """Make an empty database, or a copy of the one called `like`, and give its URL."""
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{like}" STRATEGY FILE_COPY')
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    def run_script(self, name: str, script: str) -> None:
        """Run these statements in a database."""
        psql = [*self._psql(name), "-v", "ON_ERROR_STOP=1"]
        subprocess.run(psql, input=script, text=True, check=True, capture_output=True, timeout=60)

    def drop_database(self, name: str) -> None:
        self._sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def dump(self, name: str) -> bytes:
        """Everything in a database, as `pg_dump` writes it."""
        command = [str(self.binaries / "pg_dump"), "-h", str(self.folder), "-U", "postgres", name]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout

    def checkpoint(self) -> None:
        """Have every page written to its file."""
        self._sql("CHECKPOINT")

    def _sql(self, statement: str) -> None:
        subprocess.run([*self._psql("postgres"), "-c", statement], check=True, capture_output=True, timeout=60)

    def _psql(self, database: str) -> list[str]:
        return [str(self.binaries / "psql"), "-qX", "-h", str(self.folder), "-U", "postgres", "-d", database]

    @classmethod
    @contextmanager
    def started(cls, binaries: Path, *, durable: bool = False) -> Iterator["Cluster"]:
        """Run a server for as long as the block lasts. PostgreSQL refuses root: then it runs as `postgres`.

        Nothing here outlives a power cut, so that only what is measured has to be `durable` at the price of that.
        """
        folder = Path(tempfile.mkdtemp(prefix="tuaton-pg-"))
        data = folder / "data"
        demote: list[str] = []
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
            demote = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        control = [*demote, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", STARTUP_SECONDS]
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200"
        if not durable:
            options += " -c fsync=off -c full_page_writes=off"
        try:
            initdb = [*demote, str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
            subprocess.run(initdb, check=True, capture_output=True, timeout=60, cwd="/")
            start = [*control, "-l", str(folder / "log"), "-o", options, "start"]
            subprocess.run(start, check=True, capture_output=True, timeout=60, cwd="/")
            yield cls(binaries, folder)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, timeout=60, cwd="/")
            shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The newest PostgreSQL server binaries of this machine."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).resolve().parent
