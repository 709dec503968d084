"""Use cases: register a client, find one, and let one prove who it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc7591 import InvalidClientMetadataError

from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration import store
from idp.authorization.client_registration.model import Client, ClientProfile, ClientStatus
from idp.authorization.client_registration.rules import validate_client_metadata
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from idp.protocol.client_assertion import verify_client_assertion
from idp.protocol.errors import InvalidClientError
from idp.protocol.parameters import words
from idp.protocol.token_request import ClientCredentials
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import UnitOfWork


class Clients:
    """The registered clients. `server_metadata` is what `protocol.discovery` publishes."""

    def __init__(
        self, *, audit: AuditLog, server_metadata: Mapping[str, Any], loopback_redirects_allowed: bool = False
    ) -> None:
        self._audit = audit
        self._server_metadata = server_metadata
        self._loopback_allowed = loopback_redirects_allowed

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
        by: Actor,
    ) -> Client:
        """Register a client under a chosen id. `metadata` is RFC 7591's; keys come by value in `jwks`.

        Raises Authlib's InvalidClientMetadataError or InvalidRedirectURIError.
        """
        judged = validate_client_metadata(
            metadata,
            server_metadata=self._server_metadata,
            first_party=first_party,
            loopback_allowed=self._loopback_allowed,
        )
        if await store.find_client(uow, client_id) is not None:
            raise InvalidClientMetadataError("the client_id is taken")
        if profile is ClientProfile.FAPI2 and not judged["dpop_bound_access_tokens"]:
            raise InvalidClientMetadataError("this profile binds access tokens to a key")
        record = Client(
            id=client_id,
            agency_id=agency_id,
            name_th=name_th,
            name_en=name_en,
            first_party=first_party,
            profile=profile,
            redirect_uris=tuple(judged["redirect_uris"]),
            jwks=judged["jwks"],
            token_endpoint_auth_method=judged["token_endpoint_auth_method"],
            id_token_signed_response_alg=judged["id_token_signed_response_alg"],
            dpop_bound=judged["dpop_bound_access_tokens"],
            dpop_nonce_required=dpop_nonce_required,
            grant_types=tuple(judged["grant_types"]),
            scopes=words(judged["scope"]),
            services=tuple(services),
            # One agency knows a person by one identifier, whichever of its programs asks (nevers, 1).
            sector=agency_id,
            status=ClientStatus.ACTIVE,
        )
        await store.insert_client(uow, record)
        details = {"services": list(services), "grant_types": list(record.grant_types), "scopes": list(record.scopes)}
        await self._audit.append(
            uow,
            AuditEvent("client.registered", actor=by, agency_id=agency_id, client_id=client_id, details=details),
        )
        return record

    async def get(self, uow: UnitOfWork, client_id: ClientId) -> Client | None:
        """The client, live or not."""
        return await store.find_client(uow, client_id)

    async def live(self, uow: UnitOfWork, client_id: ClientId) -> Client | None:
        """The client while it is active and its agency is."""
        return await store.find_live_client(uow, client_id)


class ClientAuthentication:
    """`private_key_jwt` at every endpoint that clients call. `issuer` is the one audience accepted."""

    def __init__(self, *, clients: Clients, issuer: str, security_log: SecurityLog) -> None:
        self._clients = clients
        self._issuer = issuer
        self._security_log = security_log

    async def authenticate(self, uow: UnitOfWork, credentials: ClientCredentials) -> Client:
        """The live client that signed the assertion; spends the assertion, which stays spent when `uow` commits.

        Raises InvalidClientError (HTTP 401), noted in the security log.
        """
        try:
            return await self._authenticate(uow, credentials)
        except InvalidClientError as error:
            self._security_log.note("client.not_authenticated", reason=str(error.description))
            raise

    async def _authenticate(self, uow: UnitOfWork, credentials: ClientCredentials) -> Client:
        # 1. a client that is registered and live
        client = await self._clients.live(uow, ClientId(credentials.client_id))
        if client is None:
            raise InvalidClientError("the client is unknown or suspended", status_code=401)
        # 2. an assertion signed with one of its keys, for us, for now
        verified = verify_client_assertion(
            client_assertion=credentials.client_assertion,
            expected_client_id=client.id,
            expected_audience=self._issuer,
            expected_jwks=client.jwks,
            now=uow.now,
        )
        # 3. never shown before. RFC 7523 §3 (7): "The authorization server MAY ensure that JWTs are not replayed"
        if not await spend(
            uow,
            kind=SpentKind.CLIENT_ASSERTION,
            scope=client.id,
            secret=verified.jti,
            expires_at=verified.expires_at,
        ):
            raise InvalidClientError("the client assertion was used before", status_code=401)
        return client
