"""Use cases of backchannel authentication: an agency asks, the citizen decides in my account, the agency is pinged."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.outbound import AddressUnreachable, ClientAddresses
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.deferred import store as deferred_store
from idp.authorization.deferred.asking import Asking
from idp.authorization.deferred.model import DeferredId, DeferredKind, company_of
from idp.authorization.deferred.rules import validate_client_may_defer
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.standing import still_acts
from idp.catalogue.gdx import GdxDetail
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken
from idp.keys.signing import SigningKeys
from idp.protocol.backchannel import (
    CIBA_GRANT,
    BackchannelRequest,
    UnknownUserId,
    backchannel_response,
    open_signed_request,
    parse_backchannel_request,
    ping_notification,
)
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.errors import AccessDeniedError, InvalidRequestError, InvalidScopeError
from idp.protocol.jose import JwtRefused, numeric_date
from idp.protocol.logout import HintRefused, judge_id_token_hint
from idp.protocol.parameters import required
from idp.protocol.request_object import decrypted
from idp.protocol.scopes import OPENID
from idp.representation.acting.service import Acting
from idp.representation.companies.model import LONGEST_WAIT
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

USUAL_LIFETIME = timedelta(minutes=5)
LONGEST_LIFETIME = timedelta(minutes=10)
PING = "ping"


class BackchannelAuthentication:
    """The backchannel authentication endpoint, the ping, and the grant at the token endpoint."""

    grant_type = CIBA_GRANT

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        acr_prefix: str,
        clients: Clients,
        authentication: ClientAuthentication,
        deferred: DeferredRequests,
        grants: Grants,
        subscribers: Subscribers,
        keys: SigningKeys,
        pairwise: PairwiseSubjects,
        addresses: ClientAddresses,
        encryption: ServerEncryptionKey,
        acting: Acting,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._acr_prefix = acr_prefix
        self._clients = clients
        self._authentication = authentication
        self._asking = Asking(storage=storage, authentication=authentication, audit=audit)
        self._encryption = encryption
        self._deferred = deferred
        self._grants = grants
        self._subscribers = subscribers
        self._keys = keys
        self._pairwise = pairwise
        self._addresses = addresses
        self._acting = acting
        self._audit = audit
        self._randomness = randomness

    async def ask(self, credentials: ClientCredentials, parameters: Mapping[str, str]) -> Mapping[str, object]:
        """The acknowledgement of CIBA §7.3. Raises the OAuth error to answer with."""
        await self._keys.refresh()  # an id_token_hint must not need a second connection inside the transaction
        # RFC 9101 §6.1: encrypted to us after it was signed; nothing inside is believed before the signature is judged
        parameters = decrypted(parameters, decrypt=self._encryption.decrypt)

        async def opening(uow: UnitOfWork, client: Client) -> Mapping[str, object]:
            return await self._open(uow, client, await self._unwrapped(uow, client, parameters))

        return await self._asking.ask(credentials, refused="backchannel.refused", opening=opening)

    async def expect_standing(self, client: Client, parameters: Mapping[str, str]) -> None:
        """Whoever allowed it for a company still acts for it, by its registry now.

        Raises AccessDeniedError, Unavailable; nothing is spent then.
        """
        code = required(parameters, "auth_req_id")
        async with self._storage.reading() as uow:
            decided = await self._deferred.redeemable(uow, client, code, kind=DeferredKind.BACKCHANNEL)
        if decided is not None and not await still_acts(
            self._storage, self._acting, decided.acted_for, acr=decided.acr
        ):
            raise AccessDeniedError("the person does not act for the company any more")

    async def redeem(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> AuthorizationCode:
        """What the citizen let the client have, once. Raises the errors of CIBA §11."""
        code = required(parameters, "auth_req_id")
        return await self._deferred.poll(uow, client, code, kind=DeferredKind.BACKCHANNEL)

    async def ping(self, request_id: DeferredId) -> None:
        """A request was decided: tell its client, if it wants to be told (CIBA §10.2). One attempt, no redirect."""
        async with self._storage.reading() as uow:
            request = await deferred_store.find(uow, self._deferred.seals, request_id)
            client = None if request is None else await self._clients.live(uow, request.client_id)
            note: Mapping[str, str] = {} if request is None else self._deferred.note_of(request, uow)
        address = None if client is None else client.backchannel_client_notification_endpoint
        if client is None or address is None or "token" not in note:
            return
        body = msgspec.json.encode(ping_notification(auth_req_id=note["auth_req_id"]))
        headers = {"content-type": "application/json", "authorization": f"Bearer {note['token']}"}
        try:
            status = (await self._addresses.post(address, body=body, headers=headers)).status
        except AddressUnreachable:
            status = 0
        async with self._storage.unit_of_work() as uow:
            # §10.2: the client answers 204; others of the 200 family are borne, redirects are not followed.
            is_told = 200 <= status < 300
            await self._audit.append(
                uow,
                AuditEvent(
                    "backchannel.pinged",
                    actor=SYSTEM,
                    outcome="ok" if is_told else "refused",
                    agency_id=client.agency_id,
                    client_id=client.id,
                    details={"request": request_id, "status": status},
                ),
            )

    async def _unwrapped(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> Mapping[str, str]:
        algorithm = client.backchannel_authentication_request_signing_alg
        if "request" not in parameters:
            # FAPI-CIBA §5.2.2: only signed requests; CIBA §4: so for whoever registered an algorithm for them.
            if client.is_fapi or algorithm is not None:
                raise InvalidRequestError("this client must sign its requests")
            return parameters
        signed = open_signed_request(
            parameters,
            expected_client_id=client.id,
            expected_audience=self._issuer,
            expected_algorithm=algorithm,
            expected_jwks=self._authentication.keys_of(client),
            now=uow.now,
        )
        # CIBA §7.1.1: jti is there so that a request is not taken twice.
        if not await spend(
            uow,
            kind=SpentKind.REQUEST_OBJECT,
            scope=client.id,
            secret=signed.jti,
            expires_at=signed.expires_at,
        ):
            raise InvalidRequestError("the request was used before")
        return signed.parameters

    async def _open(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> Mapping[str, object]:
        is_pinged = client.backchannel_token_delivery_mode == PING
        request = parse_backchannel_request(parameters, ping=is_pinged)
        # CIBA §7.1: scope: "CIBA authentication requests MUST therefore contain the openid scope value."
        if OPENID not in request.scope:
            raise InvalidScopeError("the scope must contain openid")
        has_details = request.authorization_details is not None
        validate_client_may_defer(client, grant_type=self.grant_type, scope=request.scope, has_details=has_details)
        details = await self._deferred.within_right(uow, client, request.authorization_details, of_companies=True)
        subscriber_id = await self._asked(uow, client, request)
        auth_req_id, lifetime = random_text(self._randomness), _lifetime(request.requested_expiry, details)
        opened = await self._deferred.open(
            uow,
            kind=DeferredKind.BACKCHANNEL,
            client=client,
            scope=request.scope,
            details=details,
            acr_values=request.acr_values or client.default_acr_values,
            acr_prefix=self._acr_prefix,
            code=auth_req_id,
            subscriber_id=subscriber_id,
            lifetime=lifetime,
            note=_note(request, auth_req_id),
        )
        return backchannel_response(
            auth_req_id=auth_req_id,
            expires_in=int(lifetime.total_seconds()),
            interval=int(opened.interval.total_seconds()),
        )

    async def _asked(self, uow: UnitOfWork, client: Client, request: BackchannelRequest) -> SubscriberId | None:
        """Whom the hint means. None for a number that nobody here has: such a request waits like any other and runs
        out, so that nobody learns from the answer who is enrolled.
        """
        if request.login_hint is not None:
            try:
                citizen_id = CitizenId.parse(request.login_hint)
            except InvalidIdentifier as error:
                raise UnknownUserId() from error
            found = await self._subscribers.find_by_citizen_id(uow, citizen_id)
            return None if found is None or not found.is_live else found.id
        return await self._of_id_token(uow, client, request.id_token_hint or "")

    async def _of_id_token(self, uow: UnitOfWork, client: Client, id_token: str) -> SubscriberId:
        try:
            claims = await self._keys.verify_jwt(id_token, expected_typ="JWT")
            hint = judge_id_token_hint(claims, expected_issuer=self._issuer, expected_client_id=client.id, now=uow.now)
            seconds = numeric_date(claims, "auth_time")
        except (SealBroken, HintRefused, JwtRefused) as error:
            raise UnknownUserId() from error
        # A pairwise sub leads back to nobody: the sign-in that the token tells of does.
        auth_time = datetime.fromtimestamp(seconds or 0, UTC)
        for grant in await self._grants.of_sign_in(uow, client, auth_time=auth_time):
            if self._pairwise.sub(client.sector, grant.subscriber_id) == hint.sub:
                return grant.subscriber_id
        raise UnknownUserId()


def _lifetime(requested_expiry: int | None, details: Sequence[GdxDetail]) -> timedelta:
    """How long a request waits: minutes for a person, days for the signatories of a company."""
    usual, longest = (LONGEST_WAIT, LONGEST_WAIT) if company_of(details) else (USUAL_LIFETIME, LONGEST_LIFETIME)
    return usual if requested_expiry is None else min(timedelta(seconds=requested_expiry), longest)


def _note(request: BackchannelRequest, auth_req_id: str) -> Mapping[str, str]:
    note = {"message": request.binding_message, "token": request.client_notification_token, "auth_req_id": auth_req_id}
    return {name: value for name, value in note.items() if value is not None}
