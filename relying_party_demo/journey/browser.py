"""A browser without a screen: keeps cookies per host, follows redirects, reads pages by element id, fills in forms.

Sends `Origin` and `Sec-Fetch-*` as browsers do (Fetch §3.1, W3C Fetch Metadata), so that pages that look at them see
a person's browser and nothing weaker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2
from lxml import html

from relying_party_demo.local_names import LoopbackTransport

MAX_REDIRECTS = 15
TIMEOUT_SECONDS = 30


class JourneyFault(Exception):
    """Something on the way is not as it has to be. The text is plain and free of personal data."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows: where it is, and the parsed document."""

    url: httpx2.URL
    status: int
    content: bytes
    tree: html.HtmlElement | None

    def find(self, element_id: str) -> html.HtmlElement | None:
        """The element with this id, or None."""
        if self.tree is None:
            return None
        found = self.tree.xpath("//*[@id=$wanted]", wanted=element_id)
        return found[0] if found else None

    def element(self, element_id: str) -> html.HtmlElement:
        """The element with this id; JourneyFault, with the page's own error code, when it is not there."""
        found = self.find(element_id)
        if found is None:
            code = self.find("error_code")
            told = f", error code {_text(code)}" if code is not None else ""
            raise JourneyFault(f"no #{element_id} on {self.url.host}{self.url.path} (HTTP {self.status}{told})")
        return found

    def text(self, element_id: str) -> str:
        """The words inside the element with this id."""
        return _text(self.element(element_id))

    def rows(self, attribute: str) -> dict[str, str]:
        """The words of every element carrying this data attribute, by the attribute's value."""
        if self.tree is None:
            return {}
        return {row.get(attribute): _text(row) for row in self.tree.xpath(f"//*[@{attribute}]")}

    def links(self, attribute: str) -> list[str]:
        """The first link inside every element carrying this data attribute."""
        return [] if self.tree is None else self.tree.xpath(f"//*[@{attribute}]/descendant-or-self::a[1]/@href")

    @property
    def words(self) -> str:
        """Everything written on the page."""
        return "" if self.tree is None else _text(self.tree)


class Browser:
    """One person's browser."""

    def __init__(self, *, language: str = "th") -> None:
        self._client = httpx2.Client(
            transport=LoopbackTransport(),
            headers={"Accept-Language": language, "User-Agent": "tuaton-journey"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        self.reads: set[str] = set()
        """Addresses of a program on this machine: who is sent there is not fetched anything, but reads where it was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the window."""
        self._client.close()

    def open(self, url: str) -> Page:
        """Type an address."""
        return self._navigate("GET", httpx2.URL(url), initiator=None)

    def follow(self, page: Page, element_id: str) -> Page:
        """Press a link."""
        href = page.element(element_id).get("href")
        if not href:
            raise JourneyFault(f"#{element_id} on {page.url.path} is no link")
        return self.go(page, href)

    def go(self, page: Page, href: str) -> Page:
        """Follow an address found on a page."""
        return self._navigate("GET", page.url.join(href), initiator=page.url)

    def submit(self, page: Page, element_id: str, fields: Mapping[str, str] | None = None) -> Page:
        """Fill in `fields` and send a form, named by its own id or by the button pressed."""
        element = page.element(element_id)
        form = element if element.tag == "form" else next(element.iterancestors("form"), None)
        if form is None:
            raise JourneyFault(f"#{element_id} on {page.url.path} belongs to no form")
        values = dict(form.form_values())
        for name, value in (fields or {}).items():
            if name not in form.fields:
                raise JourneyFault(f"the form of #{element_id} on {page.url.path} has no field {name}")
            values[name] = value
        if element is not form and element.get("name"):
            values[element.get("name")] = element.get("value", "")
        target = page.url.join(form.get("action") or str(page.url))
        if form.method == "GET":
            return self._navigate("GET", target.copy_merge_params(values), initiator=page.url)
        return self._navigate("POST", target, initiator=page.url, form=values)

    def send_json(self, page: Page, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a page's own script sends with `fetch`; {} for an answer without content.

        JourneyFault when the answer is no JSON success.
        """
        response = self._fetch(page, path, body)
        if not response.is_success:
            url = response.request.url
            raise JourneyFault(f"POST {url.host}{url.path} answered HTTP {response.status_code}: {_code(response)}")
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def refused_json(self, page: Page, path: str, body: Mapping[str, Any]) -> str:
        """The code with which what a page's script sends is refused; JourneyFault when it is not."""
        response = self._fetch(page, path, body)
        if response.is_success:
            raise JourneyFault(f"POST {page.url.host}{path} was not refused")
        return _code(response)

    def _fetch(self, page: Page, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        url = page.url.join(path)
        headers = {
            "Accept": "application/json",
            "Origin": _origin(page.url),
            "Sec-Fetch-Site": _site(page.url, url),
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
        }
        return self._client.post(url, json=dict(body), headers=headers)

    def _navigate(
        self, method: str, url: httpx2.URL, *, initiator: httpx2.URL | None, form: Mapping[str, str] | None = None
    ) -> Page:
        site = "none" if initiator is None else _site(initiator, url)
        for _ in range(MAX_REDIRECTS):
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            if method == "POST" and initiator is not None:
                headers["Origin"] = _origin(initiator)
            response = self._client.request(method, url, data=form, headers=headers)
            if not response.has_redirect_location:
                return _page_of(url, response)
            target = url.join(response.headers["Location"])
            if str(target.copy_with(query=None)) in self.reads:
                return Page(url=target, status=response.status_code, content=b"", tree=None)
            # a chain of redirects that once crossed sites stays "cross-site" (Fetch Metadata §2.1)
            site = site if site == "none" else max(site, _site(url, target), key=_SITES.index)
            url = target
            if response.status_code in {301, 302, 303}:
                method, form = "GET", None
        raise JourneyFault(f"more than {MAX_REDIRECTS} redirects, the last to {url.host}{url.path}")


_SITES = ("same-origin", "same-site", "cross-site")


def _site(initiator: httpx2.URL, target: httpx2.URL) -> str:
    if _origin(initiator) == _origin(target):
        return "same-origin"
    return "same-site" if _registrable(initiator) == _registrable(target) else "cross-site"


def _registrable(url: httpx2.URL) -> tuple[str, str]:
    # `localhost` is a public suffix of its own to browsers: id.localhost and jobs.localhost are two sites
    return url.scheme, ".".join(url.host.split(".")[-2:])


def _origin(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _page_of(url: httpx2.URL, response: httpx2.Response) -> Page:
    is_html = response.headers.get("Content-Type", "").startswith("text/html") and response.content
    tree = html.document_fromstring(response.content, html.HTMLParser(encoding="utf-8")) if is_html else None
    return Page(url=url, status=response.status_code, content=response.content, tree=tree)


def _code(response: httpx2.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return "no JSON"
    return str(body.get("code") or body.get("error") or "no code") if isinstance(body, dict) else "no code"


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())
