"""Taking requests in: pushed by a proven client (RFC 9126), or in the query of a browser."""

from collections.abc import Mapping
from dataclasses import replace

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.requests.model import (
    FLOW_LIFETIME,
    REQUEST_URI_LIFETIME,
    OidcProblem,
    PendingRequest,
    RequestRefused,
)
from idp.authorization.requests.rules import requested_details, required_acr, validate_client_may_ask
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.tokens.proofs import DpopProofs
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.sealing import SealBroken, SealExpired
from idp.protocol.authorization_request import parse_authorization_request
from idp.protocol.errors import InvalidAuthorizationDetails, InvalidRequestError, OAuth2Error
from idp.protocol.pushed_request import bound_key, pushed_parameters, pushed_response, sealed_part
from idp.protocol.redirection import error_url, is_registered
from idp.protocol.token_request import ClientCredentials
from idp.storage.spent import SpentKind, is_spent
from idp.storage.storage import Storage, UnitOfWork


class RequestIntake:
    """Judges requests and makes them pending. `par_url` is the endpoint's own address, for DPoP."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        par_url: str,
        gateway: str,
        acr_prefix: str,
        clients: Clients,
        authentication: ClientAuthentication,
        proofs: DpopProofs,
        agencies: Agencies,
        pending_requests: PendingRequests,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._par_url = par_url
        self._gateway = gateway
        self._acr_prefix = acr_prefix
        self._clients = clients
        self._authentication = authentication
        self._proofs = proofs
        self._agencies = agencies
        self._pending_requests = pending_requests
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def push(
        self, credentials: ClientCredentials, parameters: Mapping[str, str], dpop_proof: str | None
    ) -> Mapping[str, object]:
        """The answer of RFC 9126 §2.2, or the OAuth error to answer with. The request is sealed into its own name."""
        async with self._storage.unit_of_work() as uow:
            answer = await self._push(uow, credentials, parameters, dpop_proof)
        if isinstance(answer, OAuth2Error):
            raise answer
        return answer

    async def open_pushed(self, client_id: str, request_uri: str) -> PendingRequest:
        """A pushed request that was not granted yet. Raises Refused(REQUEST_URI_UNUSABLE)."""
        async with self._storage.reading() as uow:
            try:
                pending = self._pending_requests.open_pushed(sealed_part(request_uri) or "", now=uow.now)
            except (SealBroken, SealExpired) as error:
                self._security_log.note("authorize.request_uri_unusable", reason=type(error).__name__)
                raise Refused(OidcProblem.REQUEST_URI_UNUSABLE) from error
            # RFC 9126 §2.2: "The request_uri value MUST be bound to the client that posted the authorization request."
            # §4: "Authorization servers SHOULD treat request_uri values as one-time use"
            if pending.client_id != client_id or await self._is_completed(uow, pending):
                self._security_log.note("authorize.request_uri_unusable", reason="another client's, or used")
                raise Refused(OidcProblem.REQUEST_URI_UNUSABLE)
            # a sign-in asked for by the request is one after the browser came, not after the client pushed
            return replace(pending, started_at=uow.now.replace(microsecond=0))

    async def begin(self, parameters: Mapping[str, str]) -> PendingRequest:
        """A request in the query of a browser.

        Raises Refused (for a page) until client and redirect_uri are proven, RequestRefused from then on.
        """
        async with self._storage.reading() as uow:
            client = await self._clients.live(uow, ClientId(parameters.get("client_id", "")))
            if client is None:
                self._security_log.note("authorize.unknown_client")
                raise Refused(OidcProblem.UNKNOWN_CLIENT)
            redirect_uri = parameters.get("redirect_uri", "")
            # RFC 6749 §4.1.2.1: "If the request fails due to a missing, invalid, or mismatching redirection URI … the
            # authorization server … MUST NOT automatically redirect the user-agent to the invalid redirection URI."
            if not is_registered(redirect_uri, registered=client.redirect_uris):
                self._security_log.note("authorize.redirect_uri_not_registered", client=client.id)
                raise Refused(OidcProblem.REDIRECT_URI_NOT_REGISTERED)
            try:
                return await self._judged(uow, client, parameters, pushed=False, proof_jkt=None)
            except OAuth2Error as error:
                self._security_log.note("authorize.refused", client=client.id, error=str(error.error))
                location = error_url(
                    redirect_uri=redirect_uri, error=error, state=parameters.get("state"), issuer=self._issuer
                )
                raise RequestRefused(location) from error

    def note_unreadable(self, endpoint: str, reason: str) -> None:
        """A line about a request that was refused before anybody was proven. `reason` is a code, never client text."""
        self._security_log.note("request.unreadable", endpoint=endpoint, reason=reason)

    async def _push(
        self,
        uow: UnitOfWork,
        credentials: ClientCredentials,
        parameters: Mapping[str, str],
        dpop_proof: str | None,
    ) -> Mapping[str, object] | OAuth2Error:
        try:
            client = await self._authentication.authenticate(uow, credentials)
        except OAuth2Error as unproven:
            return unproven
        try:
            jkt = None
            if dpop_proof is not None:
                jkt = await self._proofs.of_client(uow, dpop_proof, client=client, url=self._par_url)
            kept = pushed_parameters(parameters, authenticated_client_id=client.id)
            if not is_registered(kept.get("redirect_uri", ""), registered=client.redirect_uris):
                raise InvalidRequestError("redirect_uri is missing or not registered")
            pending = await self._judged(uow, client, kept, pushed=True, proof_jkt=jkt)
        except OAuth2Error as refusal:
            await self._note_refusal(uow, client, refusal)
            return refusal
        sealed = self._pending_requests.seal_pushed(pending, expires_at=uow.now + REQUEST_URI_LIFETIME)
        return pushed_response(sealed=sealed, expires_in=int(REQUEST_URI_LIFETIME.total_seconds()))

    async def _judged(
        self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str], *, pushed: bool, proof_jkt: str | None
    ) -> PendingRequest:
        request = parse_authorization_request(parameters)
        validate_client_may_ask(client, request, pushed=pushed, gateway=self._gateway)
        details = requested_details(client, request)
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as beyond:
            raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
        minimum = None if not details else (await self._agencies.service(uow, details[0].purpose)).minimum
        # Whole seconds, so that a sign-in within the same one counts as after the start.
        started_at = uow.now.replace(microsecond=0)
        return PendingRequest(
            flow_id=random_text(self._randomness, bits=128),
            request=request,
            jkt=bound_key(dpop_jkt=request.dpop_jkt, proof_jkt=proof_jkt),
            required=required_acr(acr_values=request.acr_values, prefix=self._acr_prefix, minimum=minimum),
            started_at=started_at,
            expires_at=started_at + FLOW_LIFETIME,
        )

    async def _is_completed(self, uow: UnitOfWork, pending: PendingRequest) -> bool:
        return await is_spent(
            uow,
            kind=SpentKind.FLOW,
            scope=pending.client_id,
            secret=pending.flow_id,
            expires_at=pending.expires_at,
        )

    async def _note_refusal(self, uow: UnitOfWork, client: Client, refusal: OAuth2Error) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                "authorization.push_refused",
                actor=Actor(ActorKind.CLIENT, client.id),
                outcome="refused",
                agency_id=client.agency_id,
                client_id=client.id,
                details={"error": str(refusal.error)},
            ),
        )
