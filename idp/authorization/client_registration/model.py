"""What a registered client is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp.kernel.ids import AgencyId, ClientId, ServiceId


class ClientStatus(StrEnum):
    """Only `active` clients are answered."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class ClientProfile(StrEnum):
    """Which rule set holds: FAPI 2.0 (requests are pushed, tokens bound to a key), or plain code flow with PKCE."""

    FAPI2 = "fapi2"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program of an agency. `sector` is what its pairwise subject identifiers are made for (OpenID Core §8.1).

    `first_party` clients belong to the issuer itself and need no consent. `services` are the purposes it may name.
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
