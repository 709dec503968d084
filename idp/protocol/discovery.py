"""Provider metadata: RFC 8414 §2, OpenID Connect Discovery §3, checked by Authlib's metadata classes."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import rfc9207
from authlib.oidc.discovery import OpenIDProviderMetadata

from idp.protocol.backchannel import CIBA_GRANT, DELIVERY_MODES
from idp.protocol.client_registration import (
    CLIENT_ALGORITHMS,
    ENCRYPTION_ALGORITHMS,
    ENCRYPTION_METHODS,
    SECRET_METHODS,
)
from idp.protocol.device import DEVICE_CODE_GRANT
from idp.protocol.grant_management import SUPPORTED_ACTIONS
from idp.protocol.jose import SIGNING_ALGORITHMS
from idp.protocol.prompt import Prompt
from idp.protocol.redirection import is_loopback
from idp.protocol.request_object import OBJECT_ENCRYPTION_ALGORITHMS, OBJECT_ENCRYPTION_METHODS
from idp.protocol.response_mode import ResponseMode
from idp.protocol.scopes import SCOPE_CLAIMS, claims_of
from idp.protocol.token_request import GRANT_TYPES
from idp.protocol.verified_claims import verified_claims_metadata

MTLS_ENDPOINTS = (
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "userinfo_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
    "grant_management_endpoint",
)
"""Where client certificates count."""


def provider_metadata(
    *,
    issuer: str,
    acr_values: Sequence[str],
    authorization_details_types: Sequence[str],
    id_token_algorithms: Sequence[str],
    scopes: Sequence[str] = tuple(SCOPE_CLAIMS),
    certificate_methods: Sequence[str] = (),
    mtls_url: str | None = None,
    trust_framework: str = "urn:tuaton:demo",
) -> dict[str, Any]:
    """The one document behind both well-known addresses. Raises ValueError when it would be wrong.

    `issuer` is the configured string, never taken from a request (nevers, 8). `certificate_methods`: which of RFC
    8705's client authentication methods work here; none where nobody asks for certificates. `mtls_url` is the origin
    that asks for them, where that is not the issuer's. `trust_framework` is the one under which identities are verified
    here.
    """
    authentication_methods = ["private_key_jwt", *SECRET_METHODS, *certificate_methods, "none"]
    metadata: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(scopes),
        "claims_supported": list(dict.fromkeys([*claims_of(scopes), "iss", "aud", "exp", "iat", "nonce", "at_hash"])),
        "response_types_supported": ["code"],
        "response_modes_supported": list(ResponseMode),
        "authorization_signing_alg_values_supported": list(id_token_algorithms),
        "authorization_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "authorization_encryption_enc_values_supported": list(ENCRYPTION_METHODS),
        "grant_types_supported": [*GRANT_TYPES, DEVICE_CODE_GRANT, CIBA_GRANT],
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "backchannel_authentication_endpoint": f"{issuer}/backchannel_authentication",
        "backchannel_token_delivery_modes_supported": list(DELIVERY_MODES),
        "backchannel_authentication_request_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "backchannel_user_code_parameter_supported": False,
        "end_session_endpoint": f"{issuer}/end-session",
        "grant_management_endpoint": f"{issuer}/grants",
        "grant_management_actions_supported": list(SUPPORTED_ACTIONS),
        "grant_management_action_required": False,
        "check_session_iframe": f"{issuer}/check-session",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": list(acr_values),
        "code_challenge_methods_supported": ["S256"],
        "registration_endpoint": f"{issuer}/register",
        "token_endpoint_auth_methods_supported": authentication_methods,
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": authentication_methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        # A public client may not ask (RFC 7662 §2.1).
        "introspection_endpoint_auth_methods_supported": authentication_methods[:-1],
        "introspection_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "introspection_signing_alg_values_supported": list(id_token_algorithms),
        "tls_client_certificate_bound_access_tokens": bool(certificate_methods),
        "id_token_signing_alg_values_supported": list(id_token_algorithms),
        "id_token_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(ENCRYPTION_METHODS),
        "userinfo_signing_alg_values_supported": list(id_token_algorithms),
        "userinfo_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(ENCRYPTION_METHODS),
        "dpop_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "authorization_details_types_supported": list(authorization_details_types),
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": [*SIGNING_ALGORITHMS, "RS256"],
        "request_object_encryption_alg_values_supported": list(OBJECT_ENCRYPTION_ALGORITHMS),
        "request_object_encryption_enc_values_supported": list(OBJECT_ENCRYPTION_METHODS),
        "require_signed_request_object": False,
        "request_uri_parameter_supported": False,
        "ui_locales_supported": ["th", "en"],
        "prompt_values_supported": list(Prompt),
        "display_values_supported": ["page"],
        **verified_claims_metadata(trust_framework=trust_framework),
    }
    if mtls_url is not None:
        # RFC 8705 §5: "A JSON object containing alternative authorization server endpoints that, when present, an OAuth
        # client intending to do mutual TLS uses in preference to the conventional endpoints."
        aliases = {name: mtls_url + metadata[name].removeprefix(issuer) for name in MTLS_ENDPOINTS}
        metadata["mtls_endpoint_aliases"] = aliases
    validate_provider_metadata(metadata)
    return metadata


def validate_provider_metadata(metadata: dict[str, Any]) -> None:
    """Check the document; raises ValueError. http is borne on the own machine alone."""
    scheme, host = urlsplit(metadata["issuer"]).scheme, urlsplit(metadata["issuer"]).hostname or ""
    if metadata["issuer"].endswith("/"):
        raise ValueError('"issuer" must not end in a slash')
    checked = dict(metadata)
    if scheme == "http" and is_loopback(host):
        # Authlib knows `localhost` as the own machine but not the names below it, which RFC 6761 §6.3 gives the same
        # meaning: it is shown https in their place, so that every other rule of its still applies.
        checked = {name: _as_https(value) for name, value in metadata.items()}
    OpenIDProviderMetadata(checked).validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])


def _as_https(value: Any) -> Any:
    return (
        "https://" + value.removeprefix("http://") if isinstance(value, str) and value.startswith("http://") else value
    )
