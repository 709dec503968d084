"""Parameters, authorization requests, pushed requests and token requests: RFC 6749, 9126, OpenID Connect Core."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization_request import parse_authorization_request
from idp.protocol.errors import (
    InvalidClientError,
    InvalidDpopProof,
    InvalidRequestError,
    OAuth2Error,
    RequestNotSupportedError,
    UnsupportedGrantType,
    UnsupportedResponseType,
)
from idp.protocol.parameters import parse_parameters, words
from idp.protocol.pushed_request import bound_key, pushed_parameters, sealed_part
from idp.protocol.token_request import (
    CodeRedemption,
    OwnAuthority,
    Refresh,
    parse_client_credentials,
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
        assert len(parse_authorization_request({**GOOD, **changes}).code_challenge) == 43


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
        ({"request": "x"}, RequestNotSupportedError),
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
        (parse_client_credentials, {"client_id": "jobs", "client_secret": "s"}, InvalidClientError),
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
