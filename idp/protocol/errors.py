"""The error answers of OAuth and OpenID: Authlib's tree, and the members it does not have.

OAuth2Error                            Authlib: `error`, `description` (ASCII, made to be shown to client developers)
├── InvalidRequestError … AccessDeniedError      RFC 6749 §4.1.2.1 and §5.2
├── InvalidTokenError, InsufficientScopeError    RFC 6750 §3.1
├── LoginRequiredError, ConsentRequiredError,
│   InteractionRequiredError, RequestNotSupportedError   OpenID Connect Core §3.1.2.6
├── InvalidRequestObject, RequestUriNotSupported       RFC 9101 §7
├── UnsupportedResponseType, UnsupportedGrantType      RFC 6749, without Authlib's echo
├── CredentialsMissing                 RFC 6750 §3: no access token at all
├── InvalidDpopProof, UseDpopNonce     RFC 9449 §5, §7.1, §8, §9
├── InvalidAuthorizationDetails        RFC 9396 §5
├── InvalidTarget                      RFC 8707 §2
├── InvalidGrantId                     Grant Management for OAuth 2.0 §5.4
└── UnmetAuthenticationRequirements    OpenID Connect Core Unmet Authentication Requirements 1.0

A description never quotes what the caller sent: RFC 6749 §4.1.2.1 allows few characters, and an echo is a hole.
"""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from authlib.oidc.core.errors import (
    ConsentRequiredError,
    InteractionRequiredError,
    LoginRequiredError,
    RequestNotSupportedError,
)

__all__ = [
    "AccessDeniedError",
    "ConsentRequiredError",
    "CredentialsMissing",
    "InsufficientScopeError",
    "InteractionRequiredError",
    "InvalidAuthorizationDetails",
    "InvalidClientError",
    "InvalidDpopProof",
    "InvalidGrantError",
    "InvalidGrantId",
    "InvalidRequestError",
    "InvalidRequestObject",
    "InvalidScopeError",
    "InvalidTarget",
    "InvalidTokenError",
    "LoginRequiredError",
    "OAuth2Error",
    "RequestNotSupportedError",
    "RequestUriNotSupported",
    "UnauthorizedClientError",
    "UnmetAuthenticationRequirements",
    "UnsupportedGrantType",
    "UnsupportedResponseType",
    "UseDpopNonce",
]


class DescribedError(OAuth2Error):
    """Base of the members below: `description` is ASCII and quotes nothing that the caller sent."""

    def __init__(self, description: str | None = None) -> None:
        OAuth2Error.__init__(self, description)


class CredentialsMissing(DescribedError):
    """The request carries no access token; the challenge then names no error (RFC 6750 §3.1)."""

    error = "invalid_token"
    description = "an access token is required"
    status_code = 401


class InvalidDpopProof(DescribedError):
    """The DPoP proof is missing, malformed, stale, replayed or made for something else (RFC 9449 §5)."""

    error = "invalid_dpop_proof"


class UnsupportedResponseType(DescribedError):
    """Authlib's error of that name echoes what the client sent; this one does not (RFC 6749 §4.1.2.1)."""

    error = "unsupported_response_type"
    description = "response_type must be code"


class UnsupportedGrantType(DescribedError):
    """Authlib's error of that name echoes what the client sent; this one does not (RFC 6749 §5.2)."""

    error = "unsupported_grant_type"
    description = "the grant_type is not supported"


class UseDpopNonce(DescribedError):
    """The proof must carry the nonce that this answer's `DPoP-Nonce` header gives (RFC 9449 §8)."""

    error = "use_dpop_nonce"
    description = "the DPoP proof must carry the nonce of this response"


class InvalidAuthorizationDetails(DescribedError):
    """The authorization details are malformed, of unknown type, or beyond what the client may have (RFC 9396 §5)."""

    error = "invalid_authorization_details"


class InvalidRequestObject(DescribedError):
    """The signed authorization request is malformed, unproven, stale or made for something else (RFC 9101 §7)."""

    error = "invalid_request_object"


class RequestUriNotSupported(DescribedError):
    """No request is fetched from an address of a client; ours come from PAR alone (OpenID Connect Core §3.1.2.6)."""

    error = "request_uri_not_supported"
    description = "request_uri must be one that this server gave for a pushed request"


class InvalidTarget(DescribedError):
    """The `resource` is not one of ours (RFC 8707 §2)."""

    error = "invalid_target"


class InvalidGrantId(DescribedError):
    """No grant of this client, and of this person where one is known, has that `grant_id` (Grant Management §5.4)."""

    error = "invalid_grant_id"
    description = "no grant of this client has this grant_id"


class UnmetAuthenticationRequirements(DescribedError):
    """The required assurance cannot be reached by this person here (OpenID Connect error of that name)."""

    error = "unmet_authentication_requirements"
