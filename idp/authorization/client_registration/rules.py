"""Judging client metadata: RFC 7591 §2, OpenID Connect Registration §2, RFC 9449 §5.2."""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc7591 import ClientMetadataClaims, InvalidClientMetadataError, InvalidRedirectURIError
from authlib.oidc.registration import ClientMetadataClaims as OpenIdClientMetadataClaims
from joserfc.errors import JoseError

from idp.protocol.jose import JwtRefused, import_public_key
from idp.protocol.redirection import RedirectUriRefused, validate_registered_redirect_uri
from idp.protocol.scopes import FIRST_PARTY_SCOPES
from idp.protocol.token_request import AUTHORIZATION_CODE

MOST_REDIRECT_URIS = 10
MOST_KEYS = 20
ID_TOKEN_ALGORITHMS = ("ES256", "RS256")


def validate_client_metadata(
    metadata: Mapping[str, Any], *, server_metadata: Mapping[str, Any], first_party: bool, loopback_allowed: bool
) -> Mapping[str, Any]:
    """The metadata with defaults filled in.

    Raises Authlib's InvalidClientMetadataError or InvalidRedirectURIError.
    """
    judged: dict[str, Any] = {
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": [AUTHORIZATION_CODE],
        "response_types": ["code"],
        "redirect_uris": [],
        "scope": "openid",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "dpop_bound_access_tokens": True,
        **metadata,
    }
    _judge_keys(judged)
    try:
        options = ClientMetadataClaims.get_claims_options(server_metadata)
        ClientMetadataClaims(dict(judged), {}, options).validate()
        openid_options = OpenIdClientMetadataClaims.get_claims_options(server_metadata)
        OpenIdClientMetadataClaims(dict(judged), {}, openid_options).validate()
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise InvalidClientMetadataError("a metadata field is not acceptable") from error
    _judge_redirect_uris(judged, loopback_allowed)
    if judged["id_token_signed_response_alg"] not in ID_TOKEN_ALGORITHMS:
        raise InvalidClientMetadataError("id_token_signed_response_alg must be ES256 or RS256")
    if FIRST_PARTY_SCOPES & set(judged["scope"].split()) and not first_party:
        raise InvalidClientMetadataError("a scope is for the issuer's own clients alone")
    return judged


def _judge_redirect_uris(judged: Mapping[str, Any], loopback_allowed: bool) -> None:
    redirect_uris = judged["redirect_uris"]
    uses_redirects = AUTHORIZATION_CODE in judged["grant_types"]
    if uses_redirects != bool(redirect_uris) or len(redirect_uris) > MOST_REDIRECT_URIS:
        raise InvalidRedirectURIError("redirect_uris must fit the grant_types")
    try:
        for redirect_uri in redirect_uris:
            validate_registered_redirect_uri(redirect_uri, loopback_allowed=loopback_allowed)
    except RedirectUriRefused as error:
        raise InvalidRedirectURIError(str(error)) from error


def _judge_keys(judged: Mapping[str, Any]) -> None:
    # Keys are registered by value: a key set behind an address is whatever that address says tomorrow.
    jwks = judged.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if "jwks_uri" in judged or not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise InvalidClientMetadataError("jwks must hold the client's public keys")
    try:
        for jwk in keys:
            import_public_key(jwk)
    except JwtRefused as error:
        raise InvalidClientMetadataError(str(error)) from error
