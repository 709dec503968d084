"""What the suite's headless browser makes of the `browser` members of a plan file, without JavaScript."""

import re
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urljoin

import httpx2

from tests.conformance.browser import Form, Page
from tests.conformance.server import ISSUER, Server


@dataclass
class SuiteBrowser:
    """Follows a plan's tasks page by page. `done` are the tasks that found their page, `pictures` the elements seen."""

    server: Server
    entries: list[dict[str, Any]]
    done: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    visits: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = self.server.http(headers={"accept": "text/html"})
        self.address = ""
        self._page: Page | None = None
        self._typed: dict[str, str] = {}

    def visit(self, address: str) -> str:
        """Open an address, run the tasks of the first entry that is for it; gives where the browser ends."""
        tasks = self._tasks_for(address)
        self._go("GET", address)
        for task in tasks:
            if not self._is_at(task["match"]):
                assert task["optional"], task
                continue
            self.done.append(task["task"])
            for command in task["commands"]:
                self._obey(command)
        return self.address

    def _tasks_for(self, address: str) -> list[dict[str, Any]]:
        for number, entry in enumerate(self.entries):
            if fnmatchcase(address, entry["match"]) and self.visits[number] < entry.get("match-limit", 1000):
                self.visits[number] += 1
                return list(entry["tasks"])
        raise AssertionError(f"no entry is for {address}")

    def _is_at(self, match: str) -> bool:
        return fnmatchcase(self.address, match)

    def _obey(self, command: list[Any]) -> None:
        match command:
            case ["wait", "id", element_id, *_] if self._page is None:
                assert element_id == "submission_complete"  # the suite's own page
            case ["wait", "id", element_id, _, pattern, "update-image-placeholder-optional"]:
                assert self._page is not None
                if element_id in self._page.ids and re.search(pattern, self._page.response.text):
                    self.pictures.append(element_id)
            case ["text", "id", element_id, text]:
                assert self._page is not None
                self._typed[self._page.controls[element_id].name] = text
            case ["click", "id", element_id, "optional"]:
                if self._page is not None and element_id in self._page.controls:
                    self._click(self._page, element_id)
            case ["click", "id", element_id]:
                assert self._page is not None
                self._click(self._page, element_id)
            case _:
                raise AssertionError(f"an unknown command: {command}")

    def _click(self, page: Page, element_id: str) -> None:
        control = page.controls[element_id]
        if control.form is None:
            self._go("GET", control.value)
            return
        pressed = {control.name: control.value} if control.name else {}
        self._submit(control.form, pressed)

    def _submit(self, form: Form, pressed: dict[str, str]) -> None:
        fields, self._typed = {**form.fields, **self._typed, **pressed}, {}
        self._go("POST", form.action, fields)

    def _go(self, method: str, address: str, form: dict[str, str] | None = None) -> None:
        headers = {} if form is None else {"origin": ISSUER, "sec-fetch-site": "same-origin"}
        self.address, self._page = address, None
        while self.address.startswith(f"{ISSUER}/"):
            response: httpx2.Response = self._http.request(method, self.address, data=form, headers=headers)
            if not response.is_redirect:
                self._page = Page(response)
                return
            self.address = urljoin(self.address, response.headers["location"])
            method, form, headers = "GET", None, {}
