"""RFC 9449 §4.3, check by check, and the negative cases of the FAPI 2.0 conformance plan."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from idp.protocol.dpop import (
    DpopNonces,
    access_token_hash,
    normalised_url,
    only_proof,
    verify_dpop_proof,
)
from idp.protocol.errors import InvalidDpopProof, UseDpopNonce
from idp.protocol.jose import JwtRefused
from tests.protocol.signing import GONE, ec_key, okp_key, proof, rsa_key, signed

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://server.example.com/token"
KEY = ec_key()


def verify(text: str, **changes: Any) -> Any:
    trusted: dict[str, Any] = {"expected_method": "POST", "expected_url": URL, "now": NOW, **changes}
    return verify_dpop_proof(text, **trusted)


# RFC 9449 §4.1, figure 2
EXAMPLE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQ"
    "yVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijo"
    "xNTYyMjYyNjE2fQ"
    ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)


def test_the_example_of_section_4_1_verifies_and_gives_the_thumbprint_of_section_6_1() -> None:
    verified = verify(EXAMPLE, now=datetime.fromtimestamp(1562262616, UTC))
    assert verified.jkt == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert verified.jti == "-BwC3ESc6acc2lTc"


def test_the_access_token_hash_of_section_7_1() -> None:
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert access_token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


@pytest.mark.parametrize(
    ("key", "alg"), [(ec_key(), "ES256"), (rsa_key(), "PS256"), (okp_key(), "EdDSA"), (okp_key(), "Ed25519")]
)
def test_every_algorithm_of_the_profile_verifies(key: Any, alg: str) -> None:
    assert verify(proof(key, now=NOW, alg=alg)).jkt == key.thumbprint()


def test_the_proof_is_good_until_its_window_ends() -> None:
    assert verify(proof(KEY, now=NOW)).expires_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    "header",
    [
        {"typ": GONE},
        {"typ": "JWT"},
        {"typ": "DPOP+JWT"},
        {"jwk": GONE},
        {"jwk": KEY.as_dict(private=True)},
        {"jwk": "text"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": ec_key().as_dict(private=False)},
        {"crit": ["exp"], "exp": 1},
        {"b64": False},
    ],
)
def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(proof(KEY, now=NOW, header=header))


@pytest.mark.parametrize(
    "claims",
    [
        {"jti": GONE},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a" * 257},
        {"htm": GONE},
        {"htm": "GET"},
        {"htm": "post"},
        {"htu": GONE},
        {"htu": "https://server.example.com/other"},
        {"htu": "http://server.example.com/token"},
        {"htu": "https://server.example.com:8443/token"},
        {"htu": "https://server.example.com@evil.example/token"},
        {"htu": "/token"},
        {"htu": "https://server.example.com:99999/token"},
        {"iat": GONE},
        {"iat": "now"},
        {"iat": True},
        {"iat": 1e300},
        {"iat": -5},
        {"iat": int(NOW.timestamp()) - 3600},
        {"iat": int(NOW.timestamp()) + 3600},
        {"iat": int(NOW.timestamp()) - 61},
        {"iat": int(NOW.timestamp()) + 61},
        {"exp": int(NOW.timestamp()) - 1},
        {"nbf": int(NOW.timestamp()) + 3600},
    ],
)
def test_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(proof(KEY, now=NOW, claims=claims))


@pytest.mark.parametrize("seconds", [-60, -10, 0, 10, 60])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    verify(proof(KEY, now=NOW + timedelta(seconds=seconds)))


def test_a_second_address_of_the_same_resource_is_as_good() -> None:
    second = "https://mtls.example.com/token"
    at_second = proof(KEY, now=NOW, claims={"htu": second})
    assert verify(at_second, other_url=second).jkt == KEY.thumbprint()
    assert verify(proof(KEY, now=NOW), other_url=second).jkt == KEY.thumbprint()
    for other_url in (None, "https://mtls.example.com/par"):
        with pytest.raises(InvalidDpopProof):
            verify(at_second, other_url=other_url)


@pytest.mark.parametrize(
    "htu",
    [
        URL + "?query=1",
        URL + "#fragment",
        "HTTPS://SERVER.example.COM/token",
        "https://server.example.com:443/token",
        "https://server.example.com/%74oken",
    ],
)
def test_query_case_default_port_and_escapes_make_no_difference(htu: str) -> None:
    verify(proof(KEY, now=NOW, claims={"htu": htu}))


def test_an_escaped_slash_is_another_path() -> None:
    assert normalised_url("https://a.example/x%2Fy") != normalised_url("https://a.example/x/y")


def test_symmetric_and_unsigned_proofs_are_refused() -> None:
    secret = OctKey.generate_key(256)
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": KEY.as_dict(private=False)}
    claims = {"jti": "a", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())}
    with pytest.raises(InvalidDpopProof):
        verify(signed(header, claims, secret))
    unsigned = base64.urlsafe_b64encode(json.dumps({**header, "alg": "none"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for text in (f"{unsigned}.{body}.", f"{unsigned}.{body}.AA"):
        with pytest.raises(InvalidDpopProof):
            verify(text)


def test_rs256_and_short_rsa_keys_are_refused() -> None:
    key = rsa_key()
    with pytest.raises(InvalidDpopProof):
        verify(proof(key, now=NOW, alg="RS256"))
    with pytest.raises(InvalidDpopProof):
        verify(proof(rsa_key(1024), now=NOW, alg="PS256"))


def test_a_changed_signature_is_refused() -> None:
    head, body, signature = proof(KEY, now=NOW).split(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    with pytest.raises(InvalidDpopProof):
        verify(f"{head}.{body}.{changed}")


def test_the_proof_is_bound_to_the_token_and_to_the_key() -> None:
    verify(proof(KEY, now=NOW, access_token="token"), expected_access_token="token", expected_jkt=KEY.thumbprint())
    with pytest.raises(InvalidDpopProof):
        verify(proof(KEY, now=NOW, access_token="other"), expected_access_token="token")
    with pytest.raises(InvalidDpopProof):
        verify(proof(KEY, now=NOW), expected_access_token="token")
    with pytest.raises(InvalidDpopProof):
        verify(proof(KEY, now=NOW), expected_jkt=ec_key().thumbprint())


def test_two_proofs_are_one_too_many() -> None:
    assert only_proof([]) is None
    assert only_proof(["one"]) == "one"
    with pytest.raises(InvalidDpopProof):
        only_proof(["one", "two"])


def test_a_nonce_holds_for_its_minute_and_its_neighbours() -> None:
    nonces = DpopNonces(b"k" * 32)
    nonce = nonces.current(now=NOW)
    for seconds in (-60, 0, 60):
        assert nonces.accepts(nonce, now=NOW + timedelta(seconds=seconds))
    for seconds in (-120, 120):
        assert not nonces.accepts(nonce, now=NOW + timedelta(seconds=seconds))
    assert not DpopNonces(b"x" * 32).accepts(nonce, now=NOW)


def test_a_required_nonce_must_be_there_and_a_given_one_must_be_ours() -> None:
    nonces = DpopNonces(b"k" * 32)
    good = proof(KEY, now=NOW, nonce=nonces.current(now=NOW))
    verify(good, nonces=nonces, nonce_required=True)
    with pytest.raises(UseDpopNonce):
        verify(proof(KEY, now=NOW), nonces=nonces, nonce_required=True)
    with pytest.raises(UseDpopNonce):
        verify(proof(KEY, now=NOW, nonce="invented"), nonces=nonces)
    with pytest.raises(UseDpopNonce):
        verify(proof(KEY, now=NOW, claims={"nonce": 7}), nonces=nonces)


@given(st.text(max_size=300))
def test_no_text_does_anything_but_being_refused(text: str) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    name=st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce", "exp", "nbf"]),
    value=JSON_VALUES | st.just("\ud800"),
)
def test_no_claim_does_anything_but_verify_or_be_refused(name: str, value: Any) -> None:
    text = proof(KEY, now=NOW, access_token="token", claims={name: value})
    with suppress(InvalidDpopProof, UseDpopNonce):
        assert verify(text, expected_access_token="token").jti.isascii()


@given(
    kty=st.sampled_from(["EC", "RSA", "OKP", "oct", "XX"]),
    members=st.dictionaries(st.sampled_from(["crv", "x", "y", "n", "e", "d", "use", "alg", "kid"]), JSON_VALUES),
)
def test_no_key_in_the_header_does_anything_but_being_refused(kty: str, members: dict[str, Any]) -> None:
    text = proof(KEY, now=NOW, header={"jwk": {"kty": kty, "crv": "P-256", **members}})
    with pytest.raises(InvalidDpopProof):
        verify(text)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(path: str) -> None:
    try:
        once = normalised_url("https://host.example/" + path)
    except JwtRefused:
        return
    assert normalised_url(once) == once
