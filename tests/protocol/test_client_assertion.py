"""RFC 7523 §3 and FAPI 2.0 §5.3.2.1: what Authlib and joserfc accept by default and we must not."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from idp.protocol.client_assertion import claimed_client_id, verify_client_assertion
from idp.protocol.errors import InvalidClientError
from tests.protocol.signing import GONE, assertion, ec_key, okp_key, rsa_key

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ISSUER = "https://id.example"
KEY = ec_key()
SECONDS = int(NOW.timestamp())


def jwks(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def verify(text: str, keys: dict[str, Any] | None = None) -> Any:
    return verify_client_assertion(
        client_assertion=text,
        expected_client_id="jobs",
        expected_audience=ISSUER,
        expected_jwks=keys or jwks(KEY),
        now=NOW,
    )


def test_a_good_assertion_names_the_client_and_what_to_spend() -> None:
    verified = verify(assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER))
    assert (verified.client_id, verified.jti) == ("jobs", "assertion-1")
    assert verified.expires_at == NOW + timedelta(seconds=70)


@pytest.mark.parametrize(("key", "alg"), [(rsa_key(), "PS256"), (okp_key(), "EdDSA"), (okp_key(), "Ed25519")])
def test_the_other_algorithms_of_the_profile(key: Any, alg: str) -> None:
    verify(assertion(key, now=NOW, client_id="jobs", audience=ISSUER, alg=alg), jwks(KEY, key))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"sub": GONE},
        {"aud": [ISSUER]},
        {"aud": ISSUER + "/token"},
        {"aud": ISSUER + "/par"},
        {"aud": ISSUER + "/"},
        {"aud": GONE},
        {"jti": GONE},
        {"jti": ""},
        {"jti": "a" * 300},
        {"exp": GONE},
        {"exp": SECONDS - 300},
        {"exp": SECONDS - 10},
        {"exp": str(SECONDS + 60)},
        {"exp": SECONDS + 301},
        {"exp": SECONDS + 3600 * 24 * 365},
        {"iat": SECONDS + 60},
        {"nbf": SECONDS + 60},
        {"iat": GONE, "exp": SECONDS + 301},
    ],
)
def test_a_wrong_claim_is_refused_as_401(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientError) as refused:
        verify(assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, claims=claims))
    assert refused.value.status_code == 401


@pytest.mark.parametrize("claims", [{"nbf": SECONDS + 8}, {"iat": SECONDS + 8}, {"iat": GONE}])
def test_clocks_may_differ_by_ten_seconds(claims: dict[str, Any]) -> None:
    verify(assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, claims=claims))


@pytest.mark.parametrize(("life", "is_taken"), [(3600, True), (3601, False)])
def test_outside_fapi_an_assertion_lives_an_hour_at_most(life: int, is_taken: bool) -> None:
    claims = {"aud": f"{ISSUER}/token", "exp": SECONDS + life}
    text = assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, claims=claims)
    refusal: AbstractContextManager[object] = pytest.raises(InvalidClientError, match="3600 seconds")
    with nullcontext() if is_taken else refusal:
        verify_client_assertion(
            client_assertion=text,
            expected_client_id="jobs",
            expected_audience=ISSUER,
            other_audiences=(f"{ISSUER}/token",),
            expected_jwks=jwks(KEY),
            now=NOW,
        )


def test_rs256_and_shared_secrets_are_refused() -> None:
    key = rsa_key()
    with pytest.raises(InvalidClientError):
        verify(assertion(key, now=NOW, client_id="jobs", audience=ISSUER, alg="RS256"), jwks(key))
    secret = OctKey.generate_key(256)
    with pytest.raises(InvalidClientError):
        verify(assertion(secret, now=NOW, client_id="jobs", audience=ISSUER, alg="HS256"))


@pytest.mark.parametrize(
    "header", [{"kid": "../other"}, {"kid": 7}, {"kid": "a" * 300}, {"crit": ["b64"], "b64": True}]
)
def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientError):
        verify(assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, header=header))


def test_a_key_in_the_header_is_not_looked_at() -> None:
    stranger = ec_key()
    embedded = {"jwk": stranger.as_dict(private=False), "kid": GONE}
    with pytest.raises(InvalidClientError):
        verify(assertion(stranger, now=NOW, client_id="jobs", audience=ISSUER, header=embedded))


def test_without_kid_the_one_key_that_fits_is_used_and_two_are_too_many() -> None:
    text = assertion(KEY, now=NOW, client_id="jobs", audience=ISSUER, header={"kid": GONE})
    verify(text)
    with pytest.raises(InvalidClientError):
        verify(text, jwks(KEY, ec_key()))


@given(st.text(max_size=200))
def test_no_text_does_anything_but_being_refused(text: str) -> None:
    with pytest.raises(InvalidClientError):
        claimed_client_id(text)
    with pytest.raises(InvalidClientError):
        verify(text)
