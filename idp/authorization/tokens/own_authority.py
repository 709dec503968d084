"""grant_type=client_credentials: what a client has on its own authority, within its agency's right."""

from datetime import datetime
from typing import Final

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.tokens.issuing import Issuing, asked
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import ForClient, KeyBinding
from idp.catalogue.gdx import (
    CardSessionSubject,
    CitizenRefSubject,
    GdxDetail,
    InvalidGdxDetail,
    JuristicSubject,
    parse_authorization_details,
)
from idp.catalogue.model import Basis
from idp.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    InvalidTarget,
    UnauthorizedClientError,
)
from idp.protocol.scopes import GRANT_MANAGEMENT_SCOPES, OWN_AUTHORITY_SCOPES
from idp.protocol.token_request import OwnAuthority
from idp.storage.storage import Storage

OF_A_CLIENT: Final = (JuristicSubject, CardSessionSubject, CitizenRefSubject)
"""Whom a client may name by itself."""


class OwnAuthorities:
    """Steps 4 to 7 of the token endpoint for clients that act for themselves.

    `gateway` is the one resource of data, `grant_management` that of the clients' own grants.
    """

    def __init__(
        self, *, storage: Storage, gateway: str, grant_management: str, clients: Clients, mint: Mint, issuing: Issuing
    ) -> None:
        self._storage = storage
        self._gateway = gateway
        self._grant_management = grant_management
        self._clients = clients
        self._mint = mint
        self._issuing = issuing

    async def due(self, client: Client, request: OwnAuthority, binding: KeyBinding, *, now: datetime) -> ForClient:
        """A token of a live client. Raises the OAuth error to answer with, and Unavailable."""
        # 4. and 5.
        if not request.scope and request.authorization_details is None:
            raise InvalidRequestError("a scope or authorization_details are required")
        if not set(request.scope) <= OWN_AUTHORITY_SCOPES.intersection(client.scopes):
            raise InvalidScopeError("the scope is not one that this client has by itself")
        # RFC 8707 §2: invalid_target: "The requested resource is invalid, missing, unknown, or malformed."
        audience = self._audience_of(request)
        if request.resource not in (None, audience):
            raise InvalidTarget("the resource is not the one of what is asked for")
        details = () if request.authorization_details is None else _own_details(request.authorization_details, client)
        try:
            await self._issuing.within_right_now(client, details)
        except InvalidGrantError as beyond:
            raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
        # 7.
        due = ForClient(
            token_id=self._mint.token_id(),
            now=now,
            client=client,
            scope=request.scope,
            details=details,
            binding=binding,
            audience=audience,
        )
        noted = {"token": due.token_id, "scope": list(due.scope), **asked(details)}
        entry = self._issuing.entry("token.issued", client, noted, now=now)
        if not await self._clients.note_use(self._storage, client.id, entry=entry, now=now):
            raise UnauthorizedClientError("the client is suspended")
        return due

    def _audience_of(self, request: OwnAuthority) -> str:
        """The one resource of what is asked for; raises InvalidTarget where two would be needed."""
        about_grants = GRANT_MANAGEMENT_SCOPES.intersection(request.scope)
        if not about_grants:
            return self._gateway
        if about_grants != set(request.scope) or request.authorization_details is not None:
            raise InvalidTarget("a token is for the data exchange or for managing grants, not for both")
        return self._grant_management


def _own_details(text: str, client: Client) -> tuple[GdxDetail, ...]:
    try:
        details = parse_authorization_details(text)
    except InvalidGdxDetail as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    for detail in details:
        # Without a person at hand nobody can consent, and there is no "self". What an officer opened names whom it is
        # about; whether it was opened by this client's agency, for this, is judged at each release.
        if detail.basis is Basis.CONSENT or not isinstance(detail.subject, OF_A_CLIENT):
            raise InvalidAuthorizationDetails("a person's data need the person's own authorization")
        if detail.purpose not in client.services:
            raise InvalidAuthorizationDetails("the purpose is not one of this client")
    return details
