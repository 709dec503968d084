"""OpenID Connect Dynamic, response type code: clients that register themselves (they must use PKCE)."""

import json
from typing import Any

import pytest
from joserfc.jwk import JWKRegistry

from tests.conformance.browser import Browser, Landed, Page
from tests.conformance.listener import Listener
from tests.conformance.newcomers import CALLBACK, fresh_key, newcomer, public, register
from tests.conformance.party import LEFT_OUT, signed, unsigned
from tests.conformance.server import Server

UNSIGNED_REFUSED = ("invalid_request_object", "request_not_supported")


def as_json(document: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"content-type": "application/json"}, json.dumps(document).encode()


def test_oidcc_discovery_endpoint_verification(server: Server) -> None:
    metadata = server.metadata
    assert metadata["registration_endpoint"].startswith(f"{metadata['issuer']}/")
    assert metadata["claims_supported"]
    # The plan for response type code wants `id_token` and `token id_token` beside it, and the grant type implicit. They
    # do not exist here: RFC 9700 §2.1.2, "clients SHOULD NOT use the implicit grant"
    assert metadata["response_types_supported"] == ["code"]
    assert "implicit" not in metadata["grant_types_supported"]
    for response_type in ("id_token", "id_token token", "code id_token"):
        answer = register(server, response_types=[response_type], grant_types=["implicit", "authorization_code"])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_oidcc_server(server: Server, browser: Browser) -> None:
    key = fresh_key()
    party = newcomer(
        server, private_key=key, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [public(key)]}
    )
    asked, tokens = party.sign_in(browser)
    assert party.userinfo(tokens["access_token"]).json()["sub"] == party.id_token(tokens, asked)["sub"]


def test_oidcc_idtoken_unsigned(server: Server) -> None:
    # Registration §2, id_token_signed_response_alg: `none` only where nothing comes from the authorization endpoint;
    # Core §15.1 leaves it out of what must be offered, and so do we
    answer = register(server, id_token_signed_response_alg="none")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_oidcc_refresh_token(server: Server, browser: Browser) -> None:
    party, other = newcomer(server), newcomer(server)
    asked, tokens = party.sign_in(browser)
    answer = party.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert party.userinfo(answer.json()["access_token"]).json()["sub"] == party.id_token(tokens, asked)["sub"]
    stolen = other.refresh(answer.json().get("refresh_token", tokens["refresh_token"]))
    assert stolen.json()["error"] == "invalid_grant"


def test_oidcc_ensure_request_object_with_redirect_uri(server: Server, browser: Browser) -> None:
    key = fresh_key()
    party = newcomer(server, private_key=key, jwks={"keys": [public(key)]}, request_object_signing_alg="RS256")
    asked = party.ask()
    claims = {**asked.parameters, "iss": party.id, "aud": party.metadata["issuer"]}
    outside = {"redirect_uri": f"{CALLBACK}/outside"}
    address = party.authorize_url(asked, request=signed({"alg": "RS256"}, claims, party.key), **outside)
    # RFC 9101 §5: what is inside counts, and goes to the registered address that is named there
    party.tokens(asked, party.opened(browser.land(address), asked))


def test_oidcc_idtoken_rs256(server: Server, browser: Browser) -> None:
    newcomer(server, id_token_signed_response_alg="RS256").sign_in(browser)


def test_oidcc_userinfo_rs256(server: Server, browser: Browser) -> None:
    party = newcomer(server, userinfo_signed_response_alg="RS256")
    asked, tokens = party.sign_in(browser)
    answer = party.userinfo(tokens["access_token"])
    assert answer.headers["content-type"].startswith("application/jwt")
    claims = party.verified(answer.text)
    assert (claims["aud"], claims["sub"]) == (party.id, party.id_token(tokens, asked)["sub"])


def test_oidcc_ensure_redirect_uri_in_authorization_request(server: Server, browser: Browser) -> None:
    party = newcomer(server)
    browser.fail(party.authorize_url(party.ask(redirect_uri=LEFT_OUT)))


def test_oidcc_redirect_uri_query_OK(server: Server, browser: Browser) -> None:
    party = newcomer(server, redirect_uris=[f"{CALLBACK}?foo=bar"])
    landed = party.authorize(party.ask(), browser)
    assert landed.parameters["foo"] == "bar"
    assert landed.code


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        pytest.param(f"{CALLBACK}?foo=bar", f"{CALLBACK}?foo=baz", id="oidcc-redirect-uri-query-mismatch"),
        pytest.param(CALLBACK, f"{CALLBACK}?foo=bar", id="oidcc-redirect-uri-query-added"),
    ],
)
def test_redirects_go_to_registered_addresses_alone(
    server: Server, browser: Browser, registered: str, asked: str
) -> None:
    party = newcomer(server, redirect_uris=[registered])
    browser.fail(party.authorize_url(party.ask(redirect_uri=asked)))


def test_oidcc_redirect_uri_regfrag(server: Server) -> None:
    answer = register(server, redirect_uris=[f"{CALLBACK}#foobar"])
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("logo_uri", id="oidcc-registration-logo-uri"),
        pytest.param("policy_uri", id="oidcc-registration-policy-uri"),
        pytest.param("tos_uri", id="oidcc-registration-tos-uri"),
    ],
)
def test_people_are_shown_what_a_client_says_of_itself(server: Server, browser: Browser, name: str) -> None:
    party = newcomer(server, **{name: "https://client.example/shown"})
    assert party.configuration[name] == "https://client.example/shown"
    party.sign_in(browser, scope="openid profile")
    consent = next(page for page in browser.seen if "consent" in page.ids)
    kind = name.removesuffix("_uri")
    assert {"logo", "policy", "tos"} & consent.ids == {kind}
    policy = consent.response.headers["content-security-policy"]
    if kind == "logo":
        assert 'src="https://client.example/shown"' in consent.response.text
        assert "img-src 'self' data: https://client.example;" in f"{policy};"
    else:
        assert consent.controls[kind].value == "https://client.example/shown"
        assert "client.example" not in policy.replace("form-action 'self' https://client.example", "")


def test_oidcc_registration_jwks_uri(server: Server, browser: Browser, listener: Listener) -> None:
    key = fresh_key()
    listener.answers["/jwks"] = as_json({"keys": [public(key)]})
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": f"{listener.url}/jwks"}
    newcomer(server, private_key=key, **method).sign_in(browser)


def test_oidcc_refresh_token_rp_key_rotation(server: Server, browser: Browser, listener: Listener) -> None:
    first, second = fresh_key(), fresh_key()
    listener.answers["/jwks"] = as_json({"keys": [public(first)]})
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": f"{listener.url}/jwks"}
    party = newcomer(server, private_key=first, **method)
    _, tokens = party.sign_in(browser)
    listener.answers["/jwks"] = as_json({"keys": [public(second)]})
    rotated = party.assertion(key=JWKRegistry.import_key(second), kid=second["kid"])
    answer = party.refresh(tokens["refresh_token"], assertion=rotated)
    assert answer.status_code == 200, answer.text


def test_oidcc_registration_sector_uri(server: Server, browser: Browser, listener: Listener) -> None:
    listener.answers["/sector"] = as_json([CALLBACK])
    newcomer(server, subject_type="pairwise", sector_identifier_uri=f"{listener.url}/sector").sign_in(browser)


def test_oidcc_registration_sector_bad(server: Server, listener: Listener) -> None:
    listener.answers["/sector"] = as_json(["https://client.example/another"])
    answer = register(server, subject_type="pairwise", sector_identifier_uri=f"{listener.url}/sector")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_oidcc_server_rotate_keys(server: Server, browser: Browser) -> None:
    party = newcomer(server)
    asked, tokens = party.sign_in(browser)
    before = {key["kid"] for key in server.jwks["keys"]}
    assert server.http().post("/conformance/rotate-keys").status_code == 200
    after = {key["kid"] for key in server.jwks["keys"]}
    assert before < after
    party.id_token(tokens, asked)
    _, fresh = party.sign_in(browser)
    assert fresh["id_token"].split(".")[0] != tokens["id_token"].split(".")[0]


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(server: Server, browser: Browser) -> None:
    key = fresh_key()
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [public(key)]}}
    newcomer(server, private_key=key, **method).sign_in(browser)


def test_oidcc_request_uri_unsigned(server: Server, browser: Browser) -> None:
    party = newcomer(server)
    end = browser.open(party.authorize_url(party.ask(request_uri="https://client.example/request.jwt")))
    assert isinstance(end, Page) or end.error in ("request_uri_not_supported", "invalid_request_uri")


def test_oidcc_request_uri_signed_rs256(server: Server, browser: Browser) -> None:
    key = fresh_key()
    party = newcomer(server, private_key=key, jwks={"keys": [public(key)]}, request_object_signing_alg="RS256")
    asked = party.ask()
    claims = {**asked.parameters, "iss": party.id, "aud": party.metadata["issuer"]}
    by_value = party.authorize_url(asked, request=signed({"alg": "RS256"}, claims, party.key))
    party.tokens(asked, party.opened(browser.land(by_value), asked))
    end = browser.open(party.authorize_url(asked, request=unsigned(claims)))
    assert isinstance(end, Page) or (isinstance(end, Landed) and end.error in UNSIGNED_REFUSED)
