"""FAPI-CIBA ID1, one test per module: from the request to the tokens."""

import time

import pytest

from tests.conformance.ciba.asker import GRANT, Asker
from tests.conformance.ciba.conftest import BY_ASSERTION
from tests.conformance.server import ISSUER, Server

by_assertion = pytest.mark.parametrize("plan", BY_ASSERTION, indirect=True, scope="session")


def test_discovery_end_point_verification(server: Server, asker: Asker) -> None:
    metadata = server.metadata
    assert metadata["issuer"] == ISSUER
    assert (
        asker.party.registered["backchannel_token_delivery_mode"]
        in (metadata["backchannel_token_delivery_modes_supported"])
    )
    assert "push" not in metadata["backchannel_token_delivery_modes_supported"]  # FAPI-CIBA §5.2.2 (3)
    assert {"PS256", "ES256"} <= set(metadata["backchannel_authentication_request_signing_alg_values_supported"])
    assert not {"none", "RS256"} & set(metadata["backchannel_authentication_request_signing_alg_values_supported"])
    assert metadata["backchannel_authentication_endpoint"].startswith("https://")
    assert metadata["backchannel_user_code_parameter_supported"] is False
    assert GRANT in metadata["grant_types_supported"]
    assert metadata["tls_client_certificate_bound_access_tokens"] is True


def test_fapi_ciba_id1(asker: Asker, other: Asker) -> None:
    _, first = asker.allowed()
    assert asker.party.userinfo(first["access_token"]).json()["sub"]
    acr = asker.party.metadata["acr_values_supported"][0]
    auth_req_id, second = other.allowed(acr_values=acr, requested_expiry=300)
    assert other.party.verified(second["id_token"])["acr"]
    assert other.party.userinfo(second["access_token"]).status_code == 200
    stolen = asker.party.userinfo(second["access_token"])  # over the connection of another certificate
    assert stolen.status_code == 401
    assert "invalid_token" in stolen.headers["www-authenticate"]
    again = other.poll(auth_req_id)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_user_rejects_authentication(asker: Asker) -> None:
    auth_req_id = asker.ask()["auth_req_id"]
    asker.decide(auth_req_id, "deny")
    if asker.is_pinged:
        asker.hear(auth_req_id)
    answer = asker.poll(auth_req_id)
    assert (answer.status_code, answer.json()["error"]) == (400, "access_denied")


def test_multiple_call_to_token_endpoint(asker: Asker) -> None:
    auth_req_id = asker.ask()["auth_req_id"]
    told = [asker.poll(auth_req_id) for _ in range(3)]
    assert [(answer.status_code, answer.json()["error"]) for answer in told] == [
        (400, "authorization_pending"),
        (400, "slow_down"),
        (400, "slow_down"),
    ]
    asker.decide(auth_req_id)
    if asker.is_pinged:
        asker.hear(auth_req_id)
    asker.tokens(auth_req_id)


def test_auth_req_id_expired(asker: Asker) -> None:
    asked = asker.ask(requested_expiry=2)
    assert asked["expires_in"] == 2
    time.sleep(2.5)
    answer = asker.poll(asked["auth_req_id"])
    assert (answer.status_code, answer.json()["error"]) == (400, "expired_token")


def test_ensure_authorization_request_with_binding_message_succeeds(asker: Asker) -> None:
    asker.allowed(binding_message="W4SCT")


def test_ensure_other_scope_order_succeeds(asker: Asker) -> None:
    _, tokens = asker.allowed(scope="profile openid")
    assert asker.party.userinfo(tokens["access_token"]).json()["family_name"]


def test_ensure_requested_expiry_as_string_succeeds(asker: Asker) -> None:
    assert asker.ask(requested_expiry="30")["expires_in"] == 30


@pytest.mark.parametrize("message", ["1234 \U0001f44d\U0001f3ff \U00010348 รหัส", "x" * 101, "one\ntwo"])
def test_ensure_authorization_request_with_potentially_bad_binding_message(asker: Asker, message: str) -> None:
    answer = asker.send({"request": asker.request(binding_message=message)})
    is_shown_whole = message.isprintable() and len(message) <= 100
    assert answer.status_code == (200 if is_shown_whole else 400)
    assert is_shown_whole or answer.json()["error"] == "invalid_binding_message"


def test_ensure_wrong_auth_req_id_in_token_endpoint_request(asker: Asker, other: Asker) -> None:
    for wrong in ("bad_auth_req_id", asker.ask()["auth_req_id"]):
        answer = other.poll(wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@by_assertion
def test_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(asker: Asker) -> None:
    auth_req_id = asker.ask()["auth_req_id"]
    asker.decide(auth_req_id)
    assert asker.poll(auth_req_id, assertion=asker.party.assertion(aud=ISSUER)).status_code == 200


@by_assertion
def test_ensure_without_client_assertion_in_token_endpoint_request(asker: Asker) -> None:
    body = {"grant_type": GRANT, "auth_req_id": asker.ask()["auth_req_id"], "client_id": asker.party.id}
    answer = asker.party.token(body, authenticated=False)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


@by_assertion
def test_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_RS256_fails(asker: Asker) -> None:
    answer = asker.poll(asker.ask()["auth_req_id"], assertion=asker.party.assertion(alg="RS256"))
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


def test_refresh_token(asker: Asker, other: Asker) -> None:
    _, tokens = asker.allowed()
    sub = asker.party.userinfo(tokens["access_token"]).json()["sub"]
    refreshed = asker.party.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    assert asker.party.userinfo(refreshed.json()["access_token"]).json()["sub"] == sub
    assert other.party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_ensure_mtls_holder_of_key_required(server: Server, asker: Asker) -> None:
    auth_req_id = asker.ask()["auth_req_id"]
    asker.decide(auth_req_id)
    with_certificate, asker.party.http = asker.party.http, server.http()
    answer = asker.poll(auth_req_id)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client")
    asker.party.http = with_certificate  # what was allowed is still there for who holds the key
    token = asker.tokens(auth_req_id)["access_token"]
    asker.party.http = server.http()
    assert asker.party.userinfo(token).status_code == 401
