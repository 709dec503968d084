"""Clients that register themselves, and look after their registration: RFC 7591 and RFC 7592.

An agency hands its programmer an initial access token: sealed, for one registration, under one profile. Without one
nobody registers, unless the deployment names an agency for newcomers (conformance testing).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from authlib.oauth2.rfc7591 import InvalidClientMetadataError

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.rules import client_members, newcomer_defaults, validate_update
from idp.authorization.client_registration.service import Clients
from idp.kernel.ids import AgencyId, ClientId, new_id
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.client_registration import SECRET_METHODS, sector_host, validate_sector_identifier
from idp.protocol.client_secret import SECRET_BITS, secret_digest
from idp.protocol.errors import InvalidTokenError
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

INITIAL_ACCESS_TOKEN = "initial_access_token"
INVITATION_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """A registration and the secrets that are said this once; None: nothing new."""

    client: Client
    secret: str | None
    registration_access_token: str | None


@dataclass(frozen=True, slots=True)
class _Invitation:
    """On whose behalf a newcomer registers; `token_id` is None where no invitation is asked for."""

    agency_id: AgencyId
    profile: ClientProfile
    token_id: str | None


class Registration:
    """`newcomers` is the code of the agency whose clients register without an invitation; None: nobody does."""

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
        self._sealer = sealer
        self._audit = audit
        self._security_log = security_log
        self._newcomers = newcomers
        self._randomness = randomness

    async def invite(self, uow: UnitOfWork, *, agency_id: AgencyId, profile: ClientProfile, by: Actor) -> str:
        """An initial access token (RFC 7591 §3): one registration for this agency, within seven days."""
        token_id = random_text(self._randomness, bits=128)
        details = {"token": token_id, "profile": profile.value}
        await self._audit.append(uow, AuditEvent("client.invited", actor=by, agency_id=agency_id, details=details))
        payload = {"agency": agency_id, "profile": profile.value, "id": token_id}
        return self._sealer.seal(INITIAL_ACCESS_TOKEN, payload, expires_at=uow.now + INVITATION_LIFETIME)

    async def register(self, *, token: str | None, metadata: Mapping[str, Any]) -> Registered:
        """Register a newcomer. Raises InvalidTokenError, InvalidClientMetadataError or InvalidRedirectURIError."""
        # 1. who may
        async with self._storage.reading() as uow:
            invitation = await self._invitation(uow, token)
        # 2. what it says of itself, and what stands at its sector_identifier_uri: before any transaction
        judged = self._clients.judge(newcomer_defaults(metadata, invitation.profile), profile=invitation.profile)
        await self._check_sector(judged)
        # 3. spend the invitation and save
        async with self._storage.unit_of_work() as uow:
            await self._spend(uow, invitation)
            client_id = ClientId(new_id("cli", now=uow.now, randomness=self._randomness))
            registered = self._made(client_id, invitation, judged)
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
            invitation = _Invitation(present.agency_id, present.profile, None)
            made = self._made(present.id, invitation, judged)
            keeps_secret = present.secret_digest is not None and made.secret is not None
            changed = replace(
                made.client,
                # OpenID Connect Core §8.1: identifiers that a client knows people by do not change under it.
                sector=present.sector,
                services=present.services,
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

    async def _invitation(self, uow: UnitOfWork, token: str | None) -> _Invitation:
        if token is None and self._newcomers is not None:
            agency = await self._agencies.agency_by_code(uow, self._newcomers)
            if agency is not None:
                return _Invitation(agency.id, ClientProfile.BASELINE, None)
        try:
            payload = self._sealer.open(INITIAL_ACCESS_TOKEN, token or "", now=uow.now)
        except (SealBroken, SealExpired) as error:
            self._security_log.note("registration.not_invited", reason=type(error).__name__)
            raise InvalidTokenError("an initial access token is required") from error
        return _Invitation(AgencyId(payload["agency"]), ClientProfile(payload["profile"]), payload["id"])

    async def _spend(self, uow: UnitOfWork, invitation: _Invitation) -> None:
        if invitation.token_id is not None and not await spend(
            uow,
            kind=SpentKind.INITIAL_ACCESS_TOKEN,
            scope=invitation.agency_id,
            secret=invitation.token_id,
            expires_at=uow.now + INVITATION_LIFETIME,
        ):
            self._security_log.note("registration.invitation_used_before")
            raise InvalidTokenError("the initial access token was used before")

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

    def _made(self, client_id: ClientId, invitation: _Invitation, judged: Mapping[str, Any]) -> Registered:
        method = judged["token_endpoint_auth_method"]
        secret = random_text(self._randomness, bits=SECRET_BITS) if method in SECRET_METHODS else None
        token = random_text(self._randomness, bits=SECRET_BITS)
        name = judged.get("client_name", client_id)
        is_newcomer = invitation.token_id is None
        client = Client(
            id=client_id,
            agency_id=invitation.agency_id,
            name_th=judged.get("client_name#th", name),
            name_en=name,
            first_party=False,
            profile=invitation.profile,
            dpop_nonce_required=False,
            services=(),
            sector=_sector(judged, invitation, client_id),
            status=ClientStatus.ACTIVE,
            secret_digest=None if secret is None else secret_digest(secret),
            registration_token_digest=secret_digest(token),
            # Clients of certification programs ask without PKCE; whoever registers by invitation uses it.
            pkce_required=not is_newcomer or method == "none",
            **client_members(judged),
        )
        return Registered(client, secret, token)


def _sector(judged: Mapping[str, Any], invitation: _Invitation, client_id: ClientId) -> str:
    # One agency knows a person by one identifier, whichever of its programs asks (nevers, 1), unless it shares a sector
    # with others by a list at that sector's own address. Newcomers belong together in nothing but their host.
    uri, redirect_uris = judged.get("sector_identifier_uri"), judged["redirect_uris"]
    if uri is None and invitation.token_id is not None:
        return invitation.agency_id
    if uri is None and not redirect_uris:
        return client_id
    return sector_host(redirect_uris=redirect_uris, sector_identifier_uri=uri)
