"""The issuer behind a real TLS-terminating proxy: people sign in, consent, refuse and sign out without JavaScript."""

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import Route, sync_playwright

from tests.conformance.browser import CITIZEN, PIN, Browser, Page
from tests.conformance.party import Party
from tests.conformance.server import ISSUER, OverTls, Server
from tests.interop.tls_front import fronting

HOST = urlsplit(ISSUER).hostname or ""
SIGN_IN = {"pin_form", "identifier", "pin", "sign_in"}
CONSENT = {"consent_form", "allow", "deny"}


@dataclass
class Fronted(Server):
    """The same issuer, reached through the proxy alone."""

    def http(self, *, certificate: str | None = None, **options: Any) -> httpx2.Client:
        transport = OverTls(self.connections, self.port)
        return httpx2.Client(transport=transport, base_url=ISSUER, timeout=30, **options)


@pytest.fixture(scope="module")
def fronted(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    with fronting(HOST, server.port, tmp_path_factory.mktemp("front"), visitors=()) as front:
        trust = ssl.create_default_context(cadata=front.certificate)
        with httpx2.HTTPTransport(verify=trust) as connections:
            yield Fronted(front.port, server.home, connections)


@pytest.fixture
def party(fronted: Fronted) -> Party:
    return Party.of(fronted, "oidcc-rp-initiated-logout")


def end_session_url(party: Party, tokens: dict[str, Any]) -> str:
    wanted = {"id_token_hint": tokens["id_token"], "ui_locales": "en"}
    return f"{party.metadata['end_session_endpoint']}?{urlencode(wanted)}"


# a browser that speaks HTTP and nothing else


def test_sign_in_consent_and_sign_out(fronted: Fronted, party: Party) -> None:
    browser = Browser(fronted)
    asked, tokens = party.sign_in(browser, scope="openid profile", prompt="consent")
    sign_in, consent = browser.seen
    assert sign_in.ids >= SIGN_IN
    assert consent.ids >= CONSENT
    assert party.userinfo(tokens["access_token"]).json()["sub"] == party.id_token(tokens, asked)["sub"]
    page = browser.open(end_session_url(party, tokens))
    assert isinstance(page, Page)
    end = browser.submit(page, "request")
    assert isinstance(end, Page)
    assert "signed_out" in end.ids
    assert browser.land(party.authorize_url(party.ask(prompt="none"))).error == "login_required"


def test_a_person_refuses(fronted: Fronted, party: Party) -> None:
    browser = Browser(fronted, decision="deny")
    asked = party.ask(scope="openid profile", prompt="consent")
    assert browser.land(party.authorize_url(asked)).error == "access_denied"


def test_a_wrong_pin_comes_back_to_the_form(fronted: Fronted, party: Party) -> None:
    browser = Browser(fronted)
    response = browser.http.get(party.authorize_url(party.ask()), follow_redirects=True)
    form = Page(response).form_of("pin")
    fields = {**form.fields, "identifier": CITIZEN, "pin": "00000001"}
    again = browser.http.post(form.action, data=fields, headers={"origin": ISSUER})
    assert again.status_code in (400, 401, 403, 422)
    assert Page(again).ids >= SIGN_IN | {"error_code"}


def test_signing_in_again_shows_the_same_form(fronted: Fronted, party: Party) -> None:
    browser = Browser(fronted)
    party.sign_in(browser)
    time.sleep(1.1)  # requests are dated by the second
    party.sign_in(browser, prompt="login")
    again = browser.seen[-1]
    assert again.ids >= SIGN_IN
    assert browser.sign_ins == 2


def test_an_error_page_has_its_code(fronted: Fronted, party: Party) -> None:
    page = Browser(fronted).fail(party.authorize_url(party.ask(redirect_uri="https://elsewhere.example/")))
    assert page.error_code
    assert "location" not in page.response.headers


def test_cookies_and_answers_are_for_https_alone(fronted: Fronted, party: Party) -> None:
    browser = Browser(fronted)
    answers = []
    browser.http.event_hooks = {"response": [answers.append]}
    party.sign_in(browser)
    cookies = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    assert cookies
    assert [line for line in cookies if "secure" not in line.lower()] == []
    assert all("strict-transport-security" in answer.headers for answer in answers)


def test_metadata_name_the_issuer_whatever_the_proxy_is_called(fronted: Fronted) -> None:
    answer = fronted.http().get("/.well-known/openid-configuration", headers={"x-forwarded-host": "evil.example"})
    assert answer.json()["issuer"] == ISSUER
    assert "evil.example" not in answer.text


# Chromium with JavaScript switched off


@pytest.fixture
def tab(fronted: Fronted, chromium: str) -> Iterator[Tab]:
    with sync_playwright() as playwright:
        rules = f"MAP {HOST} 127.0.0.1:{fronted.port}"
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        context = browser.new_context(java_script_enabled=False, ignore_https_errors=True, locale="en-GB")
        yield context.new_page()
        browser.close()


def landing(tab: Tab) -> list[str]:
    """What reaches the client's addresses, which nobody serves; the browser is answered in its place."""
    landed: list[str] = []

    def answer(route: Route) -> None:
        landed.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<p id=landed>the client</p>")

    tab.route("https://localhost.emobix.co.uk:8443/**", answer)
    return landed


def test_chromium_without_javascript(party: Party, tab: Tab) -> None:
    landed = landing(tab)
    # 1. sign in and refuse
    tab.goto(party.authorize_url(party.ask(scope="openid profile", prompt="consent")))
    tab.fill("#identifier", CITIZEN)
    tab.fill("#pin", PIN)
    tab.click("#sign_in")
    tab.click("#deny")
    tab.wait_for_selector("#landed")
    assert parse_qs(urlsplit(landed[-1]).query)["error"] == ["access_denied"]
    # 2. asked again, allow
    asked = party.ask(scope="openid profile", prompt="consent")
    tab.goto(party.authorize_url(asked))
    tab.click("#allow")
    tab.wait_for_selector("#landed")
    tokens = party.redeem(asked, parse_qs(urlsplit(landed[-1]).query)["code"][0]).json()
    # 3. sign in again because the client says so
    tab.goto(party.authorize_url(party.ask(prompt="login")))
    tab.fill("#identifier", CITIZEN)
    tab.fill("#pin", PIN)
    tab.click("#sign_in")
    tab.wait_for_selector("#landed")
    # 4. an error page stays here
    tab.goto(party.authorize_url(party.ask(redirect_uri="https://elsewhere.example/")))
    assert tab.inner_text("#error_code")
    # 5. sign out
    tab.goto(end_session_url(party, tokens))
    tab.click("#confirm_logout")
    tab.wait_for_selector("#signed_out")
    tab.goto(party.authorize_url(party.ask()))
    assert tab.is_visible("#pin_form")
