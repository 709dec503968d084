"""A browser without JavaScript: follows redirects, keeps cookies, fills the forms by their element ids."""

import base64
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from tests.conformance.server import ISSUER, Server

MOST_STEPS = 12
CITIZEN, PIN = "1009900000011", "27182845"
REFUSER, REFUSERS_PIN = "1009900000020", "41421356"
"""Somebody who agrees to nothing these clients ask: what a person once agreed to is not asked again."""


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Control:
    """A field, button or link that a person can use, with the form it is in."""

    form: Form | None
    name: str
    value: str


class Page(HTMLParser):
    """What is on a page: ids of elements, forms, controls by id, texts by id, frames."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response
        self.ids: set[str] = set()
        self.forms: list[Form] = []
        self.controls: dict[str, Control] = {}
        self.texts: dict[str, str] = {}
        self.frames: list[str] = []
        self._open: str | None = None
        self.feed(response.text)

    @property
    def error_code(self) -> str | None:
        return self.texts.get("error_code")

    def form_of(self, element_id: str) -> Form:
        return next(form for form in self.forms if element_id in form.fields)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        identifier = attributes.get("id", "")
        self.ids.add(identifier)
        self._open = identifier or None
        if tag == "form":
            self.forms.append(Form(urljoin(str(self.response.request.url), attributes.get("action", ""))))
        if tag in ("input", "button") and identifier and self.forms:
            self.controls[identifier] = Control(self.forms[-1], attributes.get("name", ""), attributes.get("value", ""))
        if tag == "a" and identifier:
            self.controls[identifier] = Control(None, "", urljoin(str(self.response.request.url), attributes["href"]))
        if tag == "iframe":
            self.frames.append(attributes.get("src", ""))
        if tag in ("input", "button") and self.forms and attributes.get("name"):
            if attributes.get("type") == "submit" or tag == "button":
                return
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open] = self.texts.get(self._open, "") + data.strip()


@dataclass(frozen=True)
class Landed:
    """The browser came back to the client: where, how, with which parameters."""

    address: str
    method: str
    parameters: dict[str, str]
    repeated: bool = False

    @property
    def code(self) -> str:
        assert "code" in self.parameters, self.parameters
        return self.parameters["code"]

    @property
    def error(self) -> str | None:
        """What the client was told, in a JWT or outside; the JWT is proven where tests ask the party to open it."""
        response = self.parameters.get("response")
        if response is None:
            return self.parameters.get("error")
        payload = response.split(".")[1]
        claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims.get("error")


class Browser:
    """One person's browser. `sign_ins` counts how often a PIN was asked for, `consents` how often to decide."""

    def __init__(self, server: Server, *, decision: str = "allow", citizen: str = CITIZEN, pin: str = PIN) -> None:
        self.http = server.http(headers={"accept": "text/html", "accept-language": "en"})
        self.decision = decision
        self.citizen, self.pin = citizen, pin
        self.sign_ins = self.consents = 0
        self.seen: list[Page] = []

    def open(self, address: str, *, form: dict[str, str] | None = None) -> Landed | Page:
        """Go there, do what the pages ask for, stop at the client's address or at a page with nothing to fill."""
        response = self._send("GET" if form is None else "POST", address, form)
        for _ in range(MOST_STEPS):
            if response.is_redirect:
                target = urljoin(str(response.request.url), response.headers["location"])
                if not target.startswith(f"{ISSUER}/"):
                    return _landed(target)
                response = self._send("GET", target)
                continue
            page = Page(response)
            self.seen.append(page)
            step = self._fill(page)
            if isinstance(step, Landed):
                return step
            if step is None:
                return page
            response = step
        raise AssertionError("the pages go round in circles")

    def land(self, address: str, *, form: dict[str, str] | None = None) -> Landed:
        """As `open`, where the client must be reached."""
        end = self.open(address, form=form)
        assert isinstance(end, Landed), f"{end.response.status_code} {end.error_code} {end.response.request.url.path}"
        return end

    def fail(self, address: str, *, form: dict[str, str] | None = None) -> Page:
        """As `open`, where an error page must be reached."""
        end = self.open(address, form=form)
        assert isinstance(end, Page), end
        assert end.error_code, end.response.text
        assert end.response.status_code >= 400
        return end

    def submit(self, page: Page, element_id: str, **values: str) -> Landed | Page:
        """Press a button of the page's form that holds this field."""
        form = page.form_of(element_id)
        return self.open(form.action, form={**form.fields, **values})

    def _fill(self, page: Page) -> httpx2.Response | Landed | None:
        if "pin" in page.ids and page.error_code is None:
            self.sign_ins += 1
            form = page.form_of("pin")
            return self._send("POST", form.action, {**form.fields, "identifier": self.citizen, "pin": self.pin})
        if "allow" in page.ids and "deny" in page.ids and "flow" in {name for f in page.forms for name in f.fields}:
            self.consents += 1
            form = page.form_of("flow")
            return self._send("POST", form.action, {**form.fields, "decision": self.decision})
        outside = [form for form in page.forms if not form.action.startswith(f"{ISSUER}/")]
        if outside:
            return Landed(outside[0].action, "POST", outside[0].fields)
        return None

    def _send(self, method: str, address: str, form: dict[str, str] | None = None) -> httpx2.Response:
        headers: dict[str, Any] = {} if form is None else {"origin": ISSUER, "sec-fetch-site": "same-origin"}
        return self.http.request(method, address, data=form, headers=headers)


def _landed(target: str) -> Landed:
    parts = urlsplit(target)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(parts.fragment, keep_blank_values=True)
    return Landed(target.partition("?")[0], "GET", dict(pairs), repeated=len(pairs) != len(dict(pairs)))
