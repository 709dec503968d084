"""An issuer of the bench profile as a process of its own, seeded beforehand."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
IDP = (sys.executable, "-m", "idp.cli")


@dataclass(frozen=True)
class Deployment:
    """Where an issuer keeps its things and where it answers. An empty `database_url` is a SQLite file at home."""

    folder: Path
    port: int
    database_url: str = ""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_file(self) -> Path:
        return self.folder / "client.json"

    @property
    def cookies_file(self) -> Path:
        return self.folder / "cookies.json"

    @property
    def environment(self) -> dict[str, str]:
        database = {"IDP_DATABASE_URL": self.database_url} if self.database_url else {}
        return {**os.environ, "IDP_HOME": str(self.folder / "home"), **database}

    @property
    def serve_mark(self) -> str:
        """By which its processes are known."""
        return f"serve --profile bench --issuer {self.issuer}"

    @property
    def serve_arguments(self) -> tuple[str, ...]:
        return ("serve", "--profile", "bench", "--issuer", self.issuer)

    @property
    def seed_arguments(self) -> tuple[str, ...]:
        return ("bench-seed", "--out", str(self.folder))

    def seed(self) -> subprocess.CompletedProcess[str]:
        return run([*IDP, *self.seed_arguments], self.environment)

    def client(self) -> dict[str, Any]:
        return dict(json.loads(self.client_file.read_text("utf-8")))

    def cookie_headers(self) -> list[str]:
        """One for each person who is signed in."""
        sessions = json.loads(self.cookies_file.read_text("utf-8"))
        return ["; ".join(f"{cookie['name']}={cookie['value']}" for cookie in session) for session in sessions]


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )


@contextmanager
def serving(deployment: Deployment) -> Iterator[int]:
    """Run a seeded issuer until the block ends; gives its process id."""
    with (deployment.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*IDP, *deployment.serve_arguments], cwd=ROOT, env=deployment.environment, stdout=log, stderr=log
        )
    try:
        _wait_for(deployment, process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(deployment: Deployment, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{deployment.issuer}/.well-known/openid-configuration", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    log = (deployment.folder / "log").read_text("utf-8")
    raise RuntimeError(f"the issuer did not start:\n{log[-4000:]}")
