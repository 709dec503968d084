"""Use cases of the device flow: a device asks, a citizen enters its code, the device polls."""

from collections.abc import Mapping
from datetime import timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.deferred.asking import Asking
from idp.authorization.deferred.model import POLL_INTERVAL, DeferredKind, DeferredProblem, Waiting
from idp.authorization.deferred.rules import validate_client_may_defer
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.device import store
from idp.authorization.grants.model import AuthorizationCode
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.device import (
    DEVICE_CODE_GRANT,
    device_authorization_response,
    parse_device_authorization_request,
    parse_user_code,
    user_code_of,
)
from idp.protocol.parameters import required
from idp.storage.storage import Storage, UnitOfWork

CODE_LIFETIME = timedelta(minutes=10)
MOST_TRIES = 10
TRIES_WITHIN = timedelta(minutes=15)


class DeviceFlow:
    """The device authorization endpoint, the page's look-up of a code, and the grant at the token endpoint.

    `verification_uri` is the page where a code is typed.
    """

    grant_type = DEVICE_CODE_GRANT

    def __init__(
        self,
        *,
        storage: Storage,
        verification_uri: str,
        acr_prefix: str,
        authentication: ClientAuthentication,
        deferred: DeferredRequests,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._verification_uri = verification_uri
        self._acr_prefix = acr_prefix
        self._asking = Asking(storage=storage, authentication=authentication, audit=audit)
        self._deferred = deferred
        self._audit = audit
        self._randomness = randomness

    async def ask(self, credentials: ClientCredentials, parameters: Mapping[str, str]) -> Mapping[str, object]:
        """The answer of RFC 8628 §3.2. Raises the OAuth error to answer with."""
        return await self._asking.ask(
            credentials, refused="device.refused", opening=lambda uow, client: self._open(uow, client, parameters)
        )

    async def waiting(self, typed: str, subscriber_id: SubscriberId) -> Waiting:
        """The request behind a code that a signed-in citizen typed; each look is counted.

        Raises Refused: NOTHING_WAITING, or TOO_MANY_TRIES after ten in a quarter of an hour (RFC 8628 §5.1: codes are
        short, so that guessing must be made slow).
        """
        async with self._storage.unit_of_work() as uow:
            tries = await store.count_try(uow, subscriber_id, within=TRIES_WITHIN)
            if tries == MOST_TRIES + 1:
                actor = Actor(ActorKind.SUBSCRIBER, subscriber_id)
                event = AuditEvent("device.tries_stopped", actor=actor, outcome="refused", subject=subscriber_id)
                await self._audit.append(uow, event)
        if tries > MOST_TRIES:
            raise Refused(DeferredProblem.TOO_MANY_TRIES)
        user_code = parse_user_code(typed)
        if user_code is None:
            raise Refused(DeferredProblem.NOTHING_WAITING)
        async with self._storage.reading() as uow:
            return await self._deferred.by_user_code(uow, user_code)

    async def expect_standing(self, client: Client, parameters: Mapping[str, str]) -> None:
        """Nothing to look up: a device is given what is of the person alone."""

    async def redeem(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> AuthorizationCode:
        """What the citizen let the device have, once. Raises the errors of RFC 8628 §3.5."""
        code = required(parameters, "device_code")
        return await self._deferred.poll(uow, client, code, kind=DeferredKind.DEVICE)

    async def _open(self, uow: UnitOfWork, client: Client, parameters: Mapping[str, str]) -> Mapping[str, object]:
        request = parse_device_authorization_request(parameters)
        has_details = request.authorization_details is not None
        validate_client_may_defer(client, grant_type=self.grant_type, scope=request.scope, has_details=has_details)
        details = await self._deferred.within_right(uow, client, request.authorization_details)
        device_code, user_code = random_text(self._randomness), user_code_of(self._randomness(16))
        await self._deferred.open(
            uow,
            kind=DeferredKind.DEVICE,
            client=client,
            scope=request.scope,
            details=details,
            acr_values=client.default_acr_values,
            acr_prefix=self._acr_prefix,
            code=device_code,
            user_code=user_code,
            lifetime=CODE_LIFETIME,
        )
        return device_authorization_response(
            device_code=device_code,
            user_code=user_code,
            verification_uri=self._verification_uri,
            expires_in=int(CODE_LIFETIME.total_seconds()),
            interval=int(POLL_INTERVAL.total_seconds()),
        )
