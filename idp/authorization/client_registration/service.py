"""Use cases: register a client, find one, and let one prove who it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from cryptography import x509

from idp.audit.hot_store import entry_values
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent, Entry
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration import store
from idp.authorization.client_registration.hot_store import NOTE_OF_CLIENT
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.known import KnownClients
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.rules import (
    client_members,
    validate_client_metadata,
    validate_pkce_choice,
    validate_secret_choice,
)
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.protocol.client_assertion import verify_client_assertion
from idp.protocol.client_credentials import ClientCredentials, NameAlone, SharedSecret, SignedAssertion
from idp.protocol.client_registration import CERTIFICATE_NAMES, CLIENT_ALGORITHMS, SELF_SIGNED
from idp.protocol.client_secret import secret_digest, validate_secret
from idp.protocol.errors import InvalidClientError
from idp.protocol.jose import SIGNING_ALGORITHMS
from idp.protocol.mutual_tls import ClientCertificate, validate_certified, validate_self_signed
from idp.storage.spent import Spend, SpentKind, spend_in, spend_now
from idp.storage.storage import Storage, UnitOfWork


class Clients:
    """The registered clients. `server_metadata` is what `protocol.discovery` publishes."""

    def __init__(
        self, *, audit: AuditLog, server_metadata: Mapping[str, Any], loopback_redirects_allowed: bool = False
    ) -> None:
        self._audit = audit
        self._known = KnownClients()
        self._server_metadata = server_metadata
        self._loopback_allowed = loopback_redirects_allowed

    def judge(
        self, metadata: Mapping[str, Any], *, profile: ClientProfile, first_party: bool = False
    ) -> dict[str, Any]:
        """The metadata with defaults filled in. Raises InvalidClientMetadataError or InvalidRedirectURIError."""
        return validate_client_metadata(
            metadata,
            server_metadata=self._server_metadata,
            first_party=first_party,
            loopback_allowed=self._loopback_allowed,
            profile=profile,
        )

    async def register(
        self,
        uow: UnitOfWork,
        *,
        client_id: ClientId,
        agency_id: AgencyId,
        name_th: str,
        name_en: str,
        metadata: Mapping[str, Any],
        services: Sequence[ServiceId] = (),
        profile: ClientProfile = ClientProfile.FAPI2,
        first_party: bool = False,
        dpop_nonce_required: bool = False,
        pkce_required: bool = True,
        nonce_required: bool = True,
        secret: str | None = None,
        refresh_grace_seconds: int = 10,
        by: Actor,
    ) -> Client:
        """Register a client under a chosen id. `metadata` is RFC 7591's; `secret` is for the client_secret methods.

        `pkce_required=False` lets a confidential baseline client ask with a nonce in place of PKCE,
        `nonce_required=False` as well with neither: for programs that cannot be changed. A `sector_identifier_uri` is
        the caller's to fetch and check first. Raises Authlib's InvalidClientMetadataError or InvalidRedirectURIError.
        """
        judged = self.judge(metadata, profile=profile, first_party=first_party)
        validate_secret_choice(judged, secret)
        validate_pkce_choice(judged, profile=profile, pkce_required=pkce_required)
        record = Client(
            id=client_id,
            agency_id=agency_id,
            name_th=name_th,
            name_en=name_en,
            first_party=first_party,
            profile=profile,
            dpop_nonce_required=dpop_nonce_required,
            services=tuple(services),
            # One agency knows a person by one identifier, whichever of its programs asks (nevers, 1).
            sector=agency_id,
            status=ClientStatus.ACTIVE,
            secret_digest=None if secret is None else secret_digest(secret),
            pkce_required=pkce_required,
            nonce_required=nonce_required,
            refresh_grace_seconds=refresh_grace_seconds,
            **client_members(judged),
        )
        await self.add(uow, record, by=by)
        return record

    async def add(self, uow: UnitOfWork, record: Client, *, by: Actor) -> None:
        """Save a client whose metadata were judged. Raises InvalidClientMetadataError when its id is taken."""
        if await store.find_client(uow, record.id) is not None:
            raise InvalidClientMetadataError("the client_id is taken")
        await store.insert_client(uow, record)
        await self._note(uow, "client.registered", record, by)

    async def replace(self, uow: UnitOfWork, record: Client, *, by: Actor, of: int | None = None) -> bool:
        """Save other metadata of a client that exists; they were judged.

        `of` is the version that they replace; False when it is another by now, and nothing was saved.
        """
        return await self._save(uow, "client.changed", record, by, of)

    async def end(self, uow: UnitOfWork, record: Client, *, by: Actor, of: int | None = None) -> bool:
        """End a client for good: from now on nothing of it is answered, nor are its tokens. `of` as for `replace`."""
        ended = replace(record, status=ClientStatus.ENDED, secret_digest=None, registration_token_digest=None)
        return await self._save(uow, "client.ended", ended, by, of)

    async def _save(self, uow: UnitOfWork, event: str, record: Client, by: Actor, of: int | None) -> bool:
        if not await store.replace_client(uow, record, of=of):
            return False
        self._known.forget(record.id)
        await self._note(uow, event, record, by)
        return True

    async def get(self, uow: UnitOfWork, client_id: ClientId) -> Client | None:
        """The client, live or not."""
        return await store.find_client(uow, client_id)

    async def named(self, uow: UnitOfWork, ids: Collection[ClientId]) -> dict[ClientId, Client]:
        """Those of these clients that there are, live or not."""
        return await store.find_clients_named(uow, ids)

    async def live(self, uow: UnitOfWork, client_id: ClientId) -> Client | None:
        """The client while it is active and its agency is."""
        return await store.find_live_client(uow, client_id)

    async def known(self, storage: Storage, client_id: ClientId, *, now: datetime) -> Client | None:
        """The client as the store confirmed it at most two seconds ago: whatever mints looks again in its statement.

        Raises Unavailable.
        """
        return await self._known.live(storage, client_id, now=now)

    async def live_now(self, storage: Storage, client_id: ClientId, *, now: datetime) -> Client | None:
        """As `known`, as the store has it now: for what no statement looks at again. Raises Unavailable."""
        return await self._known.live_now(storage, client_id, now=now)

    async def note_use(self, storage: Storage, client_id: ClientId, *, entry: Entry, now: datetime) -> bool:
        """Write the entry of what a client gets by itself; False when it counts no more. Raises Unavailable."""
        return await storage.hot.write(NOTE_OF_CLIENT, client_id=client_id, now=now, **entry_values(entry)) == 1

    async def _note(self, uow: UnitOfWork, event: str, record: Client, by: Actor) -> None:
        details = {
            "services": list(record.services),
            "grant_types": list(record.grant_types),
            "scopes": list(record.scopes),
            "profile": record.profile.value,
            "authentication": record.token_endpoint_auth_method,
        }
        await self._audit.append(
            uow,
            AuditEvent(event, actor=by, agency_id=record.agency_id, client_id=record.id, details=details),
        )


@dataclass(frozen=True, slots=True)
class ProvenClient:
    """A client that proved itself, provided that `spend` was not spent before."""

    client: Client
    spend: Spend | None


def assertion_used_before() -> InvalidClientError:
    """RFC 7523 §3 (7): "The authorization server MAY ensure that JWTs are not replayed": it does."""
    return InvalidClientError("the client assertion was used before", status_code=401)


class ClientAuthentication:
    """Every method of client authentication, at every endpoint that clients call.

    `issuer` is the one audience of FAPI clients; plain ones may name `token_endpoint` as well. `authorities` are the
    roots under which certificates of `tls_client_auth` stand.
    """

    def __init__(
        self,
        *,
        clients: Clients,
        issuer: str,
        security_log: SecurityLog,
        key_sets: ClientKeySets | None = None,
        token_endpoint: str | None = None,
        authorities: Sequence[x509.Certificate] = (),
    ) -> None:
        self._clients = clients
        self._issuer = issuer
        self._security_log = security_log
        self._key_sets = key_sets
        self._token_endpoint = token_endpoint
        self._authorities = tuple(authorities)

    async def authenticate(self, uow: UnitOfWork, credentials: ClientCredentials) -> Client:
        """The live client that proved itself; an assertion is spent, and stays spent when `uow` commits.

        Raises InvalidClientError (HTTP 401), noted in the security log.
        """
        try:
            client = await self._clients.live(uow, ClientId(credentials.client_id))
            proven = self._judged(client, credentials, now=uow.now)
            if proven.spend is not None and not await spend_in(uow, proven.spend):
                raise assertion_used_before()
        except InvalidClientError as error:
            self._note_unproven(error)
            raise
        return proven.client

    async def judge(self, storage: Storage, credentials: ClientCredentials, *, now: datetime) -> ProvenClient:
        """The known client that proved itself, once its assertion is spent: that is the caller's, before all else.

        Raises InvalidClientError (HTTP 401), noted in the security log; Unavailable.
        """
        try:
            client = await self._clients.known(storage, ClientId(credentials.client_id), now=now)
            return self._judged(client, credentials, now=now)
        except InvalidClientError as error:
            self._note_unproven(error)
            raise

    async def prove(self, storage: Storage, credentials: ClientCredentials, *, now: datetime) -> Client:
        """The known client that proved itself, its assertion spent. Raises as `judge` does."""
        proven = await self.judge(storage, credentials, now=now)
        if proven.spend is not None and await spend_now(storage, [proven.spend]) is not None:
            raise self.replayed()
        return proven.client

    def replayed(self) -> InvalidClientError:
        """What an assertion that was spent before is refused with, noted in the security log."""
        error = assertion_used_before()
        self._note_unproven(error)
        return error

    def _note_unproven(self, error: InvalidClientError) -> None:
        self._security_log.note("client.not_authenticated", reason=str(error.description))

    def _judged(self, client: Client | None, credentials: ClientCredentials, *, now: datetime) -> ProvenClient:
        # 1. a client that is registered and live
        if client is None:
            raise InvalidClientError("the client is unknown or suspended", status_code=401)
        # 2. by the one method it registered. OpenID Connect Registration §2, token_endpoint_auth_method: what the
        # client is known by is not for the request to choose.
        match credentials.shown:
            case SignedAssertion(client_assertion=assertion):
                self._expect_method(client, "private_key_jwt")
                return ProvenClient(client, self._judge_assertion(client, assertion, now=now))
            case SharedSecret(secret=secret, method=method):
                self._expect_method(client, method)
                validate_secret(secret=secret, expected_digest=client.secret_digest)
            case NameAlone():
                self._expect_method(client, "none", "tls_client_auth", SELF_SIGNED)
                if not client.is_public:
                    self._prove_by_certificate(client, credentials.certificate, now=now)
            case never:
                assert_never(never)
        return ProvenClient(client, None)

    def _expect_method(self, client: Client, *methods: str) -> None:
        if client.token_endpoint_auth_method not in methods:
            raise InvalidClientError("the client registered another way of authentication", status_code=401)

    def _judge_assertion(self, client: Client, assertion: str, *, now: datetime) -> Spend:
        """An assertion signed with one of its keys, for us, for now; it must not have been shown before."""
        verified = verify_client_assertion(
            client_assertion=assertion,
            expected_client_id=client.id,
            expected_audience=self._issuer,
            expected_jwks=self.keys_of(client),
            expected_algorithms=self._algorithms_of(client),
            other_audiences=() if client.is_fapi or self._token_endpoint is None else (self._token_endpoint,),
            now=now,
        )
        return Spend.of(
            SpentKind.CLIENT_ASSERTION, scope=client.id, secret=verified.jti, expires_at=verified.expires_at
        )

    def _prove_by_certificate(self, client: Client, certificate: ClientCertificate | None, *, now: datetime) -> None:
        if certificate is None:
            raise InvalidClientError("a client certificate is required", status_code=401)
        if client.token_endpoint_auth_method == SELF_SIGNED:
            validate_self_signed(certificate=certificate, expected_jwks=self.keys_of(client))
            return
        names = {name: value for name in CERTIFICATE_NAMES if (value := getattr(client, name)) is not None}
        validate_certified(
            certificate=certificate, expected_subject=names, expected_authorities=self._authorities, now=now
        )

    def keys_of(self, client: Client) -> Mapping[str, Any]:
        """The client's public keys, registered by value or last fetched; empty when there are none to be had."""
        return client.jwks if self._key_sets is None else self._key_sets.of(client)

    def _algorithms_of(self, client: Client) -> tuple[str, ...]:
        if client.token_endpoint_auth_signing_alg is not None:
            return (client.token_endpoint_auth_signing_alg,)
        return SIGNING_ALGORITHMS if client.is_fapi else CLIENT_ALGORITHMS
