"""FAPI 2.0 Security Profile Final, one test per module: the metadata, and the happy way with its variations."""

import json
from collections.abc import Callable

from tests.conformance.browser import REFUSER, REFUSERS_PIN, Browser
from tests.conformance.party import LEFT_OUT, Party
from tests.conformance.server import ISSUER, Server

PERSONAL = "openid profile"


def test_discovery_end_point_verification(server: Server) -> None:
    metadata = server.metadata
    strong = {"PS256", "ES256", "EdDSA", "Ed25519"}
    assert metadata["issuer"] == ISSUER
    for algorithms in ("id_token_signing", "token_endpoint_auth_signing", "dpop_signing"):
        assert strong & set(metadata[f"{algorithms}_alg_values_supported"])
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["require_pushed_authorization_requests"] in (True, False)
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert "code" in metadata["response_types_supported"]
    assert all(url.startswith("https://") for name, url in metadata.items() if name.endswith(("_endpoint", "_uri")))
    assert {"pushed_authorization_request_endpoint", "token_endpoint", "jwks_uri"} <= set(metadata)


def test_happy_flow(party: Party, other: Party, browser: Browser) -> None:
    for client in (party, other):
        _, tokens = client.sign_in(browser)
        assert tokens["token_type"].lower() == ("dpop" if client.sender == "dpop" else "bearer")
        assert client.userinfo(tokens["access_token"]).json()["sub"]
    assert browser.sign_ins == 1


def test_user_rejects_authentication(party: Party, new_browser: Callable[..., Browser]) -> None:
    asked = party.ask(scope=PERSONAL)
    landed = party.authorize(asked, new_browser(decision="deny", citizen=REFUSER, pin=REFUSERS_PIN))
    assert landed.error == "access_denied"


def test_ensure_authorization_request_without_state_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, state=LEFT_OUT)


def test_ensure_authorization_request_without_nonce_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce=LEFT_OUT)


def test_ensure_authorization_request_with_64_char_nonce_success(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce="n" * 64)


def test_ensure_other_scope_order_succeeds(party: Party, browser: Browser) -> None:
    party.sign_in(browser, scope="profile openid")


def test_test_claims_parameter_identity_claims(party: Party, browser: Browser) -> None:
    wanted = json.dumps({"id_token": {"given_name": None}, "userinfo": {"family_name": {"essential": True}}})
    asked, tokens = party.sign_in(browser, claims=wanted)
    assert party.id_token(tokens, asked)["given_name"]
    assert party.userinfo(tokens["access_token"]).json()["family_name"]


def test_access_token_type_header_case_sensitivity(party: Party, browser: Browser) -> None:
    _, tokens = party.sign_in(browser)
    usual = "DPoP" if party.sender == "dpop" else "Bearer"
    for scheme in (usual.lower(), usual.upper()):
        assert party.userinfo(tokens["access_token"], scheme=scheme).status_code == 200


def test_ensure_authorization_request_with_long_nonce(party: Party, browser: Browser) -> None:
    party.sign_in(browser, nonce="n" * 384)


def test_ensure_authorization_request_with_long_state(party: Party, browser: Browser) -> None:
    party.sign_in(browser, state="s" * 384)


def test_refresh_token(party: Party, other: Party, browser: Browser) -> None:
    asked, tokens = party.sign_in(browser)
    sub = party.id_token(tokens, asked)["sub"]
    for _ in range(2):
        answer = party.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        fresh = answer.json()
        assert party.userinfo(fresh["access_token"]).json()["sub"] == sub
        # FAPI 2.0 §5.3.2.1: "shall not use refresh token rotation"
        assert fresh.get("refresh_token", tokens["refresh_token"]) == tokens["refresh_token"]
    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
