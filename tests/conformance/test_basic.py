"""OpenID Connect Basic and Form Post: one test per module, once for each response mode."""

import base64
import json
import time
from typing import Any

import pytest

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.party import LEFT_OUT, Asked, Party, digest, error_of, unsigned
from tests.conformance.server import Server

BY_SCOPE = {
    "profile": ("name", "given_name", "family_name", "birthdate", "gender", "locale", "zoneinfo", "updated_at"),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
REUSED_AFTER_SECONDS = 31


@pytest.fixture(scope="session", params=["oidcc-basic", "oidcc-formpost-basic"])
def plan(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def party_of(server: Server, plan: str, name: str = "client") -> Party:
    party = Party.of(server, plan, name)
    party.response_mode = "form_post" if "formpost" in plan else None
    return party


@pytest.fixture
def party(server: Server, plan: str) -> Party:
    return party_of(server, plan)


@pytest.fixture(scope="session")
def spent(server: Server, plan: str) -> tuple[Party, Asked, str, dict[str, Any], float]:
    """A code that was redeemed at the start, and its tokens."""
    party, browser = party_of(server, plan), Browser(server)
    asked = party.ask()
    landed = party.authorize(asked, browser)
    return party, asked, landed.code, party.tokens(asked, landed), time.monotonic()


@pytest.fixture(scope="session", autouse=True)
def _spent_early(spent: tuple[Party, Asked, str, dict[str, Any], float]) -> None:
    """Asked for by every module, so that waiting is short when its turn comes."""


# the happy way


def test_oidcc_server(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    assert tokens["token_type"].lower() == "bearer"
    claims = party.id_token(tokens, asked)
    assert party.userinfo(tokens["access_token"]).json()["sub"] == claims["sub"]


def test_oidcc_alternate_happy_flow(server: Server, plan: str, party: Party, browser: Browser) -> None:
    second = party_of(server, plan, "client2")
    first_sub = party.id_token(*reversed(party.sign_in(browser)))["sub"]
    asked, tokens = second.sign_in(browser)
    assert second.id_token(tokens, asked)["sub"] == first_sub  # one agency, one identifier


def test_oidcc_server_client_secret_post(server: Server, plan: str, browser: Browser) -> None:
    party_of(server, plan, "client_secret_post").sign_in(browser)


def test_oidcc_idtoken_signature(party: Party, server: Server, browser: Browser) -> None:
    _, tokens = party.sign_in(browser)
    header = json.loads(_decoded(tokens["id_token"].split(".")[0]))
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in server.jwks["keys"] if key["kty"] == "RSA"}


def test_oidcc_idtoken_unsigned(server: Server) -> None:
    # OpenID Connect Core §3.1.3.7 (6) lets an issuer leave `none` out; this one does
    assert "none" not in server.metadata["id_token_signing_alg_values_supported"]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(party: Party, browser: Browser) -> None:
    asked = party.ask(code_challenge_method="S256")
    asked.parameters["code_challenge"] = digest(asked.verifier)
    party.tokens(asked, party.authorize(asked, browser))


def test_oidcc_refresh_token(server: Server, plan: str, party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    sub = party.id_token(tokens, asked)["sub"]
    answer = party.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert party.userinfo(answer.json()["access_token"]).json()["sub"] == sub
    stolen = party_of(server, plan, "client2").refresh(answer.json().get("refresh_token", tokens["refresh_token"]))
    assert stolen.json()["error"] == "invalid_grant"


# requests


def test_oidcc_response_type_missing(party: Party, browser: Browser) -> None:
    end = browser.open(party.authorize_url(party.ask(response_type=LEFT_OUT)))
    assert error_of(end) is not None
    assert isinstance(end, Page) or end.error in ("invalid_request", "unsupported_response_type")


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce=LEFT_OUT)


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(party: Party, browser: Browser) -> None:
    party.sign_in(browser, extra="foobar")


def test_oidcc_ensure_post_request_succeeds(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = browser.land(party.metadata["authorization_endpoint"], form=asked.parameters)
    party.tokens(asked, party.opened(landed, asked))


def test_oidcc_ensure_registered_redirect_uri(party: Party, browser: Browser) -> None:
    browser.fail(party.authorize_url(party.ask(redirect_uri=f"{party.redirect_uri}/other")))


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param({"display": "page"}, id="oidcc-display-page"),
        pytest.param({"display": "popup"}, id="oidcc-display-popup"),
        pytest.param({"login_hint": "somebody@people.example"}, id="oidcc-login-hint"),
        pytest.param({"ui_locales": "se"}, id="oidcc-ui-locales"),
        pytest.param({"claims_locales": "se"}, id="oidcc-claims-locales"),
        pytest.param({"acr_values": "1 2"}, id="oidcc-ensure-request-with-acr-values-succeeds"),
    ],
)
def test_parameters_that_change_little(party: Party, browser: Browser, parameter: dict[str, str]) -> None:
    party.sign_in(browser, **parameter)


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    party: Party, browser: Browser
) -> None:
    end = browser.open(party.authorize_url(party.ask(request_uri="https://client.example/request.jwt")))
    assert isinstance(end, Page) or end.error in ("request_uri_not_supported", "invalid_request_uri")
    assert party.metadata.get("request_uri_parameter_supported", True) is False


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    party: Party, browser: Browser
) -> None:
    asked = party.ask()
    request = unsigned({**asked.parameters, "aud": party.metadata["issuer"], "iss": party.id})
    end = browser.open(party.authorize_url(asked, request=request))
    assert isinstance(end, Landed)
    assert end.error in ("request_not_supported", "invalid_request_object")


def test_oidcc_ensure_request_object_with_redirect_uri(party: Party, browser: Browser) -> None:
    asked = party.ask(redirect_uri=LEFT_OUT)
    request = unsigned({**asked.parameters, "redirect_uri": party.redirect_uri, "iss": party.id})
    end = browser.open(party.authorize_url(asked, request=request))
    assert isinstance(end, Page) or end.error in ("request_not_supported", "invalid_request_object", "invalid_request")


# claims


@pytest.mark.parametrize(
    "scopes",
    [pytest.param((scope,), id=f"oidcc-scope-{scope}") for scope in BY_SCOPE]
    + [pytest.param(tuple(BY_SCOPE), id="oidcc-scope-all")],
)
def test_scopes_release_their_claims(party: Party, browser: Browser, scopes: tuple[str, ...]) -> None:
    _, tokens = party.sign_in(browser, scope=" ".join(("openid", *scopes)))
    told = party.userinfo(tokens["access_token"]).json()
    assert {claim for scope in scopes for claim in BY_SCOPE[scope]} <= set(told)
    unasked = {claim for scope, claims in BY_SCOPE.items() if scope not in scopes for claim in claims}
    assert not unasked & set(told)


def test_oidcc_claims_essential(party: Party, browser: Browser) -> None:
    _, tokens = party.sign_in(browser, claims=json.dumps({"userinfo": {"name": {"essential": True}}}))
    assert party.userinfo(tokens["access_token"]).json()["name"]


@pytest.mark.parametrize(
    "presented",
    [
        pytest.param({}, id="oidcc-userinfo-get"),
        pytest.param({"method": "POST"}, id="oidcc-userinfo-post-header"),
        pytest.param({"method": "POST", "in_body": True}, id="oidcc-userinfo-post-body"),
    ],
)
def test_userinfo(party: Party, browser: Browser, presented: dict[str, Any]) -> None:
    asked, tokens = party.sign_in(browser)
    answer = party.userinfo(tokens["access_token"], **presented)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sub"] == party.id_token(tokens, asked)["sub"]


# signing in again, or not


def test_oidcc_prompt_login(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser, max_age="10000")
    first = party.id_token(tokens, asked)
    time.sleep(1.1)
    asked, tokens = party.sign_in(browser, prompt="login", max_age="10000")
    second = party.id_token(tokens, asked)
    assert browser.sign_ins == 2
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_oidcc_prompt_none_not_logged_in(party: Party, browser: Browser) -> None:
    landed = party.authorize(party.ask(prompt="none"), browser)
    assert landed.error in ("login_required", "interaction_required")
    assert browser.sign_ins == 0


def test_oidcc_prompt_none_logged_in(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    first = party.id_token(tokens, asked)
    pages = len(browser.seen)
    asked, tokens = party.sign_in(browser, prompt="none")
    assert party.id_token(tokens, asked)["sub"] == first["sub"]
    assert not any("sign_in" in page.ids or "allow" in page.ids for page in browser.seen[pages:])


def test_oidcc_max_age_1(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    first = party.id_token(tokens, asked)
    time.sleep(2.1)
    asked, tokens = party.sign_in(browser, max_age="1")
    assert browser.sign_ins == 2
    assert party.id_token(tokens, asked)["auth_time"] >= first["auth_time"] + 2


def test_oidcc_max_age_10000(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser, max_age="10000")
    first = party.id_token(tokens, asked)
    asked, tokens = party.sign_in(browser, max_age="10000")
    assert party.id_token(tokens, asked)["auth_time"] == first["auth_time"]
    assert browser.sign_ins == 1


def test_oidcc_id_token_hint(party: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    first = party.id_token(tokens, asked)
    asked, again = party.sign_in(browser, prompt="none", id_token_hint=tokens["id_token"])
    assert party.id_token(again, asked)["sub"] == first["sub"]


# codes


def test_oidcc_codereuse(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = party.authorize(asked, browser)
    party.tokens(asked, landed)
    assert party.redeem(asked, landed.code).json()["error"] == "invalid_grant"


def test_oidcc_codereuse_30seconds(spent: tuple[Party, Asked, str, dict[str, Any], float]) -> None:
    party, asked, code, tokens, made = spent
    assert party.userinfo(tokens["access_token"]).status_code == 200
    time.sleep(max(0.0, made + REUSED_AFTER_SECONDS - time.monotonic()))
    assert party.redeem(asked, code).json()["error"] == "invalid_grant"
    # RFC 6749 §4.1.2: "SHOULD revoke (when possible) all tokens previously issued based on that authorization code."
    assert party.userinfo(tokens["access_token"]).status_code == 401


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
