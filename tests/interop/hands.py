"""What a program may ask of a person at the conformance issuer: go somewhere, enter a code, answer a question."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.server import ISSUER
from tests.interop.stage import Acts


class Hands:
    """A person with a browser, who signs in by PIN."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @property
    def acts(self) -> Acts:
        """What a program may ask for, by name."""
        return {"visit": self.visit, "enter_code": self.enter_code, "answer_request": self.answer_request}

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
