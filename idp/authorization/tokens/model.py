"""What goes in and out of the token endpoint, and what a verified access token proves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import AuthorizationCode, Grant
from idp.catalogue.gdx import GdxDetail
from idp.enrolment.model import Evidence
from idp.kernel.assurance import Acr
from idp.kernel.ids import AgencyId, ClientId, ConsentId, GrantId, SubscriberId
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.token_request import TokenRequest
from idp.representation.model import ActedFor
from idp.storage.storage import UnitOfWork

ACCESS_TOKEN_LIFETIME = timedelta(seconds=300)
ID_TOKEN_LIFETIME = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What a token is bound to: a key shown by DPoP (`jkt`), the certificate of the connection (`x5t`), or neither."""

    jkt: str | None = None
    x5t: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class TokenCall:
    """One call of the token endpoint, parsed: who says it asks, for what, with which DPoP proof."""

    credentials: ClientCredentials
    request: TokenRequest
    dpop_proof: str | None


class FurtherGrant(Protocol):
    """A grant type that a room above this one brings: the device flow, backchannel authentication."""

    @property
    def grant_type(self) -> str:
        """The value of the parameter `grant_type`."""

    async def expect_standing(self, client: Client, parameters: Mapping[str, str]) -> None:
        """Before the transaction: whoever allowed it for a company still acts for that, by its registry now.

        Raises the OAuth error to answer with, or Unavailable; nothing is spent then.
        """

    async def redeem(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> AuthorizationCode:
        """What a person let this proven client have, spent by this call. Raises the OAuth error to answer with."""


class EvidenceReader(Protocol):
    """Tells on what an identity rests; `enrolment` does."""

    async def evidence_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Evidence]:
        """The evidence of every completed enrolment of one person, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPerson:
    """Tokens of a live grant are due, their entry is written: under this `token_id`, at `now`."""

    token_id: str
    now: datetime
    client: Client
    grant: Grant
    scope: tuple[str, ...]
    binding: KeyBinding
    nonce: str | None
    with_refresh_token: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForClient:
    """A token is due to a client that acts on its own authority, for the resource `audience`."""

    token_id: str
    now: datetime
    client: Client
    scope: tuple[str, ...]
    details: tuple[GdxDetail, ...]
    binding: KeyBinding
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForActor:
    """A narrower token, or one for another holder, is due (RFC 8693); it ends at `expires_at`."""

    token_id: str
    now: datetime
    client: Client
    grant: Grant
    scope: tuple[str, ...]
    details: tuple[GdxDetail, ...]
    act: Mapping[str, Any] | None
    binding: KeyBinding
    expires_at: datetime


Due = ForPerson | ForClient | ForActor
"""What the store has let a client have. Nothing is minted before that, and nothing is decided after."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenResponse:
    """The answer of RFC 6749 §5.1; `expires_in` in seconds. `issued_token_type` answers an exchange (RFC 8693).

    `grant_id` is for clients that manage their grants.
    """

    access_token: str
    token_type: str
    expires_in: int
    scope: tuple[str, ...]
    authorization_details: tuple[GdxDetail, ...]
    refresh_token: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None
    grant_id: str | None = None

    def to_json(self) -> Mapping[str, Any]:
        """The members of the JSON answer."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            "issued_token_type": self.issued_token_type,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "scope": " ".join(self.scope) or None,
            # RFC 9396 §7: "the AS MUST also return the authorization details as granted"
            "authorization_details": [detail.to_json() for detail in self.authorization_details] or None,
            "refresh_token": self.refresh_token,
            "id_token": self.id_token,
            "grant_id": self.grant_id,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAccessToken:
    """A live token, shown with proof of its key.

    Without `grant_id` the client acts on its own authority; then there is no subscriber, no consent and no `acr`.
    `client_id` is who the person let have the data; `actors` are the clients it was handed on to, the present one first
    (RFC 8693 §4.1). `acted_for` says which person acts where that is not the subscriber for themselves.
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
    actors: tuple[ClientId, ...] = ()
    acted_for: ActedFor | None = None

    @property
    def acting_client_id(self) -> ClientId:
        """The client that holds the token and uses it."""
        return self.actors[0] if self.actors else self.client_id
