"""The house's rules for client metadata, by profile, and the client that they make."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from hmac import compare_digest
from typing import Any

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

from idp.authorization.client_registration.model import Client, ClientProfile
from idp.protocol.client_registration import CERTIFICATE_METHODS, KNOWN, SECRET_METHODS, judged_metadata
from idp.protocol.client_secret import LONGEST_SECRET, SHORTEST_SECRET, secret_digest
from idp.protocol.jose import SIGNING_ALGORITHMS
from idp.protocol.parameters import words
from idp.protocol.scopes import AGENCY_SCOPES, ASKED_FOR_BY_NAME, FIRST_PARTY_SCOPES, SCOPE_CLAIMS
from idp.protocol.token_request import AUTHORIZATION_CODE, CLIENT_CREDENTIALS

FAPI_METHODS = ("private_key_jwt", *CERTIFICATE_METHODS)
ISSUED = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")
MEMBERS = frozenset(field.name for field in fields(Client))
SECRETS = frozenset({"secret_digest", "registration_token_digest"})
NAMED_OTHERWISE = frozenset({"scope", "dpop_bound_access_tokens", "subject_type", "client_name", "client_name#th"})


def validate_client_metadata(
    metadata: Mapping[str, Any],
    *,
    server_metadata: Mapping[str, Any],
    first_party: bool,
    loopback_allowed: bool,
    profile: ClientProfile = ClientProfile.FAPI2,
) -> dict[str, Any]:
    """The metadata with defaults filled in.

    Raises Authlib's InvalidClientMetadataError or InvalidRedirectURIError.
    """
    judged = judged_metadata(
        metadata, defaults=_defaults(profile, metadata), server_metadata=server_metadata, loopback=loopback_allowed
    )
    if (AUTHORIZATION_CODE in judged["grant_types"]) != bool(judged["redirect_uris"]):
        raise InvalidRedirectURIError("redirect_uris must fit the grant_types")
    if FIRST_PARTY_SCOPES & set(judged["scope"].split()) and not first_party:
        raise InvalidClientMetadataError("a scope is for the issuer's own clients alone")
    if profile is not ClientProfile.BASELINE:
        _judge_fapi(judged)
    if AGENCY_SCOPES & set(judged["scope"].split()):
        _judge_manager(judged)
    return judged


def validate_secret_choice(judged: Mapping[str, Any], secret: str | None) -> None:
    """A secret for the methods that use one, and for them alone; raises InvalidClientMetadataError."""
    if (judged["token_endpoint_auth_method"] in SECRET_METHODS) != (secret is not None):
        raise InvalidClientMetadataError("a secret is for the client_secret methods, and they need one")
    if secret is not None and not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise InvalidClientMetadataError(f"a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} characters")


def validate_pkce_choice(judged: Mapping[str, Any], *, profile: ClientProfile, pkce_required: bool) -> None:
    """Without PKCE only a confidential baseline client may ask; raises InvalidClientMetadataError."""
    # RFC 9700 §2.1.1: "Public clients MUST use PKCE … For confidential clients, the use of PKCE … is RECOMMENDED"
    confidential_baseline = profile is ClientProfile.BASELINE and judged["token_endpoint_auth_method"] != "none"
    if not pkce_required and not confidential_baseline:
        raise InvalidClientMetadataError("this client must use PKCE")


def client_members(judged: Mapping[str, Any]) -> dict[str, Any]:
    """Judged metadata as members of `Client`: same names but for scope and dpop_bound, lists as tuples."""
    members = {name: tuple(value) if isinstance(value, list) else value for name, value in judged.items()}
    return {
        **{name: value for name, value in members.items() if name not in NAMED_OTHERWISE},
        "jwks": judged.get("jwks", {}),
        "scopes": words(judged["scope"]),
        "dpop_bound": judged["dpop_bound_access_tokens"],
    }


def standing_of(client: Client) -> dict[str, Any]:
    """What the house says of a client and no update of its metadata changes: agency, sector, services, PKCE and so on.

    OpenID Connect Core §8.1: the identifiers that a client knows people by do not change under it.
    """
    said_by_client = KNOWN | SECRETS | {"id", "name_th", "name_en", "scopes", "dpop_bound"}
    return {name: getattr(client, name) for name in MEMBERS - said_by_client}


def _defaults(profile: ClientProfile, metadata: Mapping[str, Any]) -> dict[str, Any]:
    is_fapi = profile is not ClientProfile.BASELINE
    signing_alg = "ES256" if is_fapi else "RS256"
    signed_requests = profile is ClientProfile.FAPI2_MESSAGE_SIGNING
    return {
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": [AUTHORIZATION_CODE],
        "response_types": ["code"],
        "redirect_uris": [],
        "scope": "openid",
        "subject_type": "pairwise",
        # OpenID Connect Registration §2: "The default, if omitted, is RS256."; FAPI 2.0 §5.4.1 leaves RS256 out.
        "id_token_signed_response_alg": signing_alg,
        "authorization_signed_response_alg": signing_alg,
        "dpop_bound_access_tokens": is_fapi and not metadata.get("tls_client_certificate_bound_access_tokens"),
        "require_pushed_authorization_requests": is_fapi,
        **({"require_signed_request_object": True} if signed_requests else {}),
    }


def _judge_fapi(judged: Mapping[str, Any]) -> None:
    # FAPI 2.0 §5.3.2.1: "shall authenticate clients using one of the following methods: MTLS … or private_key_jwt …"
    if judged["token_endpoint_auth_method"] not in FAPI_METHODS:
        raise InvalidClientMetadataError("this profile authenticates by private_key_jwt or a certificate")
    # §5.4.1: "use PS256, ES256, or EdDSA (using the Ed25519 variant) algorithms"
    if any(value not in SIGNING_ALGORITHMS for name, value in judged.items() if _names_a_signature(name)):
        raise InvalidClientMetadataError("this profile signs with PS256, ES256 or EdDSA")
    # §5.3.2.1: "shall only issue sender-constrained access tokens"
    if not (judged["dpop_bound_access_tokens"] or judged.get("tls_client_certificate_bound_access_tokens")):
        raise InvalidClientMetadataError("this profile binds access tokens to a key")
    if not judged["require_pushed_authorization_requests"]:
        raise InvalidClientMetadataError("this profile pushes its requests")


def _judge_manager(judged: Mapping[str, Any]) -> None:
    """Who looks after an agency's things proves itself by a key or certificate, and nobody else can use its tokens."""
    is_bound = judged["dpop_bound_access_tokens"] or judged.get("tls_client_certificate_bound_access_tokens")
    if not is_bound or judged["token_endpoint_auth_method"] not in FAPI_METHODS:
        raise InvalidClientMetadataError("a program that manages needs a key or a certificate, and tokens bound to one")
    if CLIENT_CREDENTIALS not in judged["grant_types"]:
        raise InvalidClientMetadataError("a program that manages acts for itself: client_credentials")


def validate_own_scopes(judged: Mapping[str, Any], *, held: Collection[str]) -> None:
    """What a program may say of its own scopes: those that two persons give it keeps or gives up, and never adds.

    `held` are the scopes it has. Raises InvalidClientMetadataError.
    """
    if AGENCY_SCOPES & set(judged["scope"].split()) - set(held):
        raise InvalidClientMetadataError("a scope for managing is given by two persons of the agency")


def _names_a_signature(name: str) -> bool:
    return name.endswith(("_signed_response_alg", "_signing_alg"))


def newcomer_defaults(metadata: Mapping[str, Any], profile: ClientProfile) -> dict[str, Any]:
    """What a program that registers itself need not say: the defaults of RFC 7591 §2, and the scopes open to all."""
    scopes = [scope for scope in SCOPE_CLAIMS if scope not in ASKED_FOR_BY_NAME]
    # RFC 7591 §2: "If unspecified or omitted, the default is "client_secret_basic"", which FAPI does not have.
    method = "client_secret_basic" if profile is ClientProfile.BASELINE else "private_key_jwt"
    said = {name: value for name, value in metadata.items() if value is not None}
    return {"scope": " ".join(scopes), "token_endpoint_auth_method": method, **said}


def validate_update(metadata: Mapping[str, Any], present: Client) -> None:
    """Check the members of an update that are no metadata (RFC 7592 §2.2); raises InvalidClientMetadataError."""
    # "The client MUST include its "client_id" field in the request, and it MUST be the same as its currently issued
    # client identifier."
    if metadata.get("client_id") != present.id:
        raise InvalidClientMetadataError("client_id must be the client's own")
    # "The updated client metadata fields request MUST NOT include the "registration_access_token",
    # "registration_client_uri", "client_secret_expires_at", or "client_id_issued_at" fields"
    if any(name in metadata for name in ISSUED):
        raise InvalidClientMetadataError("the request holds members that the server alone issues")
    # "If the client includes the "client_secret" field in the request, the value of this field MUST match the currently
    # issued client secret for that client."
    secret = metadata.get("client_secret")
    if secret is not None and not (
        isinstance(secret, str)
        and present.secret_digest is not None
        and compare_digest(secret_digest(secret), present.secret_digest)
    ):
        raise InvalidClientMetadataError("client_secret is not the current one")


def registered_metadata(client: Client) -> dict[str, Any]:
    """A client's metadata as RFC 7591 §3.2.1 answers them; what was not registered is left out."""
    own = {name: value for name in KNOWN & MEMBERS if (value := getattr(client, name)) not in (None, (), {})}
    return {
        **{name: list(value) if isinstance(value, tuple) else value for name, value in sorted(own.items())},
        "client_name": client.name_en,
        "client_name#th": client.name_th,
        "scope": " ".join(client.scopes),
        "subject_type": "pairwise",
        "dpop_bound_access_tokens": client.dpop_bound,
    }
