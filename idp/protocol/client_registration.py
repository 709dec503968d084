"""Client metadata as they may be registered: RFC 7591 §2, OpenID Connect Registration §2, RP-Initiated, Back-Channel
and Front-Channel Logout, JARM §3, RFC 8705, RFC 9449 §5.2, RFC 9701 §6 and CIBA §4.

Authlib's metadata classes judge against what the provider publishes; what they leave open is judged here.
"""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from authlib.oauth2.rfc7591 import ClientMetadataClaims, InvalidClientMetadataError, InvalidRedirectURIError
from authlib.oidc.registration import ClientMetadataClaims as OpenIdClientMetadataClaims
from joserfc.errors import JoseError

from idp.protocol.backchannel import CIBA_GRANT, DELIVERY_MODES
from idp.protocol.jose import SIGNING_ALGORITHMS, JwtRefused, import_public_key
from idp.protocol.redirection import RedirectUriRefused, validate_registered_redirect_uri
from idp.protocol.token_exchange import TOKEN_EXCHANGE
from idp.protocol.token_request import CLIENT_CREDENTIALS

MOST_REDIRECT_URIS = 10
MOST_KEYS = 20
MOST_WORDS = 20
LONGEST_TEXT, LONGEST_LINE = 200, 512
"""A name, and what lists or leads somewhere: a scope, an address."""

SECRET_METHODS = ("client_secret_basic", "client_secret_post")
SELF_SIGNED = "self_signed_tls_client_auth"
TLS_CLIENT_AUTH = "tls_client_auth"
CERTIFICATE_METHODS = (TLS_CLIENT_AUTH, SELF_SIGNED)
CLIENT_ALGORITHMS = (*SIGNING_ALGORITHMS, "RS256")
"""What clients of any profile may sign with; FAPI clients do not have RS256."""
ISSUER_ALGORITHMS = ("ES256", "PS256", "EdDSA", "RS256")
"""What the issuer signs with."""
ENCRYPTION_ALGORITHMS = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "RSA-OAEP", "RSA-OAEP-256")
ENCRYPTION_METHODS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")

CERTIFICATE_NAMES = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)
ADDRESSES = (
    "jwks_uri",
    "sector_identifier_uri",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "backchannel_client_notification_endpoint",
)
TEXTS = ("client_name", "client_name#th", "scope", "token_endpoint_auth_method", "subject_type", *CERTIFICATE_NAMES)
LISTS = (
    "redirect_uris",
    "grant_types",
    "response_types",
    "response_modes",
    "contacts",
    "default_acr_values",
    "post_logout_redirect_uris",
)
FLAGS = (
    "require_auth_time",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "backchannel_logout_session_required",
    "frontchannel_logout_session_required",
    "backchannel_user_code_parameter",
)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "token_endpoint_auth_signing_alg": CLIENT_ALGORITHMS,
    "request_object_signing_alg": CLIENT_ALGORITHMS,
    "backchannel_authentication_request_signing_alg": CLIENT_ALGORITHMS,
    "id_token_signed_response_alg": ISSUER_ALGORITHMS,
    "userinfo_signed_response_alg": ISSUER_ALGORITHMS,
    "authorization_signed_response_alg": ISSUER_ALGORITHMS,
    "authorization_encrypted_response_alg": ENCRYPTION_ALGORITHMS,
    "authorization_encrypted_response_enc": ENCRYPTION_METHODS,
    "introspection_signed_response_alg": ISSUER_ALGORITHMS,
    "id_token_encrypted_response_alg": ENCRYPTION_ALGORITHMS,
    "id_token_encrypted_response_enc": ENCRYPTION_METHODS,
    "userinfo_encrypted_response_alg": ENCRYPTION_ALGORITHMS,
    "userinfo_encrypted_response_enc": ENCRYPTION_METHODS,
    "backchannel_token_delivery_mode": DELIVERY_MODES,
}
KNOWN = frozenset((*ADDRESSES, *TEXTS, *LISTS, *FLAGS, *CHOICES, "jwks", "default_max_age"))


def judged_metadata(
    metadata: Mapping[str, Any], *, defaults: Mapping[str, Any], server_metadata: Mapping[str, Any], loopback: bool
) -> dict[str, Any]:
    """What of `metadata` we know, over `defaults`, when every member is acceptable by itself and beside the others.

    `loopback` lets http addresses of the own machine pass. Raises InvalidClientMetadataError, InvalidRedirectURIError.
    """
    # RFC 7591 §2: "The authorization server MUST ignore any client metadata sent by the client that it does not
    # understand".
    judged = {**defaults, **{name: metadata[name] for name in metadata if name in KNOWN and metadata[name] is not None}}
    _judge_forms(judged)
    _judge_keys(judged)  # before Authlib, which only warns of weak ones
    try:
        _judge_by_authlib(judged, server_metadata)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise InvalidClientMetadataError("a metadata field is not acceptable") from error
    _judge_addresses(judged, loopback)
    _judge_certificate_names(judged)
    _judge_backchannel(judged)
    _judge_public(judged)
    return judged


def sector_host(*, redirect_uris: Collection[str], sector_identifier_uri: str | None) -> str:
    """The host that pairwise identifiers are made for (OpenID Connect Core §8.1). Raises InvalidClientMetadataError."""
    if sector_identifier_uri is not None:
        return urlsplit(sector_identifier_uri).hostname or ""
    hosts = {urlsplit(redirect_uri).hostname or "" for redirect_uri in redirect_uris}
    # §8.1: "If there are multiple hostnames in the registered redirect_uris, the Client MUST register a
    # sector_identifier_uri."
    if len(hosts) != 1:
        raise InvalidClientMetadataError("redirect_uris of several hosts need a sector_identifier_uri")
    return hosts.pop()


def validate_sector_identifier(document: Any, *, expected_redirect_uris: Collection[str]) -> None:
    """Check what stands at a sector_identifier_uri (OpenID Connect Registration §5).

    Raises InvalidClientMetadataError.
    """
    # §5: "The values registered in redirect_uris MUST be included in the elements of the array, or registration
    # MUST fail."
    if not isinstance(document, list) or any(uri not in document for uri in expected_redirect_uris):
        raise InvalidClientMetadataError("the sector_identifier_uri does not list each of the redirect_uris")


def validate_public_keys(jwks: Any) -> None:
    """Check a key set of a client, by value or fetched: 1 to 20 public asymmetric keys, strong enough.

    Raises JwtRefused.
    """
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise JwtRefused("jwks must hold the client's public keys")
    for jwk in keys:
        import_public_key(jwk)


def _judge_forms(judged: Mapping[str, Any]) -> None:
    for name in (*TEXTS, *ADDRESSES):
        longest = LONGEST_LINE if name in ADDRESSES or name == "scope" else LONGEST_TEXT
        if name in judged and not _is_text(judged[name], longest=longest):
            raise InvalidClientMetadataError(f"{name} must be a text")
    for name in LISTS:
        if name in judged and not _is_list_of_texts(judged[name]):
            raise InvalidClientMetadataError(f"{name} must be a list of texts")
    for name in FLAGS:
        if name in judged and not isinstance(judged[name], bool):
            raise InvalidClientMetadataError(f"{name} must be true or false")
    for name, values in CHOICES.items():
        if name in judged and judged[name] not in values:
            raise InvalidClientMetadataError(f"{name} must be one of {', '.join(values)}")
    longest_age = judged.get("default_max_age", 0)
    if isinstance(longest_age, bool) or not isinstance(longest_age, int) or longest_age < 0:
        raise InvalidClientMetadataError("default_max_age must be a number of seconds")


def _is_text(value: Any, *, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_WORDS and all(_is_text(item, longest=512) for item in value)


def _judge_by_authlib(judged: dict[str, Any], server_metadata: Mapping[str, Any]) -> None:
    options = ClientMetadataClaims.get_claims_options(server_metadata)
    ClientMetadataClaims(dict(judged), {}, options).validate()
    openid_options = OpenIdClientMetadataClaims.get_claims_options(server_metadata)
    openid = OpenIdClientMetadataClaims(dict(judged), {}, openid_options)
    openid.validate()
    # it fills in the content encryption where only the key's was named (OpenID Connect Registration §2)
    judged.update({name: value for name, value in openid.items() if name.endswith("_encrypted_response_enc")})


def _judge_addresses(judged: Mapping[str, Any], loopback: bool) -> None:
    try:
        for redirect_uri in judged["redirect_uris"]:
            validate_registered_redirect_uri(redirect_uri, loopback_allowed=loopback)
    except RedirectUriRefused as error:
        raise InvalidRedirectURIError(str(error)) from error
    if len(judged["redirect_uris"]) > MOST_REDIRECT_URIS:
        raise InvalidRedirectURIError("there are too many redirect_uris")
    others = [judged[name] for name in ADDRESSES if name in judged] + judged.get("post_logout_redirect_uris", [])
    try:
        for address in others:
            validate_registered_redirect_uri(address, loopback_allowed=loopback)
    except RedirectUriRefused as error:
        raise InvalidClientMetadataError(str(error).replace("redirect URI", "address")) from error
    # OpenID Connect Registration §2, initiate_login_uri: "URI using the https scheme that a third party can use to
    # initiate a login by the RP"
    if not judged.get("initiate_login_uri", "https://").startswith("https://"):
        raise InvalidClientMetadataError("initiate_login_uri must be an https address")


def _judge_keys(judged: Mapping[str, Any]) -> None:
    if "jwks" in judged:
        try:
            validate_public_keys(judged["jwks"])
        except JwtRefused as error:
            raise InvalidClientMetadataError(str(error)) from error
    needs_keys = judged["token_endpoint_auth_method"] in ("private_key_jwt", SELF_SIGNED) or any(
        name.endswith("_encrypted_response_alg") for name in judged
    )
    if needs_keys and "jwks" not in judged and "jwks_uri" not in judged:
        raise InvalidClientMetadataError("jwks must hold the client's public keys, or jwks_uri name where they are")
    # JARM §3: "When authorization_encrypted_response_enc is included, authorization_encrypted_response_alg MUST also be
    # provided."
    if "authorization_encrypted_response_enc" in judged and "authorization_encrypted_response_alg" not in judged:
        raise InvalidClientMetadataError("authorization_encrypted_response_enc needs an alg beside it")


def _judge_certificate_names(judged: Mapping[str, Any]) -> None:
    # RFC 8705 §2.1.2: "A client using the tls_client_auth authentication method MUST use exactly one of the below
    # metadata parameters to indicate the certificate subject value".
    expected = 1 if judged["token_endpoint_auth_method"] == "tls_client_auth" else 0
    if sum(name in judged for name in CERTIFICATE_NAMES) != expected:
        raise InvalidClientMetadataError("tls_client_auth, and it alone, names exactly one certificate subject value")


def _judge_backchannel(judged: Mapping[str, Any]) -> None:
    # CIBA §4: backchannel_client_notification_endpoint is "REQUIRED if the token delivery mode is set to ping or push."
    if judged.get("backchannel_token_delivery_mode") == "ping":
        if "backchannel_client_notification_endpoint" not in judged:
            raise InvalidClientMetadataError("ping needs a backchannel_client_notification_endpoint")
    # §4: backchannel_token_delivery_mode is "REQUIRED."
    elif "backchannel_token_delivery_mode" not in judged and CIBA_GRANT in judged["grant_types"]:
        raise InvalidClientMetadataError("backchannel_token_delivery_mode is missing")
    if judged.get("backchannel_user_code_parameter"):
        raise InvalidClientMetadataError("backchannel_user_code_parameter is not supported")


def _judge_public(judged: Mapping[str, Any]) -> None:
    """What whoever knows its name could do in the name of a client that proves nothing of itself."""
    if judged["token_endpoint_auth_method"] != "none":
        return
    # CIBA §7.1: "The Client MUST authenticate to the Backchannel Authentication Endpoint"; FAPI-CIBA §5.2.2 (1) leaves
    # public clients out as well.
    if CIBA_GRANT in judged["grant_types"]:
        raise InvalidClientMetadataError("a public client cannot ask without a browser")
    # RFC 6749 §4.4: "The client credentials grant type MUST only be used by confidential clients."
    if CLIENT_CREDENTIALS in judged["grant_types"]:
        raise InvalidClientMetadataError("a public client has no authority of its own")
    # RFC 8693 §2.1: "omitting client authentication allows for a compromised token to be leveraged via an STS into
    # other tokens by anyone possessing the compromised token": one bound to a key into one that is not, for example.
    if TOKEN_EXCHANGE in judged["grant_types"]:
        raise InvalidClientMetadataError("a public client cannot exchange tokens")


def initiate_login_url(initiate_login_uri: str, *, issuer: str) -> str:
    """Where to send a browser so that the client begins a sign-in with us (OpenID Connect Core §4).

    §4: iss is "REQUIRED"; login_hint and target_link_uri are optional, and nothing about a person goes along.
    """
    parts = urlsplit(initiate_login_uri)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("iss", issuer)])
    return urlunsplit(parts._replace(query=query))
