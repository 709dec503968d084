"""Parameters, authorization requests, pushed requests and token requests: RFC 6749, 9126, OpenID Connect Core."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization_request import AuthorizationRequest
from idp.protocol.authorization_request import parse_authorization_request as parse_request
from idp.protocol.client_credentials import parse_client_credentials
from idp.protocol.errors import (
    InvalidClientError,
    InvalidDpopProof,
    InvalidRequestError,
    OAuth2Error,
    UnsupportedGrantType,
    UnsupportedResponseType,
)
from idp.protocol.parameters import parse_parameters, words
from idp.protocol.prompt import Prompt
from idp.protocol.pushed_request import bound_key, pushed_parameters, sealed_part
from idp.protocol.response_mode import ResponseMode, error_mode
from idp.protocol.token_request import (
    CodeRedemption,
    OwnAuthority,
    Refresh,
    parse_token_request,
)

GOOD = {
    "client_id": "jobs",
    "redirect_uri": "https://jobs.example/callback",
    "response_type": "code",
    "scope": "openid profile",
    "state": "s",
    "nonce": "n",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


def parse_authorization_request(
    parameters: dict[str, str],
    *,
    modes: tuple[str, ...] = ("query",),
    pkce_required: bool = True,
    nonce_required: bool = True,
) -> AuthorizationRequest:
    return parse_request(parameters, expected_modes=modes, pkce_required=pkce_required, nonce_required=nonce_required)


def test_a_parameter_without_value_counts_as_left_out() -> None:
    assert parse_parameters("a=1&b=&c=%E0%B8%81") == {"a": "1", "c": "ก"}


@pytest.mark.parametrize(
    "raw", ["a=1&a=2", "a=1&a=", "a=&a=", b"\xff=1", "a=%FF", "a=%00", "a=x%0A", "&".join(["a=1"] * 60)]
)
def test_unreadable_or_repeated_parameters_are_refused(raw: bytes | str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_parameters(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_parameters_or_an_invalid_request(raw: bytes) -> None:
    try:
        parameters = parse_parameters(raw)
    except InvalidRequestError:
        return
    assert all(parameters.values())


@given(
    st.dictionaries(st.sampled_from(sorted({*GOOD, "prompt", "max_age", "dpop_jkt", "request"})), st.text(max_size=40))
)
def test_any_parameters_are_a_request_or_an_oauth_error(changes: dict[str, str]) -> None:
    with suppress(OAuth2Error):
        assert len(parse_authorization_request({**GOOD, **changes}).code_challenge or "") == 43


def test_a_good_request() -> None:
    request = parse_authorization_request({**GOOD, "prompt": "login consent", "max_age": "60", "unknown": "x"})
    assert request.scope == ("openid", "profile")
    assert request.prompt == ("login", "consent")
    assert request.max_age == 60


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, UnsupportedResponseType),
        ({"response_type": "code id_token"}, UnsupportedResponseType),
        ({"response_mode": "fragment"}, InvalidRequestError),
        ({"prompt": "none login"}, InvalidRequestError),
        ({"prompt": "sudo"}, InvalidRequestError),
        ({"max_age": "-1"}, InvalidRequestError),
        ({"max_age": "๑"}, InvalidRequestError),
        ({"dpop_jkt": "short"}, InvalidRequestError),
        ({"state": "s" * 1025}, InvalidRequestError),
        ({"nonce": "n" * 1025}, InvalidRequestError),
        ({"scope": "s" * 513}, InvalidRequestError),
        ({"acr_values": "s" * 513}, InvalidRequestError),
        ({"authorization_details": "ก" * 1366}, InvalidRequestError),
        ({"authorization_details": "x" * 4097}, InvalidRequestError),
        ({"authorization_details": "x" * 3000, "claims": "x" * 3000}, InvalidRequestError),
        ({"code_challenge_method": "plain"}, InvalidRequestError),
    ],
)
def test_a_wrong_parameter_gives_its_error(changes: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_authorization_request({**GOOD, **changes})


@pytest.mark.parametrize(
    "name", ["response_type", "code_challenge", "code_challenge_method", "client_id", "redirect_uri"]
)
def test_a_missing_parameter_is_an_invalid_request(name: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_authorization_request({key: value for key, value in GOOD.items() if key != name})


def test_a_nonce_takes_the_place_of_pkce_where_the_client_may() -> None:
    bare = {name: value for name, value in GOOD.items() if not name.startswith("code_challenge")}
    assert parse_authorization_request(bare, pkce_required=False).code_challenge is None
    for wrong in (
        {name: value for name, value in bare.items() if name != "nonce"},
        {**bare, "code_challenge_method": "S256"},
        {**bare, "code_challenge": "short"},
    ):
        with pytest.raises(InvalidRequestError):
            parse_authorization_request(wrong, pkce_required=False)
    # where PKCE is required, no exception for the nonce takes it away
    with pytest.raises(InvalidRequestError):
        parse_authorization_request(bare, nonce_required=False)
    # OpenID Connect Core §3.1.2.1: the nonce is optional; who is registered so may leave both out
    neither = {name: value for name, value in bare.items() if name != "nonce"}
    asked = parse_authorization_request(neither, pkce_required=False, nonce_required=False)
    assert (asked.code_challenge, asked.nonce) == (None, None)
    # RFC 7636: a challenge that is sent counts, whether it was required or not
    assert parse_authorization_request(GOOD, pkce_required=False).code_challenge == GOOD["code_challenge"]


@pytest.mark.parametrize("mode", list(ResponseMode))
def test_a_response_mode_is_one_the_client_may_use(mode: ResponseMode) -> None:
    assert parse_authorization_request({**GOOD, "response_mode": mode}, modes=(mode,)).response_mode is mode
    with pytest.raises(InvalidRequestError):
        parse_authorization_request({**GOOD, "response_mode": mode}, modes=())
    assert mode.is_signed == ("jwt" in mode)
    assert mode.is_posted == ("form_post" in mode)


def test_without_a_mode_it_is_the_query_unless_the_client_registered_others_alone() -> None:
    assert parse_authorization_request(GOOD).response_mode is ResponseMode.QUERY
    with pytest.raises(InvalidRequestError):
        parse_authorization_request(GOOD, modes=("jwt",))
    assert error_mode(None, expected_modes=("jwt",)) is ResponseMode.JWT
    assert error_mode("fragment", expected_modes=("query", "jwt")) is ResponseMode.QUERY
    assert error_mode("form_post", expected_modes=("query", "form_post")) is ResponseMode.FORM_POST


def test_hints_and_locales_are_kept_and_bounded() -> None:
    asked = {"login_hint": "a@example.com", "display": "popup", "claims_locales": "th en", "id_token_hint": "x"}
    request = parse_authorization_request({**GOOD, **asked, "prompt": "select_account"})
    assert (request.login_hint, request.display, request.id_token_hint) == ("a@example.com", "popup", "x")
    assert (request.claims_locales, request.prompt) == (("th", "en"), (Prompt.SELECT_ACCOUNT,))
    for name, longest in (("login_hint", 256), ("id_token_hint", 8192)):
        with pytest.raises(InvalidRequestError):
            parse_authorization_request({**GOOD, name: "x" * (longest + 1)})


def test_a_pushed_request_is_the_clients_own_and_holds_no_request_uri() -> None:
    body = {**GOOD, "client_assertion": "a.b.c", "client_assertion_type": "t"}
    assert pushed_parameters(body, authenticated_client_id="jobs") == GOOD
    with pytest.raises(InvalidRequestError):
        pushed_parameters({**body, "request_uri": "urn:x"}, authenticated_client_id="jobs")
    with pytest.raises(InvalidRequestError):
        pushed_parameters(body, authenticated_client_id="other")


def test_a_code_is_bound_to_one_key() -> None:
    assert bound_key(dpop_jkt=None, proof_jkt=None) is None
    assert bound_key(dpop_jkt="a", proof_jkt=None) == bound_key(dpop_jkt=None, proof_jkt="a") == "a"
    with pytest.raises(InvalidDpopProof):
        bound_key(dpop_jkt="a", proof_jkt="b")


def test_only_our_own_request_uris_are_opened() -> None:
    assert sealed_part("urn:ietf:params:oauth:request_uri:1.abc") == "1.abc"
    assert sealed_part("https://evil.example/request.jwt") is None


def test_token_requests_are_a_closed_union() -> None:
    code: dict[str, str] = {"grant_type": "authorization_code", "code": "c", "redirect_uri": "r", "code_verifier": "v"}
    match parse_token_request(code):
        case CodeRedemption("c", "r", "v"):
            pass
        case other:
            pytest.fail(str(type(other)))
    assert isinstance(parse_token_request({"grant_type": "refresh_token", "refresh_token": "r"}), Refresh)
    assert isinstance(parse_token_request({"grant_type": "client_credentials"}), OwnAuthority)


@pytest.mark.parametrize(
    ("parse", "parameters", "error"),
    [
        (parse_token_request, {}, InvalidRequestError),
        (parse_token_request, {"grant_type": "password"}, UnsupportedGrantType),
        (parse_token_request, {"grant_type": "authorization_code"}, InvalidRequestError),
        (parse_token_request, {"grant_type": "refresh_token"}, InvalidRequestError),
        (
            parse_token_request,
            {"grant_type": "client_credentials", "authorization_details": "x" * 5000},
            InvalidRequestError,
        ),
        (parse_client_credentials, {"client_secret": "s", "client_assertion": "a.b.c"}, InvalidClientError),
        (parse_client_credentials, {"client_secret": "s"}, InvalidClientError),
        (parse_client_credentials, {}, InvalidClientError),
        (parse_client_credentials, {"client_assertion": "a.b.c"}, InvalidClientError),
    ],
)
def test_a_wrong_token_request_gives_its_error(
    parse: Callable[[Any], Any], parameters: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        parse(parameters)


def test_words_keep_their_order_and_come_once() -> None:
    assert words("b a b") == ("b", "a")
    assert words(None) == words("") == ()
