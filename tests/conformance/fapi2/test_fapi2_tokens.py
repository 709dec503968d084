"""FAPI 2.0 Security Profile Final, one test per module: codes, their verifiers, the token request."""

import secrets
import time

from tests.conformance.browser import Browser
from tests.conformance.fapi2.early import CODE_SECONDS, Early
from tests.conformance.party import LEFT_OUT, Party
from tests.conformance.server import Server


def test_ensure_pkce_code_verifier_required(party: Party, browser: Browser) -> None:
    asked = party.ask()
    answer = party.redeem(asked, party.authorize(asked, browser).code, changes={"code_verifier": LEFT_OUT})
    assert (answer.status_code, answer.json()["error"]) in ((400, "invalid_grant"), (400, "invalid_request"))


def test_incorrect_pkce_code_verifier_rejected(party: Party, browser: Browser) -> None:
    asked = party.ask()
    wrong = secrets.token_urlsafe(32)
    answer = party.redeem(asked, party.authorize(asked, browser).code, changes={"code_verifier": wrong})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_ensure_authorization_code_is_bound_to_client(party: Party, other: Party, browser: Browser) -> None:
    asked = party.ask()
    answer = other.redeem(asked, party.authorize(asked, browser).code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_attempt_reuse_authorization_code_after_one_second(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = party.authorize(asked, browser)
    party.tokens(asked, landed)
    time.sleep(1)
    assert party.redeem(asked, landed.code).json()["error"] == "invalid_grant"


def test_ensure_client_id_in_token_endpoint(party: Party, other: Party, browser: Browser) -> None:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    own_proof = "-mtls-auth-" not in party.plan  # a certificate goes with the connection
    wrong = party.redeem(asked, code, changes={"client_id": other.id}, authenticated=own_proof)
    assert wrong.status_code in (400, 401)
    assert wrong.json()["error"] in ("invalid_client", "invalid_grant", "invalid_request")


def test_ensure_holder_of_key_required(server: Server, party: Party, browser: Browser) -> None:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    if party.sender == "mtls":
        party.http = server.http()
    answer = party.redeem(asked, code, proof="")
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_grant", "invalid_dpop_proof", "invalid_client")


def test_ensure_token_endpoint_fails_with_expired_auth_code(early: Early) -> None:
    early.wait_for(CODE_SECONDS + 2)
    assert early.party.redeem(early.asked, early.code).json()["error"] == "invalid_grant"
