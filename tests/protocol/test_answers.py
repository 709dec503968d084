"""What goes out: redirects, challenges, tokens and metadata."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.access_token import access_token_claims, validate_access_token_claims
from idp.protocol.authorization_header import (
    TokenScheme,
    challenge,
    only_authorization,
    parse_authorization,
    validate_scheme,
)
from idp.protocol.discovery import provider_metadata
from idp.protocol.errors import (
    AccessDeniedError,
    CredentialsMissing,
    InvalidRequestError,
    InvalidTokenError,
    OAuth2Error,
    UseDpopNonce,
)
from idp.protocol.id_token import at_hash
from idp.protocol.redirection import (
    RedirectUriRefused,
    is_registered,
    validate_registered_redirect_uri,
    with_answer,
)
from idp.protocol.response_mode import code_members, error_members

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_every_redirect_names_the_issuer_and_keeps_the_query() -> None:
    members = code_members(code="c", state="s&t", issuer="https://id.example", session_state="h.s")
    location = with_answer("https://a.example/cb?x=1", members)
    assert parse_qs(urlsplit(location).query) == {
        "x": ["1"],
        "code": ["c"],
        "state": ["s&t"],
        "session_state": ["h.s"],
        "iss": ["https://id.example"],
    }
    refusal = error_members(error=AccessDeniedError(), state=None, issuer="https://i")
    assert (refusal["error"], refusal["iss"]) == ("access_denied", "https://i")
    assert "state" not in refusal


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://jobs.example/callback",
        "https://jobs.example:8443/callback?fixed=1",
        "http://jobs.localhost:8010/callback",
        "http://127.0.0.1:8010/callback",
    ],
)
def test_what_may_be_registered(redirect_uri: str) -> None:
    validate_registered_redirect_uri(redirect_uri, loopback_allowed=True)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        "callback",
        "//jobs.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://ok@evil.example/",
        "https://ok:80@evil.example/",
        "http://localhost:80@evil.example/",
        "https://jobs.example/#fragment",
        "https://*.example/callback",
        "https://jobs.example\\evil/",
        "https://jobs.example/\tcallback",
        "https://jobs.example/a/../callback",
        "https://jobs.example/..;/callback",
        "https://jobs.example/%2e%2e/callback",
        "https://203.0.113.7/callback",
        "https://[2001:db8::1]/callback",
        "http://jobs.example/callback",
        "http://localhost.evil.example/callback",
        "https://งาน.example/callback",
        "https://jobs.example/" + "a" * 600,
    ],
)
def test_what_may_not_be_registered(redirect_uri: str) -> None:
    with pytest.raises(RedirectUriRefused):
        validate_registered_redirect_uri(redirect_uri, loopback_allowed=True)


def test_http_is_for_the_own_machine_where_that_is_allowed() -> None:
    with pytest.raises(RedirectUriRefused):
        validate_registered_redirect_uri("http://127.0.0.1/callback", loopback_allowed=False)


@given(st.text(max_size=40))
def test_no_other_text_matches_a_registered_address(suffix: str) -> None:
    registered = "https://jobs.example/callback"
    assert is_registered(registered + suffix, registered=[registered]) == (suffix == "")


def test_the_authorization_header() -> None:
    assert parse_authorization("DPoP abc").scheme is TokenScheme.DPOP
    assert parse_authorization("bearer abc").scheme is TokenScheme.BEARER
    with pytest.raises(CredentialsMissing):
        parse_authorization(None)
    for wrong in ("", "abc", "Basic abc", "DPoP", "DPoP a b", "DPoP ก", "DPoP a\nb"):
        with pytest.raises(InvalidTokenError):
            parse_authorization(wrong)
    with pytest.raises(InvalidRequestError):
        only_authorization(["DPoP a", "Bearer a"])


@pytest.mark.parametrize(("scheme", "bound"), [(TokenScheme.BEARER, True), (TokenScheme.DPOP, False)])
def test_a_token_under_the_wrong_scheme_is_refused(scheme: TokenScheme, bound: bool) -> None:
    with pytest.raises(InvalidTokenError):
        validate_scheme(scheme=scheme, bound_to_key=bound)


def test_the_challenge_names_no_error_when_nothing_was_shown() -> None:
    assert challenge(CredentialsMissing()) == 'DPoP algs="ES256 PS256 EdDSA Ed25519", Bearer'


def test_the_challenge_says_under_each_scheme_what_was_wrong() -> None:
    said = 'error="invalid_token", error_description="the token has expired"'
    dpop, bearer = challenge(InvalidTokenError("the token has expired")).split(", Bearer ")
    assert dpop.startswith("DPoP algs=")
    assert dpop.endswith(said)
    assert bearer == said
    assert challenge(UseDpopNonce()).endswith(", Bearer")


def test_error_texts_are_ascii_by_construction() -> None:
    with pytest.raises(ValueError, match="forbidden"):
        OAuth2Error("ไม่พบผู้ใช้")


def test_at_hash_is_the_left_half() -> None:
    # OpenID Connect Core, appendix A.4
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    assert at_hash(token, algorithm="RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


def claims(**changes: Any) -> dict[str, Any]:
    made = access_token_claims(
        issuer="https://id.example",
        audience="https://data.example",
        jti="j",
        client_id="jobs",
        sub="s",
        now=NOW,
        lifetime=timedelta(seconds=300),
        scope=("openid",),
        authorization_details=[],
        jkt="k",
        gid="g",
        acr="urn:x",
        auth_time=NOW,
    )
    return {**made, **changes}


def judge(made: dict[str, Any], now: datetime = NOW) -> Any:
    return validate_access_token_claims(
        made, expected_issuer="https://id.example", expected_audience="https://data.example", now=now
    )


def test_an_access_token_says_what_was_put_in() -> None:
    judged = judge(claims())
    assert (judged.jti, judged.client_id, judged.jkt, judged.gid) == ("j", "jobs", "k", "g")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "https://id.example"},
        {"aud": ["https://data.example", "https://other.example"]},
        {"exp": int(NOW.timestamp())},
        {"exp": None},
        {"jti": None},
        {"client_id": 7},
        {"sub": ""},
        {"authorization_details": "x"},
    ],
)
def test_a_wrong_access_token_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        judge(claims(**changes))


def test_an_access_token_ends_after_five_minutes() -> None:
    judge(claims(), NOW + timedelta(seconds=299))
    with pytest.raises(InvalidTokenError):
        judge(claims(), NOW + timedelta(seconds=300))


def metadata(issuer: str) -> dict[str, Any]:
    return provider_metadata(
        issuer=issuer,
        acr_values=["urn:tuaton:ial:2.3:aal:2.2"],
        authorization_details_types=["gdx"],
        id_token_algorithms=["ES256", "RS256"],
    )


@pytest.mark.parametrize("issuer", ["https://id.example", "http://id.localhost:8000", "http://127.0.0.1:8000"])
def test_metadata_pass_authlibs_validation(issuer: str) -> None:
    published = metadata(issuer)
    assert published["issuer"] == issuer
    assert published["pushed_authorization_request_endpoint"] == f"{issuer}/par"
    assert published["authorization_response_iss_parameter_supported"] is True
    assert published["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize("issuer", ["http://id.example", "https://id.example/", "https://id.example?x=1", ""])
def test_metadata_of_a_wrong_issuer_are_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        metadata(issuer)
