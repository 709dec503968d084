"""Signed authorization requests: RFC 9101 and FAPI 2.0 Message Signing §5.3 (attack rows 18 to 22)."""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import Key, OctKey

from idp.protocol.errors import InvalidRequestObject, OAuth2Error, RequestNotSupportedError
from idp.protocol.jose import SIGNING_ALGORITHMS
from idp.protocol.request_object import claimed_redirect_uri, verify_request_object
from tests.protocol.signing import GONE, ec_key, okp_key, rsa_key, signed

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
ISSUER = "https://id.example"
EC, RSA, OKP = ec_key(), rsa_key(), okp_key()
JWKS = {"keys": [key.as_dict(private=False) for key in (EC, RSA, OKP)]}
CLAIMS: dict[str, Any] = {
    "iss": "jobs",
    "aud": ISSUER,
    "exp": MOMENT + 300,
    "nbf": MOMENT,
    "client_id": "jobs",
    "redirect_uri": "https://jobs.example/callback",
    "response_type": "code",
    "scope": "openid",
    "max_age": 60,
    "claims": {"userinfo": {"name": None}},
}


def request_object(
    claims: dict[str, Any] | None = None, *, key: Key = EC, alg: str = "ES256", header: dict[str, Any] | None = None
) -> str:
    whole = {name: value for name, value in {**CLAIMS, **(claims or {})}.items() if value is not GONE}
    return signed({"alg": alg, "kid": key.kid, "typ": "oauth-authz-req+jwt", **(header or {})}, whole, key)


def verified(text: str, *, strict: bool = True, algorithms: tuple[str, ...] = SIGNING_ALGORITHMS) -> dict[str, str]:
    return dict(
        verify_request_object(
            request_object=text,
            expected_client_id="jobs",
            expected_issuer=ISSUER,
            expected_jwks=JWKS,
            expected_algorithms=algorithms,
            strict=strict,
            now=NOW,
        )
    )


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES256"), (RSA, "PS256"), (OKP, "EdDSA")])
def test_the_parameters_come_out_as_text(key: Key, alg: str) -> None:
    parameters = verified(request_object(key=key, alg=alg))
    assert parameters["max_age"] == "60"
    assert json.loads(parameters["claims"]) == CLAIMS["claims"]
    assert parameters["scope"] == "openid"
    assert not {"iss", "aud", "exp", "nbf"} & set(parameters)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [ISSUER, "https://other.example"]},
        {"nbf": MOMENT + 8},
        {"nbf": MOMENT - 3000, "exp": MOMENT + 300},
        {"exp": MOMENT + 3600},
        {"jti": "once", "iat": MOMENT},
    ],
)
def test_what_the_strict_profile_accepts(claims: dict[str, Any]) -> None:
    verified(request_object(claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": GONE},
        {"nbf": GONE},
        {"exp": MOMENT - 11},
        {"exp": MOMENT + 3601},
        {"exp": MOMENT + 4200},
        {"nbf": MOMENT + 61},
        {"nbf": MOMENT - 3601, "exp": MOMENT + 60},
        {"nbf": MOMENT - 3000, "exp": MOMENT + 3000},
        {"exp": "soon"},
        {"aud": GONE},
        {"aud": "https://other.example"},
        {"aud": ["https://other.example"]},
        {"aud": f"{ISSUER}/authorize"},
        {"iss": "other"},
        {"client_id": "other"},
        {"client_id": GONE},
        {"sub": "jobs"},
        {"request": "a.b.c"},
        {"request_uri": "urn:x"},
        {"state": "a\nb"},
        {"state": "\ud800"},
    ],
)
def test_what_it_refuses(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestObject):
        verified(request_object(claims))


def test_a_plain_client_may_leave_times_and_audience_out() -> None:
    bare = {"exp": GONE, "nbf": GONE, "aud": GONE, "iss": GONE}
    assert verified(request_object(bare), strict=False)["scope"] == "openid"
    for wrong in ({"exp": MOMENT - 60}, {"nbf": MOMENT + 60}, {"aud": "https://other.example"}, {"iss": "other"}):
        with pytest.raises(InvalidRequestObject):
            verified(request_object({**bare, **wrong}), strict=False)


@pytest.mark.parametrize(
    "text",
    [
        request_object(key=RSA, alg="RS256"),
        request_object(key=ec_key()),
        request_object(header={"typ": "dpop+jwt"}),
        request_object(header={"typ": "at+jwt"}),
        request_object(header={"crit": ["x"]}),
        request_object(key=ec_key(), header={"jwk": EC.as_dict(private=False)}),
        request_object(header={"kid": "../../etc/passwd"}),
        request_object(key=OctKey.import_key(b"k" * 32), alg="HS256", header={"kid": EC.kid}),
        request_object()[:-6] + "AAAAAA",
        "a.b.c",
        "",
        "{}",
        "x" * 20_000,
    ],
)
def test_hostile_objects_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequestObject):
        verified(text)


def test_rs256_is_for_plain_clients() -> None:
    assert verified(request_object(key=RSA, alg="RS256"), algorithms=(*SIGNING_ALGORITHMS, "RS256"))


def test_an_unsigned_object_is_not_supported() -> None:
    """OpenID Connect Core §6.1."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, CLAIMS)]
    unsigned = ".".join([*parts, ""])
    with pytest.raises(RequestNotSupportedError):
        verified(unsigned, strict=False)
    with pytest.raises(InvalidRequestObject):
        verified(unsigned)
    assert claimed_redirect_uri(unsigned) == CLAIMS["redirect_uri"]


@pytest.mark.parametrize("text", ["", "a.b.c", "....", request_object({"redirect_uri": GONE})])
def test_where_an_unreadable_object_wants_its_answer_is_not_known(text: str) -> None:
    assert claimed_redirect_uri(text) is None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_any_text_is_refused_as_an_oauth_error(text: str) -> None:
    with suppress(OAuth2Error):
        verified(f"{text}.{text}.{text}")
