"""Codes and grants."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.catalogue.gdx import GdxDetail, parse_authorization_details
from idp.kernel.assurance import Acr
from idp.kernel.ids import ClientId, ConsentId, GrantId, SsoSessionId, SubscriberId
from idp.representation.model import ActedFor


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """Everything that redeeming a code needs: sealed inside the code itself, so that issuing one stores nothing.

    `jkt` is the key that may redeem it (RFC 9449 §10). `authorization_details` are `gdx` members as JSON; `claims` is
    the judged `claims` parameter (members `userinfo` and `id_token`, OpenID Connect Core §5.5). What was decided
    without a redirect (device, backchannel) has no `redirect_uri`; a request without PKCE has no `code_challenge`.
    `managed_id` is the name under which its client manages the grant, where it does; with `replaces` the live grant of
    that name ends when this one is opened. `acted_for` says who acts where that is not the subscriber for themselves.
    """

    id: str
    expires_at: datetime
    client_id: ClientId
    redirect_uri: str | None
    code_challenge: str | None
    nonce: str | None
    scope: tuple[str, ...]
    authorization_details: tuple[dict[str, Any], ...]
    subscriber_id: SubscriberId
    sso_session_id: SsoSessionId
    acr: Acr
    amr: tuple[str, ...]
    auth_time: datetime
    consent_id: ConsentId | None
    jkt: str | None
    grant_expires_at: datetime
    claims: dict[str, Any] = field(default_factory=dict)
    resource: str | None = None
    managed_id: str | None = None
    replaces: bool = False
    acted_for: ActedFor | None = None

    @property
    def details(self) -> tuple[GdxDetail, ...]:
        """What the person let the client have."""
        return parse_authorization_details(list(self.authorization_details)) if self.authorization_details else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An opened grant. `generation` counts refresh token generations, the last made at `rotated_at`.

    Its tokens are bound to the key `jkt` (RFC 9449), to the certificate `x5t` (RFC 8705), or to neither. `claims` is as
    in the code; with `resource` or details its access tokens are for the data exchange, else for userinfo.
    `managed_id` is what its client knows as `grant_id` (Grant Management for OAuth 2.0): one grant after another may
    have it. `subscriber_id` is whom it is about; with `acted_for` somebody acts for that person, or this person for a
    company.
    """

    id: GrantId
    client_id: ClientId
    subscriber_id: SubscriberId
    sso_session_id: SsoSessionId
    consent_id: ConsentId | None
    details: tuple[GdxDetail, ...]
    scope: tuple[str, ...]
    acr: Acr
    amr: tuple[str, ...]
    auth_time: datetime
    jkt: str | None
    generation: int
    expires_at: datetime
    x5t: str | None = None
    rotated_at: datetime | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    resource: str | None = None
    managed_id: str | None = None
    acted_for: ActedFor | None = None
