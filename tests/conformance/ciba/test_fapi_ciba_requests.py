"""FAPI-CIBA ID1, one test per module: requests that are refused."""

import base64
import json
from typing import Any

import pytest

from tests.conformance.ciba.asker import LONGEST_TOKEN, Asker
from tests.conformance.ciba.conftest import BY_ASSERTION
from tests.conformance.party import LEFT_OUT, now
from tests.conformance.server import ISSUER

MINUTE = 60
by_assertion = pytest.mark.parametrize("plan", BY_ASSERTION, indirect=True, scope="session")


def moments(**offsets: int) -> dict[str, Any]:
    """Claims so many seconds from now."""
    return {name: now() + seconds for name, seconds in offsets.items()}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({name: LEFT_OUT}, id=f"ensure-request-object-missing-{name}-fails")
        for name in ("aud", "iss", "exp", "iat", "nbf", "jti")
    ]
    + [
        pytest.param({"aud": "https://other.example"}, id="ensure-request-object-bad-aud-fails"),
        pytest.param({"iss": "somebody-else"}, id="ensure-request-object-bad-iss-fails"),
    ],
)
def test_claims_that_are_missing_or_another_s(asker: Asker, changes: dict[str, Any]) -> None:
    assert asker.refused(**changes) == "invalid_request"


@pytest.mark.parametrize(
    "offsets",
    [
        pytest.param(
            {"exp": -5 * MINUTE, "nbf": -10 * MINUTE, "iat": -10 * MINUTE}, id="ensure-request-object-expired-exp-fails"
        ),
        pytest.param({"exp": 70 * MINUTE}, id="ensure-request-object-exp-is-70-minutes-in-future-fails"),
        pytest.param(
            {"nbf": 10 * MINUTE, "exp": 20 * MINUTE}, id="ensure-request-object-nbf-is-10-minutes-in-future-fails"
        ),
        pytest.param(
            {"nbf": -70 * MINUTE, "iat": -70 * MINUTE}, id="ensure-request-object-nbf-is-70-minutes-in-past-fails"
        ),
    ],
)
def test_requests_of_another_time(asker: Asker, offsets: dict[str, int]) -> None:
    assert asker.refused(**moments(**offsets)) == "invalid_request"


def test_ensure_request_object_signature_algorithm_is_none_fails(asker: Asker) -> None:
    assert asker.refused(asker.unsigned_request()) == "invalid_request"


@pytest.mark.parametrize("algorithm", ["PS384", "HS256"])
def test_ensure_request_object_signature_algorithm_is_bad_fails(asker: Asker, algorithm: str) -> None:
    _, payload, signature = asker.request().split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    assert asker.refused(f"{head}.{payload}.{signature}") == "invalid_request"


def test_ensure_request_object_signature_algorithm_is_RS256_fails(asker: Asker) -> None:
    assert asker.refused(asker.request(header={"alg": "RS256"})) == "invalid_request"


def test_ensure_request_object_signed_by_other_client_fails(asker: Asker, other: Asker) -> None:
    assert asker.refused(asker.request(key=other.party.key)) == "invalid_request"


def test_ensure_authorization_request_with_multiple_hints_fails(asker: Asker) -> None:
    _, tokens = asker.allowed()
    assert asker.refused(id_token_hint=tokens["id_token"]) == "invalid_request"


def test_ensure_unsigned_backchannel_authorization_request_fails(asker: Asker) -> None:
    ours = {"iss", "aud", "iat", "nbf", "exp", "jti"}
    plain = {name: value for name, value in asker.claims().items() if name not in ours and value is not LEFT_OUT}
    answer = asker.send(plain)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@by_assertion
def test_ensure_without_client_assertion_in_backchannel_authorization_request(asker: Asker) -> None:
    answer = asker.send({"request": asker.request(), "client_id": asker.party.id}, authenticated=False)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


@by_assertion
def test_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_RS256_fails(
    asker: Asker,
) -> None:
    answer = asker.send({"request": asker.request()}, assertion=asker.party.assertion(alg="RS256"))
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


# beyond the modules


def test_a_request_counts_once(asker: Asker) -> None:
    request = asker.request()
    assert asker.send({"request": request}).status_code == 200
    assert asker.refused(request) == "invalid_request"


def test_several_audiences_and_times_near_the_bound_are_taken(asker: Asker) -> None:
    asker.ask(aud=[ISSUER, "https://other.example"])
    asker.ask(**moments(nbf=8, exp=60 * MINUTE))


@pytest.mark.parametrize(
    "changes",
    [
        {"login_hint": LEFT_OUT},
        {"login_hint": LEFT_OUT, "login_hint_token": "x"},
        {"login_hint_token": "x"},
        {"user_code": "1234"},
        {"requested_expiry": 0},
        {"requested_expiry": "-1"},
        {"requested_expiry": 1.5},
        {"requested_expiry": True},
        {"scope": ["openid"]},
    ],
    ids=str,
)
def test_requests_that_are_no_requests(asker: Asker, changes: dict[str, Any]) -> None:
    assert asker.refused(**changes) == "invalid_request"


def test_an_id_token_names_the_person_who_signed_in(asker: Asker, other: Asker) -> None:
    _, tokens = asker.allowed()
    hint = {"login_hint": LEFT_OUT, "id_token_hint": tokens["id_token"]}
    _, again = asker.allowed(**hint)
    first, second = (asker.party.verified(each["id_token"]) for each in (tokens, again))
    assert first["sub"] == second["sub"]
    assert other.refused(**hint) == "unknown_user_id"


def test_nobody_waits_longer_than_we_let_them(asker: Asker) -> None:
    assert asker.ask(requested_expiry=999_999)["expires_in"] == 600


def test_whoever_is_to_be_pinged_says_what_the_ping_is_to_hold(asker: Asker) -> None:
    if not asker.is_pinged:
        assert asker.ask(client_notification_token="t" * LONGEST_TOKEN)  # no harm in saying too much
        return
    for wrong in (LEFT_OUT, "short", "t" * (LONGEST_TOKEN + 1), "with a space in the middle of it"):
        assert asker.refused(client_notification_token=wrong) == "invalid_request"
