"""FAPI 2.0 Message Signing Final: the modules beyond those of the security profile (signed requests and answers)."""

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.conformance.browser import Browser
from tests.conformance.fapi2.conftest import SIGNING
from tests.conformance.party import LEFT_OUT, Party, now, signed, unsigned
from tests.conformance.server import ISSUER, Server

pytestmark = pytest.mark.parametrize("plan", SIGNING, indirect=True, scope="session")


def accepted(party: Party, browser: Browser, **changes: Any) -> None:
    asked = party.ask()
    answer = party.push(asked, request=party.request_object(asked, **changes))
    assert answer.status_code == 201, answer.text
    landed = party.opened(browser.land(party.pushed_url(answer.json()["request_uri"])), asked)
    party.tokens(asked, landed)


def refused(party: Party, request: str | None = None, **changes: Any) -> str:
    asked = party.ask()
    answer = party.push(asked, request=request or party.request_object(asked, **changes))
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


def test_ensure_request_object_with_multiple_aud_succeeds(party: Party, browser: Browser) -> None:
    accepted(party, browser, aud=[ISSUER, "https://other.example"])


def test_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(party: Party, browser: Browser) -> None:
    accepted(party, browser, nbf=now() + 8)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": LEFT_OUT}, id="ensure-request-object-without-exp-fails"),
        pytest.param({"nbf": LEFT_OUT}, id="ensure-request-object-without-nbf-fails"),
        pytest.param({"exp": -300, "nbf": -360, "iat": -360}, id="ensure-expired-request-object-fails"),
        pytest.param({"aud": "https://other.example"}, id="ensure-request-object-with-bad-aud-fails"),
        pytest.param({"exp": 70 * 60}, id="ensure-request-object-with-exp-over-60-fails"),
        pytest.param({"nbf": -70 * 60, "iat": -70 * 60}, id="ensure-request-object-with-nbf-over-60-fails"),
    ],
)
def test_request_objects_that_do_not_hold(party: Party, changes: dict[str, Any]) -> None:
    moments = {name: now() + value for name, value in changes.items() if isinstance(value, int)}
    assert refused(party, **(changes | moments)) == "invalid_request_object"


def test_ensure_signed_request_object_with_RS256_fails(party: Party) -> None:
    assert refused(party, header={"alg": "RS256"}) == "invalid_request_object"


def test_ensure_request_object_signature_algorithm_is_not_none(party: Party) -> None:
    claims = {**party.ask().parameters, "iss": party.id, "aud": ISSUER, "nbf": now(), "exp": now() + 300}
    assert refused(party, unsigned(claims)) == "invalid_request_object"


def test_ensure_request_object_with_invalid_signature_fails(party: Party) -> None:
    head, payload, signature = party.request_object(party.ask()).split(".")
    flipped = ("B" if signature[0] != "B" else "C") + signature[1:]
    assert refused(party, f"{head}.{payload}.{flipped}") == "invalid_request_object"


def test_ensure_matching_key_in_authorization_request(party: Party) -> None:
    claims = {**party.ask().parameters, "iss": party.id, "aud": ISSUER, "nbf": now(), "exp": now() + 300}
    stranger = RSAKey.generate_key(2048)
    assert refused(party, signed({"alg": "PS256"}, claims, stranger)) == "invalid_request_object"


def test_ensure_unsigned_request_at_par_endpoint_fails(party: Party) -> None:
    asked = party.ask()
    answer = party.post(party.metadata["pushed_authorization_request_endpoint"], asked.parameters)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "invalid_request_object")


def test_par_authorization_request_containing_request_uri(party: Party) -> None:
    pushed = party.push(party.ask()).json()["request_uri"]
    assert refused(party, request_uri=pushed) in ("invalid_request", "invalid_request_object")


def test_the_answer_is_signed_for_the_client(server: Server, party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = browser.land(party.authorize_url(asked))
    assert set(landed.parameters) == {"response"}
    assert {"jwt"} <= set(server.metadata["response_modes_supported"])
    party.tokens(asked, party.opened(landed, asked))
