"""A program that was written for ThaiD works after its issuer and keys were changed, and nothing else.

It is written as the samples for ThaiD are: code flow with a secret, Basic at the token endpoint, one scope for each
claim, introspection (facts on ThaiD: `docs/linking-accounts.md`).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests.conformance.browser import Browser
from tests.conformance.newcomers import newcomer
from tests.conformance.party import Party
from tests.conformance.server import ISSUER, Server

OFFERED = """openid pid address gender birthdate given_name middle_name family_name name given_name_en middle_name_en
family_name_en name_en title title_en ial"""
NOT_OFFERED = ("smartcard_code", "date_of_expiry", "date_of_issuance")
AGENCY = "https://www.certification.openid.net/test/a/thaid-client/callback"


@dataclass(frozen=True)
class ThaidProgram:
    """What stands in the configuration of such a program."""

    issuer: str = "https://imauth.bora.dopa.go.th"
    client_id: str = "given-by-thaid"
    client_secret: str = "given-by-thaid"
    redirect_uri: str = AGENCY
    scope: str = " ".join(OFFERED.split())

    def metadata(self, http: httpx2.Client) -> dict[str, Any]:
        answer = http.get(f"{self.issuer}/.well-known/openid-configuration")
        return dict(answer.json())

    def login_address(self, http: httpx2.Client, *, state: str, nonce: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
        }
        return f"{self.metadata(http)['authorization_endpoint']}?{urlencode(asked)}"

    def tokens(self, http: httpx2.Client, code: str) -> dict[str, Any]:
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        answer = http.post(self.metadata(http)["token_endpoint"], data=body, auth=(self.client_id, self.client_secret))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def person(self, http: httpx2.Client, tokens: dict[str, Any]) -> dict[str, Any]:
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        return dict(http.get(self.metadata(http)["userinfo_endpoint"], headers=bearer).json())

    def introspect(self, http: httpx2.Client, token: str) -> dict[str, Any]:
        answer = http.post(
            self.metadata(http)["introspection_endpoint"],
            data={"token": token},
            auth=(self.client_id, self.client_secret),
        )
        return dict(answer.json())

    def revoke(self, http: httpx2.Client, token: str) -> int:
        answer = http.post(
            self.metadata(http)["revocation_endpoint"],
            data={"token": token},
            auth=(self.client_id, self.client_secret),
        )
        return answer.status_code


@pytest.fixture
def program(server: Server) -> ThaidProgram:
    keys = Party.of(server, "thaid-client").configuration
    return replace(ThaidProgram(), issuer=ISSUER, client_id=keys["client_id"], client_secret=keys["client_secret"])


def signed_in(server: Server, program: ThaidProgram, browser: Browser) -> dict[str, Any]:
    http, state = server.http(), secrets.token_urlsafe(16)
    landed = browser.land(program.login_address(http, state=state, nonce=secrets.token_urlsafe(16)))
    assert landed.parameters["state"] == state
    return program.tokens(http, landed.code)


def test_every_claim_under_its_thaid_name(server: Server, program: ThaidProgram, browser: Browser) -> None:
    person = program.person(server.http(), signed_in(server, program, browser))
    assert set(OFFERED.split()) - {"openid"} <= set(person)
    assert person["pid"] == browser.citizen
    assert (person["given_name"], person["given_name_en"]) == ("สมชาย", "Somchai")
    assert (person["title"], person["title_en"]) == ("นาย", "Mr.")
    assert (person["birthdate"], person["ial"]) == ("1990-01-15", "2.2")
    assert person["address"]["formatted"]


def test_pid_never_is_the_identifier(server: Server, program: ThaidProgram, browser: Browser) -> None:
    tokens = signed_in(server, program, browser)
    person = program.person(server.http(), tokens)
    assert person["sub"] != person["pid"]
    assert person["pid"] not in "".join(str(value) for name, value in tokens.items() if name != "id_token")


def test_the_person_is_asked_about_the_number(
    server: Server, program: ThaidProgram, new_browser: Callable[..., Browser]
) -> None:
    browser = new_browser(citizen="1009900000020", pin="41421356")
    signed_in(server, replace(program, scope="openid pid"), browser)
    assert browser.consents == 1


def test_without_pid_the_same_person_comes_back_by_sub(
    server: Server, program: ThaidProgram, new_browser: Callable[..., Browser]
) -> None:
    once = program.person(server.http(), signed_in(server, program, new_browser()))
    later = program.person(server.http(), signed_in(server, replace(program, scope="openid"), new_browser()))
    assert later["sub"] == once["sub"]
    assert "pid" not in later


def test_a_program_without_the_right_gets_no_number(server: Server, browser: Browser) -> None:
    party = newcomer(server, scope="openid name pid citizen_id")
    _, tokens = party.sign_in(browser, scope="openid name pid citizen_id")
    person = party.userinfo(tokens["access_token"]).json()
    assert person["name"]
    assert not {"pid", "citizen_id"} & set(person)


@pytest.mark.parametrize("scope", NOT_OFFERED)
def test_what_is_on_the_card_alone_is_not_offered(
    server: Server, program: ThaidProgram, browser: Browser, scope: str
) -> None:
    asking = replace(program, scope=f"openid {scope}")
    address = asking.login_address(server.http(), state="s", nonce=secrets.token_urlsafe(16))
    assert browser.land(address).error == "invalid_scope"
    assert scope not in server.metadata["scopes_supported"]


def test_tokens_are_introspected_and_revoked_as_at_thaid(
    server: Server, program: ThaidProgram, browser: Browser
) -> None:
    http, tokens = server.http(), signed_in(server, program, browser)
    assert program.introspect(http, tokens["access_token"])["active"] is True
    assert program.revoke(http, tokens["access_token"]) == 200
    assert program.introspect(http, tokens["access_token"]) == {"active": False}
