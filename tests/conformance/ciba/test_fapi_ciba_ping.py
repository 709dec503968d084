"""FAPI-CIBA ID1 in ping mode: one test per module about the client's notification endpoint (CIBA §10.2)."""

import time

import pytest

from tests.conformance.ciba.asker import Asker
from tests.conformance.ciba.conftest import PINGED

QUIET_SECONDS = 3.0
"""Several rounds of the worker: a second ping would have come by now."""

pytestmark = pytest.mark.parametrize("plan", PINGED, indirect=True, scope="session")


def heard_once(asker: Asker, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
    """The endpoint answers like this; it is pinged once, and the tokens are there all the same."""
    asker.notified.answers[f"/{asker.notification_path}"] = (status, headers or {}, body)
    auth_req_id = asker.ask()["auth_req_id"]
    asker.decide(auth_req_id)
    asker.hear(auth_req_id)
    time.sleep(QUIET_SECONDS)
    assert not [ping for ping in list(asker.notified.received.queue) if auth_req_id in ping.body]
    asker.tokens(auth_req_id)


def test_ping_backchannel_notification_endpoint_response_has_body(asker: Asker) -> None:
    heard_once(asker, 200, {"content-type": "application/json"}, b'{"thanks": true}')


def test_ping_backchannel_notification_endpoint_response_401(asker: Asker) -> None:
    heard_once(asker, 401)


def test_ping_backchannel_notification_endpoint_response_403(asker: Asker) -> None:
    heard_once(asker, 403)


def test_ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry(
    asker: Asker,
) -> None:
    heard_once(asker, 401, {"www-authenticate": "Bearer"})


@pytest.mark.parametrize("status", [302, 307])
def test_ping_backchannel_notification_endpoint_return_redirect_request(asker: Asker, status: int) -> None:
    # CIBA §10.2: the provider must not follow redirects
    heard_once(asker, status, {"location": f"{asker.notified.url}/elsewhere"})
