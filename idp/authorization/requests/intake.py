"""Taking requests in: pushed by a proven client (RFC 9126), or in the query of a browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from idp.agencies.model import Service
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.key_sets import ClientKeySets, claimed_kid
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.grants.store import is_managed
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.model import (
    FLOW_LIFETIME,
    REQUEST_URI_LIFETIME,
    OidcProblem,
    PendingRequest,
    RequestRefused,
    ReturnAddress,
)
from idp.authorization.requests.rules import (
    essential_acr,
    expected_subject,
    provisional_ial,
    request_parameters,
    requested_details,
    required_acr,
    validate_client_may_ask,
    with_client_defaults,
)
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.tokens.proofs import Caller, DpopProofs, prove_caller
from idp.catalogue.gdx import GdxDetail
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.sealing import SealBroken, SealExpired
from idp.keys.signing import SigningKeys
from idp.protocol.authorization_request import AuthorizationRequest, parse_authorization_request
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidGrantId,
    InvalidRequestError,
    OAuth2Error,
    RequestUriNotSupported,
)
from idp.protocol.logout import HintRefused, judge_id_token_hint
from idp.protocol.pushed_request import bound_key, pushed_parameters, pushed_response, sealed_part
from idp.protocol.redirection import is_registered
from idp.protocol.request_object import claimed_redirect_uri, decrypted
from idp.protocol.response_mode import error_mode
from idp.storage.spent import is_spent
from idp.storage.storage import Storage, UnitOfWork

ID_TOKEN_TYP = "JWT"


@dataclass(frozen=True, slots=True)
class _Told:
    """A refusal on its way to the client."""

    to: ReturnAddress
    error: OAuth2Error


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
        answers: ClientAnswers,
        keys: SigningKeys,
        clients: Clients,
        authentication: ClientAuthentication,
        proofs: DpopProofs,
        agencies: Agencies,
        pending_requests: PendingRequests,
        audit: AuditLog,
        security_log: SecurityLog,
        encryption: ServerEncryptionKey,
        key_sets: ClientKeySets | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._par_url = par_url
        self._gateway = gateway
        self._acr_prefix = acr_prefix
        self._answers = answers
        self._keys = keys
        self._clients = clients
        self._authentication = authentication
        self._proofs = proofs
        self._agencies = agencies
        self._pending_requests = pending_requests
        self._audit = audit
        self._security_log = security_log
        self._encryption = encryption
        self._key_sets = key_sets
        self._randomness = randomness

    async def push(
        self, credentials: ClientCredentials, parameters: Mapping[str, str], dpop_proof: str | None
    ) -> Mapping[str, object]:
        """The answer of RFC 9126 §2.2, or the OAuth error to answer with. The request is sealed into its own name."""
        parameters = decrypted(parameters, decrypt=self._encryption.decrypt)
        await self._prepare(credentials.client_id, parameters)
        now = self._storage.clock.now()
        caller = await prove_caller(
            self._storage,
            self._authentication,
            self._proofs,
            credentials=credentials,
            dpop_proof=dpop_proof,
            url=self._par_url,
            proof_required=False,
            now=now,
        )
        try:
            pending = await self._pushed(caller, parameters, now)
        except OAuth2Error as refusal:
            async with self._storage.unit_of_work() as uow:
                await self._note_refusal(uow, caller.client, refusal)
            raise
        sealed = self._pending_requests.seal_pushed(pending, expires_at=now + REQUEST_URI_LIFETIME)
        return pushed_response(sealed=sealed, expires_in=int(REQUEST_URI_LIFETIME.total_seconds()))

    async def open_pushed(self, client_id: str, request_uri: str) -> PendingRequest:
        """A pushed request that was not granted yet. Raises Refused(REQUEST_URI_UNUSABLE)."""
        now = self._storage.clock.now()
        try:
            pending = self._pending_requests.open_pushed(sealed_part(request_uri) or "", now=now)
        except (SealBroken, SealExpired) as error:
            self._security_log.note("authorize.request_uri_unusable", reason=type(error).__name__)
            raise Refused(OidcProblem.REQUEST_URI_UNUSABLE) from error
        # RFC 9126 §2.2: "The request_uri value MUST be bound to the client that posted the authorization request."
        # §4: "Authorization servers SHOULD treat request_uri values as one-time use"
        if pending.client_id != client_id or await is_spent(self._storage, pending.spend):
            self._security_log.note("authorize.request_uri_unusable", reason="another client's, or used")
            raise Refused(OidcProblem.REQUEST_URI_UNUSABLE)
        # a sign-in asked for by the request is one after the browser came, not after the client pushed
        return replace(pending, started_at=_stored(now))

    async def begin(self, parameters: Mapping[str, str]) -> PendingRequest:
        """A request in the query of a browser.

        Raises Refused (for a page) until client and redirect_uri are proven, RequestRefused from then on.
        """
        parameters = decrypted(parameters, decrypt=self._encryption.decrypt)
        await self._prepare(parameters.get("client_id", ""), parameters)
        begun = await self._begin(parameters, self._storage.clock.now())
        if isinstance(begun, _Told):
            raise RequestRefused(await self._answers.error(begun.to, begun.error)) from begun.error
        return begun

    async def _prepare(self, client_id: str, parameters: Mapping[str, str]) -> None:
        """Have at hand the keys that a hint or a request object is judged with, while no transaction is open."""
        if "id_token_hint" in parameters or "request" in parameters:
            await self._keys.refresh()
        if "request" in parameters and self._key_sets is not None:
            await self._key_sets.prepare(client_id, kid=claimed_kid(parameters["request"]))

    async def _begin(self, parameters: Mapping[str, str], now: datetime) -> "PendingRequest | _Told":
        # 1. who asks
        client = await self._clients.known(self._storage, ClientId(parameters.get("client_id", "")), now=now)
        if client is None:
            self._security_log.note("authorize.unknown_client")
            raise Refused(OidcProblem.UNKNOWN_CLIENT)
        # 2. where to answer. RFC 6749 §4.1.2.1: "If the request fails due to a missing, invalid, or mismatching
        # redirection URI … the authorization server … MUST NOT automatically redirect the user-agent to the invalid
        # redirection URI."
        redirect_uri = claimed_redirect_uri(parameters.get("request", "")) or parameters.get("redirect_uri", "")
        if not is_registered(redirect_uri, registered=client.redirect_uris):
            self._security_log.note("authorize.redirect_uri_not_registered", client=client.id)
            raise Refused(OidcProblem.REDIRECT_URI_NOT_REGISTERED)
        # 3. what is asked for
        counting = parameters
        try:
            # OpenID Connect Core §3.1.2.6: request_uri_not_supported "The OP does not support use of the request_uri
            # parameter"
            if "request_uri" in parameters:
                raise RequestUriNotSupported()
            counting = self._counting(client, parameters, now=now)
            return await self._judged(client, counting, now, pushed=False, proof_jkt=None)
        except OAuth2Error as error:
            self._security_log.note("authorize.refused", client=client.id, error=str(error.error))
            mode = error_mode(counting.get("response_mode"), expected_modes=client.response_modes)
            to = ReturnAddress(
                client.id,
                redirect_uri,
                counting.get("state"),
                mode,
                client.authorization_signed_response_alg,
                client.authorization_encrypted_response_alg is not None,
            )
            return _Told(to, error)

    def note_refused(self, pending: PendingRequest, error: OAuth2Error) -> None:
        """A line about a request that was refused while nobody was signed in, so that no entry has a subject."""
        self._security_log.note("authorize.refused", client=pending.client_id, error=str(error.error))

    def note_unreadable(self, endpoint: str, reason: str) -> None:
        """A line about a request that was refused before anybody was proven. `reason` is a code, never client text."""
        self._security_log.note("request.unreadable", endpoint=endpoint, reason=reason)

    async def _pushed(self, caller: Caller, parameters: Mapping[str, str], now: datetime) -> PendingRequest:
        client, jkt = caller.client, caller.jkt()
        sent = pushed_parameters(parameters, authenticated_client_id=client.id)
        kept = self._counting(client, sent, now=now)
        if not is_registered(kept.get("redirect_uri", ""), registered=client.redirect_uris):
            raise InvalidRequestError("redirect_uri is missing or not registered")
        return await self._judged(client, kept, now, pushed=True, proof_jkt=jkt)

    def _counting(self, client: Client, parameters: Mapping[str, str], *, now: datetime) -> Mapping[str, str]:
        keys = self._authentication.keys_of(client)
        return request_parameters(client, parameters, issuer=self._issuer, jwks=keys, now=now)

    async def _judged(
        self, client: Client, parameters: Mapping[str, str], now: datetime, *, pushed: bool, proof_jkt: str | None
    ) -> PendingRequest:
        asked = parse_authorization_request(
            parameters,
            expected_modes=client.response_modes,
            pkce_required=client.pkce_required or client.is_fapi,
            nonce_required=client.nonce_required,
        )
        validate_client_may_ask(client, asked, pushed=pushed, gateway=self._gateway)
        hinted_sub = await self._hinted_sub(client, asked.id_token_hint, now=now)
        await self._expect_replaceable(client, asked)
        request = with_client_defaults(client, asked)
        details = requested_details(client, request)
        service = await self._service(client, details) if details else None
        required = required_acr(
            acr_values=request.acr_values,
            prefix=self._acr_prefix,
            minimum=None if service is None else service.minimum,
            essential=essential_acr(request),
        )
        started_at = _stored(now)
        return PendingRequest(
            flow_id=random_text(self._randomness, bits=128),
            request=request,
            jkt=bound_key(dpop_jkt=request.dpop_jkt, proof_jkt=proof_jkt),
            required=required,
            provisional_ial=provisional_ial(client, service, request, details, required, prefix=self._acr_prefix),
            started_at=started_at,
            expires_at=started_at + FLOW_LIFETIME,
            expected_sub=expected_subject(request, hinted_sub=hinted_sub),
            answers_signed_with=client.authorization_signed_response_alg,
            answers_are_encrypted=client.authorization_encrypted_response_alg is not None,
        )

    async def _hinted_sub(self, client: Client, id_token_hint: str | None, *, now: datetime) -> str | None:
        if id_token_hint is None:
            return None
        try:
            claims = await self._keys.verify_jwt(id_token_hint, expected_typ=ID_TOKEN_TYP)
            hint = judge_id_token_hint(claims, expected_issuer=self._issuer, expected_client_id=client.id, now=now)
        except (SealBroken, HintRefused) as error:
            raise InvalidRequestError("id_token_hint is not a recent ID token of this client") from error
        return hint.sub

    async def _expect_replaceable(self, client: Client, asked: AuthorizationRequest) -> None:
        """Raise InvalidGrantId for a grant to be replaced that is none of this client's; the person is judged later."""
        if asked.managed is None or asked.managed.grant_id is None:
            return
        async with self._storage.reading() as uow:
            # Grant Management §5.2: "the respective client MUST be authorized to use the particular grant id."
            if not await is_managed(uow, asked.managed.grant_id, client.id):
                raise InvalidGrantId()

    async def _service(self, client: Client, details: Sequence[GdxDetail]) -> Service:
        """The service that asks, when the details lie within the agency's right."""
        async with self._storage.reading() as uow:
            try:
                await self._agencies.ceiling(uow, client.agency_id, details)
            except Refused as beyond:
                raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
            return await self._agencies.service(uow, details[0].purpose)

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


def _stored(moment: datetime) -> datetime:
    """As the store keeps moments, in whole milliseconds: a sign-in right after the start is never before it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
