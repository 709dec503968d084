"""What may be registered as a client: RFC 7591, OpenID Connect Registration, and our narrower rules."""

from collections.abc import Mapping
from typing import Any

import pytest
from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

from idp.authorization.client_registration.rules import validate_client_metadata
from idp.protocol.discovery import provider_metadata
from tests.protocol.signing import ec_key, rsa_key

SERVER = provider_metadata(
    issuer="https://id.example",
    acr_values=["urn:tuaton:ial:2.3:aal:2.2"],
    authorization_details_types=["gdx"],
    id_token_algorithms=["ES256", "RS256"],
)
GOOD: dict[str, Any] = {
    "redirect_uris": ["https://jobs.example/callback"],
    "jwks": {"keys": [ec_key().as_dict(private=False)]},
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile",
}


def judge(changes: Mapping[str, Any], *, first_party: bool = False) -> Mapping[str, Any]:
    return validate_client_metadata(
        {**GOOD, **changes}, server_metadata=SERVER, first_party=first_party, loopback_allowed=False
    )


def test_defaults_are_the_strict_ones() -> None:
    judged = judge({})
    assert judged["token_endpoint_auth_method"] == "private_key_jwt"
    assert judged["id_token_signed_response_alg"] == "ES256"
    assert judged["dpop_bound_access_tokens"] is True


def test_a_client_without_redirects_needs_no_address() -> None:
    judge({"grant_types": ["client_credentials"], "redirect_uris": []})


def test_staff_is_for_first_parties() -> None:
    judge({"scope": "openid staff"}, first_party=True)
    with pytest.raises(InvalidClientMetadataError):
        judge({"scope": "openid staff"})


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "none"},
        {"grant_types": ["implicit"]},
        {"grant_types": ["password"]},
        {"response_types": ["token"]},
        {"scope": "openid everything"},
        {"subject_type": "public"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [ec_key().as_dict(private=True)]}},
        {"jwks": {"keys": [rsa_key(1024).as_dict(private=False)]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
        {"jwks": {"keys": "x"}},
        {"jwks": "x"},
        {"jwks": {"keys": [ec_key().as_dict(private=False)] * 21}},
        {"jwks_uri": "https://jobs.example/jwks"},
        {"contacts": "nobody"},
    ],
)
def test_wrong_metadata_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadataError):
        judge(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": []},
        {"redirect_uris": ["http://jobs.example/callback"]},
        {"redirect_uris": ["http://127.0.0.1/callback"]},
        {"redirect_uris": ["https://*.example/callback"]},
        {"redirect_uris": [f"https://jobs.example/{number}" for number in range(11)]},
        {"redirect_uris": ["https://jobs.example/callback"], "grant_types": ["client_credentials"]},
    ],
)
def test_wrong_addresses_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRedirectURIError):
        judge(changes)
