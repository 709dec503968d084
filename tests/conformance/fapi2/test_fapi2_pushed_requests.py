"""FAPI 2.0 Security Profile Final, one test per module: what is pushed, and what is not."""

import secrets
from urllib.parse import urlencode

from tests.conformance.browser import Browser, Landed
from tests.conformance.fapi2.early import REQUEST_URI_SECONDS, Early
from tests.conformance.fapi2.refusals import REFUSED, WRONG_RESPONSE_TYPE, refused_at_par
from tests.conformance.party import LEFT_OUT, Party, error_of


def test_ensure_different_nonce_inside_and_outside_request_object(party: Party, browser: Browser) -> None:
    asked = party.ask()
    landed = party.opened(browser.land(party.authorize_url(asked, nonce="outside")), asked)
    assert party.id_token(party.tokens(asked, landed), asked)["nonce"] == asked.nonce


def test_ensure_different_state_inside_and_outside_request_object(party: Party, browser: Browser) -> None:
    asked = party.ask()
    party.opened(browser.land(party.authorize_url(asked, state="outside")), asked)


def test_state_only_outside_request_object_not_used(party: Party, browser: Browser) -> None:
    asked = party.ask(state=LEFT_OUT)
    landed = party.opened(browser.land(party.authorize_url(asked, state="outside")), asked)
    assert "state" not in landed.parameters


def test_ensure_request_object_without_redirect_uri_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(redirect_uri=LEFT_OUT)) in REFUSED


def test_ensure_redirect_uri_in_authorization_request(party: Party) -> None:
    assert refused_at_par(party, party.ask(redirect_uri=LEFT_OUT)) in REFUSED


def test_plain_fapi_tolerate_unregistered_redirect_uri(party: Party) -> None:
    answer = party.push(party.ask(redirect_uri=f"{party.redirect_uri}/unregistered"))
    assert answer.status_code in (201, 400)
    assert answer.status_code == 201 or answer.json()["error"] in ("invalid_request", "invalid_redirect_uri")


def test_ensure_unsigned_authorization_request_without_using_par_fails(party: Party, browser: Browser) -> None:
    asked = party.ask()
    plain = f"{party.metadata['authorization_endpoint']}?{urlencode(asked.parameters)}"
    end = browser.open(plain)
    assert error_of(end) is not None
    assert not isinstance(end, Landed) or "code" not in end.parameters


def test_ensure_response_type_code_idtoken_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(response_type="code id_token")) in WRONG_RESPONSE_TYPE


def test_ensure_response_type_token_fails(party: Party) -> None:
    assert refused_at_par(party, party.ask(response_type="token")) in WRONG_RESPONSE_TYPE


def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    for _ in range(2):  # shown, and not gone on with
        assert browser.http.get(url).status_code == 303
    party.tokens(asked, party.opened(browser.land(url), asked))


def test_par_attempt_reuse_request_uri(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    browser.land(url)
    end = browser.open(url)
    assert not isinstance(end, Landed) or end.error in ("invalid_request_uri", "invalid_request")


def test_par_attempt_to_use_request_uri_for_different_client(party: Party, other: Party, browser: Browser) -> None:
    request_uri = party.push(party.ask()).json()["request_uri"]
    end = browser.open(other.pushed_url(request_uri))
    assert not isinstance(end, Landed) or "code" not in end.parameters
    assert error_of(end) is not None


def test_par_authorization_request_containing_request_uri_form_param(party: Party) -> None:
    # RFC 9126 §2.1: "The request_uri authorization request parameter is one exception, and it MUST NOT be provided."
    pushed = party.push(party.ask()).json()["request_uri"]
    assert refused_at_par(party, party.ask(), extra={"request_uri": pushed}) == "invalid_request"


def test_par_attempt_invalid_http_method(party: Party) -> None:
    url = party.metadata["pushed_authorization_request_endpoint"]
    for method in ("GET", "PUT"):
        assert party.http.request(method, url).status_code == 405


def test_par_without_duplicate_parameters(party: Party, browser: Browser) -> None:
    asked = party.ask()
    url = party.authorize_url(asked)
    assert url.partition("?")[2].count("=") == 2  # client_id and request_uri
    party.opened(browser.land(url), asked)


def test_par_ensure_pkce_required(party: Party) -> None:
    for missing in (("code_challenge",), ("code_challenge", "code_challenge_method")):
        asked = party.ask(**dict.fromkeys(missing, LEFT_OUT))
        assert refused_at_par(party, asked) in REFUSED


def test_par_plain_pkce_rejected(party: Party) -> None:
    plain = secrets.token_urlsafe(32)
    asked = party.ask(code_challenge=plain, code_challenge_method="plain")
    assert refused_at_par(party, asked) in REFUSED


def test_par_attempt_to_use_expired_request_uri(early: Early, browser: Browser) -> None:
    early.wait_for(REQUEST_URI_SECONDS + 2)
    end = browser.open(early.party.pushed_url(early.request_uri))
    assert not isinstance(end, Landed) or end.error in ("invalid_request_uri", "invalid_request")
