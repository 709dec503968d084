"""FAPI 2.0 Security Profile Final, one test per module: what clients prove themselves with by `private_key_jwt`."""

from collections.abc import Callable

import pytest

from tests.conformance.browser import Browser
from tests.conformance.fapi2.conftest import BY_ASSERTION
from tests.conformance.fapi2.refusals import refused_at_par
from tests.conformance.party import LEFT_OUT, Party, now
from tests.conformance.server import ISSUER

pytestmark = pytest.mark.parametrize("plan", BY_ASSERTION, indirect=True, scope="session")


@pytest.fixture
def offered(party: Party, browser: Browser) -> Callable[..., None]:
    """Offers an assertion at the token endpoint with a good code, and sees it refused."""

    def offer(assertion: str) -> None:
        asked = party.ask()
        answer = party.redeem(asked, party.authorize(asked, browser).code, assertion=assertion)
        assert answer.status_code in (400, 401), answer.text
        assert answer.json()["error"] in ("invalid_client", "invalid_request")

    return offer


def test_ensure_signed_client_assertion_with_RS256_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(alg="RS256"))


def test_ensure_client_assertion_in_token_endpoint(party: Party, browser: Browser) -> None:
    asked = party.ask()
    answer = party.redeem(
        asked, party.authorize(asked, browser).code, changes={"client_id": party.id}, authenticated=False
    )
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_client", "invalid_request")


def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    party: Party, offered: Callable[..., None]
) -> None:
    offered(party.assertion(exp=now() - 300, iat=now() - 360))


def test_ensure_client_assertion_with_wrong_aud_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(aud="https://other.example"))


def test_ensure_client_assertion_with_no_sub_fails(party: Party, offered: Callable[..., None]) -> None:
    offered(party.assertion(sub=LEFT_OUT))


def test_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(party: Party) -> None:
    assert party.push(party.ask(), assertion=party.assertion(nbf=now() + 8)).status_code == 201


def test_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(party: Party) -> None:
    assertion = party.assertion(nbf=now() + 70, exp=now() + 130)
    assert refused_at_par(party, party.ask(), assertion=assertion) == "invalid_client"


def test_par_test_array_as_audience_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=[ISSUER])) == "invalid_client"


def test_par_test_par_endpoint_url_as_audience_fails(party: Party) -> None:
    url = party.metadata["pushed_authorization_request_endpoint"]
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=url)) == "invalid_client"


def test_par_test_token_endpoint_url_as_audience_fails(party: Party) -> None:
    url = party.metadata["token_endpoint"]
    assert refused_at_par(party, party.ask(), assertion=party.assertion(aud=url)) == "invalid_client"
