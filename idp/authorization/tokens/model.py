"""What goes in and out of the token endpoint, and what a verified access token proves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.catalogue.gdx import GdxDetail
from idp.kernel.assurance import Acr
from idp.kernel.ids import AgencyId, ClientId, ConsentId, GrantId, SubscriberId
from idp.protocol.token_request import ClientCredentials, TokenRequest

ACCESS_TOKEN_LIFETIME = timedelta(seconds=300)
ID_TOKEN_LIFETIME = timedelta(seconds=300)


@dataclass(frozen=True, slots=True, repr=False)
class TokenCall:
    """One call of the token endpoint, parsed: who says it asks, for what, with which DPoP proof."""

    credentials: ClientCredentials
    request: TokenRequest
    dpop_proof: str | None


@dataclass(frozen=True, slots=True, repr=False)
class TokenResponse:
    """The answer of RFC 6749 §5.1; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: tuple[str, ...]
    authorization_details: tuple[GdxDetail, ...]
    refresh_token: str | None = None
    id_token: str | None = None

    def to_json(self) -> Mapping[str, Any]:
        """The members of the JSON answer."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "scope": " ".join(self.scope) or None,
            # RFC 9396 §7: "the AS MUST also return the authorization details as granted"
            "authorization_details": [detail.to_json() for detail in self.authorization_details] or None,
            "refresh_token": self.refresh_token,
            "id_token": self.id_token,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAccessToken:
    """A live token, shown with proof of its key.

    Without `grant_id` the client acts on its own authority; then there is no subscriber, no consent and no `acr`.
    """

    token_id: str
    client_id: ClientId
    agency_id: AgencyId
    grant_id: GrantId | None
    subscriber_id: SubscriberId | None
    sub: str
    details: tuple[GdxDetail, ...]
    scope: tuple[str, ...]
    consent_id: ConsentId | None
    acr: Acr | None
    jkt: str | None
