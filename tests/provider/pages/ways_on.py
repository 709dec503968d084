"""What somebody can do on a page, tried out: links are followed, and the service that asked is recognised."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2

SERVICE = "http://127.0.0.1:"
"""Where the demonstration's services stand for tests: the simulators take their places."""

MOST_STEPS = 6


@dataclass
class PageForm:
    """A form as it stands on a page, with what its fields hold already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class PageParts(HTMLParser):
    """The links and forms in the page itself, and the texts of its ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[PageForm] = []
        self.ids: dict[str, str] = {}
        self._is_main = False
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._is_main = True
        if self._is_main and tag == "a" and not of.get("href", "#").startswith("#"):
            self.links.append(of["href"])
        if tag == "form":
            self.forms.append(PageForm(of.get("action", "")))
        if tag == "input" and self.forms and of.get("type") == "hidden":
            self.forms[-1].fields[of["name"]] = of.get("value", "")
        self._open = of.get("id", "")
        if self._open:
            self.ids[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.ids[self._open] += data.strip()


@dataclass(frozen=True)
class Arrived:
    """Where a way ended: a page of ours, or the service that asked."""

    address: str
    status: int
    html: str = ""

    @property
    def is_service(self) -> bool:
        return self.address.startswith(SERVICE)


async def arrive(http: httpx2.AsyncClient, answer: httpx2.Response) -> Arrived:
    """Follow redirects as a browser does, up to a page or to the service's door."""
    for _ in range(MOST_STEPS):
        if not answer.is_redirect:
            return Arrived(str(answer.url), answer.status_code, answer.text)
        address = urljoin(str(answer.url), answer.headers["location"])
        if urlsplit(address).netloc != http.base_url.netloc.decode():
            return Arrived(address, answer.status_code)
        answer = await http.get(address)
    raise AssertionError(f"redirects without end: {answer.url}")


async def expect_ways_on(http: httpx2.AsyncClient, page: Arrived, *, back_to_service: bool) -> None:
    """A way is there, each link works, and where a service asked one of them leads back to it."""
    if page.is_service:
        return
    assert page.status < 500 or page.status == 503, page.address
    parts = PageParts(page.html)
    if page.status >= 400:
        assert any(text for name, text in parts.ids.items() if name.endswith("error_code")), page.address
        assert "home" in parts.ids or parts.forms, page.address
    reached = [await arrive(http, await http.get(link)) for link in dict.fromkeys(parts.links) if is_ours(http, link)]
    for one in reached:
        # a page that is over as well says so with a code; it is never one that is not there, or broken
        assert one.is_service or one.status in (200, 400, 403, 409), f"{page.address} to {one.address}: {one.status}"
    assert parts.forms or any(one.is_service or one.status == 200 for one in reached), f"no way on: {page.address}"
    if back_to_service:
        goes_on = page.status == 200 and bool(parts.forms)
        assert goes_on or any(one.is_service for one in reached), f"no way back from {page.address}"


def is_ours(http: httpx2.AsyncClient, link: str) -> bool:
    parts = urlsplit(link)
    return parts.scheme in ("", "http", "https") and parts.netloc in ("", http.base_url.netloc.decode())
