"""Clients that register themselves, and look after their registration: RFC 7591 and RFC 7592.

An agency hands its programmer an initial access token: sealed, for one registration, under one profile. Without one
nobody registers, unless the deployment names an agency for newcomers (conformance testing).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Any

from authlib.oauth2.rfc7591 import InvalidClientMetadataError

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.invitations import Invitation, Invitations
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.rules import (
    client_members,
    newcomer_defaults,
    standing_of,
    validate_own_scopes,
    validate_update,
)
from idp.authorization.client_registration.service import Clients
from idp.kernel.ids import ClientId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.sealing import TokenSealer
from idp.protocol.client_registration import SECRET_METHODS, sector_host, validate_sector_identifier
from idp.protocol.client_secret import SECRET_BITS, secret_digest
from idp.protocol.errors import InvalidTokenError
from idp.storage.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """A registration and the secrets that are said this once; None: nothing new."""

    client: Client
    secret: str | None
    registration_access_token: str | None


class Registration:
    """`newcomers` is the code of the agency whose clients register without an invitation; None: nobody does.

    `invitations` are those that count here.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        clients: Clients,
        agencies: Agencies,
        addresses: ClientAddresses,
        sealer: TokenSealer,
        audit: AuditLog,
        security_log: SecurityLog,
        newcomers: str | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._clients = clients
        self._agencies = agencies
        self._addresses = addresses
        self.invitations = Invitations(sealer=sealer, audit=audit, security_log=security_log, randomness=randomness)
        self._security_log = security_log
        self._newcomers = newcomers
        self._randomness = randomness

    async def register(self, *, token: str | None, metadata: Mapping[str, Any]) -> Registered:
        """Register a newcomer. Raises InvalidTokenError, InvalidClientMetadataError or InvalidRedirectURIError."""
        # 1. who may
        async with self._storage.reading() as uow:
            invitation = await self._invitation(uow, token)
        # 2. what it says of itself, and what stands at its sector_identifier_uri: before any transaction
        judged = self._clients.judge(newcomer_defaults(metadata, invitation.profile), profile=invitation.profile)
        validate_own_scopes(judged, held=())
        await self._check_sector(judged)
        # 3. spend the invitation and save
        async with self._storage.unit_of_work() as uow:
            await self.invitations.spend(uow, invitation)
            client_id = ClientId(new_id("cli", now=uow.now, randomness=self._randomness))
            registered = self._made(client_id, judged, _standing_of_newcomer(client_id, judged, invitation))
            await self._clients.add(uow, registered.client, by=Actor(ActorKind.CLIENT, client_id))
        return registered

    async def read(self, client_id: str, *, token: str | None) -> Client:
        """The registration as it stands (RFC 7592 §2.1). Raises InvalidTokenError."""
        async with self._storage.reading() as uow:
            return await self._proven(uow, client_id, token)

    async def change(self, client_id: str, *, token: str | None, metadata: Mapping[str, Any]) -> Registered:
        """Put other metadata in place of all there were (RFC 7592 §2.2); the profile stays.

        Raises InvalidTokenError, InvalidClientMetadataError or InvalidRedirectURIError.
        """
        async with self._storage.reading() as uow:
            present = await self._proven(uow, client_id, token)
        validate_update(metadata, present)
        judged = self._clients.judge(newcomer_defaults(metadata, present.profile), profile=present.profile)
        await self._check_sector(judged)
        async with self._storage.unit_of_work() as uow:
            present = await self._proven(uow, client_id, token)
            validate_own_scopes(judged, held=present.scopes)
            made = self._made(present.id, judged, standing_of(present))
            keeps_secret = present.secret_digest is not None and made.secret is not None
            changed = replace(
                made.client,
                registration_token_digest=present.registration_token_digest,
                secret_digest=present.secret_digest if keeps_secret else made.client.secret_digest,
            )
            await self._clients.replace(uow, changed, by=Actor(ActorKind.CLIENT, present.id))
        return Registered(changed, None if keeps_secret else made.secret, None)

    async def end(self, client_id: str, *, token: str | None) -> None:
        """Deregister (RFC 7592 §2.3). Raises InvalidTokenError."""
        async with self._storage.unit_of_work() as uow:
            present = await self._proven(uow, client_id, token)
            await self._clients.end(uow, present, by=Actor(ActorKind.CLIENT, present.id))

    async def _invitation(self, uow: UnitOfWork, token: str | None) -> Invitation:
        if token is None and self._newcomers is not None:
            agency = await self._agencies.agency_by_code(uow, self._newcomers)
            if agency is not None:
                return Invitation(agency.id, ClientProfile.BASELINE, None)
        return self.invitations.open(token, now=uow.now)

    async def _proven(self, uow: UnitOfWork, client_id: str, token: str | None) -> Client:
        client = await self._clients.live(uow, ClientId(client_id))
        expected = None if client is None else client.registration_token_digest
        # RFC 7592 §2.1: "If the client does not exist on this server, the server MUST respond with HTTP 401
        # Unauthorized": as for a wrong token, so that nobody learns which clients exist.
        if client is None or expected is None or not compare_digest(secret_digest(token or ""), expected):
            self._security_log.note("registration.wrong_token")
            raise InvalidTokenError("the registration access token is not this client's")
        return client

    async def _check_sector(self, judged: Mapping[str, Any]) -> None:
        uri = judged.get("sector_identifier_uri")
        if uri is None:
            return
        try:
            answer = await self._addresses.get(uri)
            document = json.loads(answer.body) if answer.status == 200 else None
        except (AddressUnreachable, ValueError, RecursionError) as error:
            raise InvalidClientMetadataError("the sector_identifier_uri cannot be read") from error
        validate_sector_identifier(document, expected_redirect_uris=judged["redirect_uris"])

    def _made(self, client_id: ClientId, judged: Mapping[str, Any], standing: Mapping[str, Any]) -> Registered:
        method = judged["token_endpoint_auth_method"]
        secret = random_text(self._randomness, bits=SECRET_BITS) if method in SECRET_METHODS else None
        token = random_text(self._randomness, bits=SECRET_BITS)
        name = judged.get("client_name", client_id)
        members = {**standing, **client_members(judged)}
        # RFC 9700 §2.1.1: "Public clients MUST use PKCE"
        members["pkce_required"] = standing["pkce_required"] or method == "none"
        client = Client(
            id=client_id,
            name_th=judged.get("client_name#th", name),
            name_en=name,
            secret_digest=None if secret is None else secret_digest(secret),
            registration_token_digest=secret_digest(token),
            **members,
        )
        return Registered(client, secret, token)


def _standing_of_newcomer(client_id: ClientId, judged: Mapping[str, Any], invitation: Invitation) -> dict[str, Any]:
    """What the house says of a client that registers itself."""
    return {
        "agency_id": invitation.agency_id,
        "profile": invitation.profile,
        "first_party": False,
        "dpop_nonce_required": False,
        "services": (),
        "sector": _sector(judged, invitation, client_id),
        "status": ClientStatus.ACTIVE,
        # Clients of certification programs ask without PKCE or a nonce; whoever registers by invitation uses PKCE.
        "pkce_required": invitation.spend is not None,
        "nonce_required": invitation.spend is not None,
    }


def _sector(judged: Mapping[str, Any], invitation: Invitation, client_id: ClientId) -> str:
    # One agency knows a person by one identifier, whichever of its programs asks (nevers, 1), unless it shares a sector
    # with others by a list at that sector's own address. Newcomers belong together in nothing but their host.
    uri, redirect_uris = judged.get("sector_identifier_uri"), judged["redirect_uris"]
    if uri is None and invitation.spend is not None:
        return invitation.agency_id
    if uri is None and not redirect_uris:
        return client_id
    return sector_host(redirect_uris=redirect_uris, sector_identifier_uri=uri)
