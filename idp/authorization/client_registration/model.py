"""What a registered client is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from idp.kernel.ids import AgencyId, ClientId, ServiceId

RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
"""How an authorization answer may travel: OAuth 2.0 Multiple Response Types, Form Post Response Mode, JARM."""


class ProgramProblem(StrEnum):
    """Why an agency cannot do this to its program; texts in `idp/web/problems/PRG.toml`."""

    UNKNOWN = "PRG-01"
    NOT_POSSIBLE = "PRG-02"
    CHANGED_MEANWHILE = "PRG-03"
    NOT_ACTIVE = "PRG-04"
    HAS_NO_SECRET = "PRG-05"
    TOO_MANY_WAITING = "PRG-06"
    KEYS_NOT_THERE = "PRG-07"


class ClientStatus(StrEnum):
    """Only `active` clients are answered."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class ClientProfile(StrEnum):
    """Which rule set holds: plain OpenID Connect, FAPI 2.0 Security Profile, or the same with signed messages."""

    BASELINE = "baseline"
    FAPI2 = "fapi2"
    FAPI2_MESSAGE_SIGNING = "fapi2-message-signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program of an agency; names as the specifications have them (RFC 7591, OpenID Connect Registration and Logout,
    RFC 8705, RFC 9101, RFC 9449, RFC 9701, CIBA). None: not registered.

    `sector` is what its pairwise subject identifiers are made for (OpenID Connect Core §8.1). `first_party` clients
    belong to the issuer itself and need no consent. Without `pkce_required` a request needs PKCE or a nonce, without
    `nonce_required` as well it needs neither. `services` are the purposes it may name. `secret_digest` and
    `registration_token_digest` are SHA-256 of random values that only the client has. `refresh_grace_seconds`: how long
    a replaced refresh token still gets the same successor.
    """

    id: ClientId
    agency_id: AgencyId
    name_th: str
    name_en: str
    first_party: bool
    profile: ClientProfile
    redirect_uris: tuple[str, ...]
    jwks: Mapping[str, Any]
    token_endpoint_auth_method: str
    id_token_signed_response_alg: str
    dpop_bound: bool
    dpop_nonce_required: bool
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    services: tuple[ServiceId, ...]
    sector: str
    status: ClientStatus

    # proving who it is, and the keys for it
    secret_digest: bytes | None = field(default=None, repr=False)
    registration_token_digest: bytes | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    token_endpoint_auth_signing_alg: str | None = None
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    tls_client_certificate_bound_access_tokens: bool = False

    # asking
    response_types: tuple[str, ...] = ("code",)
    response_modes: tuple[str, ...] = RESPONSE_MODES
    pkce_required: bool = True
    nonce_required: bool = True
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    request_object_signing_alg: str | None = None
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    sector_identifier_uri: str | None = None

    # answers
    authorization_signed_response_alg: str = "ES256"
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str | None = None
    refresh_grace_seconds: int = 10

    # what people are shown
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    contacts: tuple[str, ...] = ()
    initiate_login_uri: str | None = None

    # logout
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False

    # asking without a browser (CIBA)
    backchannel_token_delivery_mode: str | None = None
    backchannel_client_notification_endpoint: str | None = None
    backchannel_authentication_request_signing_alg: str | None = None
    backchannel_user_code_parameter: bool = False

    @property
    def is_fapi(self) -> bool:
        """The strict rules hold: pushed requests alone, no RS256, tokens bound to a key or a certificate."""
        return self.profile is not ClientProfile.BASELINE

    @property
    def is_public(self) -> bool:
        """It has nothing to prove itself with (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"
