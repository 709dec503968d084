"""Use cases of signing out: judge a request, end a session, tell its clients."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.authentication.model import SsoSession
from idp.authentication.sessions import Sessions
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.service import Grants
from idp.authorization.logout.model import (
    DELIVERY_ATTEMPTS,
    FIRST_RETRY,
    REQUEST_LIFETIME,
    EndedSession,
    LogoutProblem,
    LogoutRequest,
)
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId, SsoSessionId, SubscriberId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.errors import OAuth2Error
from idp.protocol.logout import (
    LOGOUT_TOKEN_TYP,
    HintRefused,
    frontchannel_logout_url,
    judge_id_token_hint,
    logout_token_claims,
    parse_end_session_request,
    post_logout_url,
)
from idp.storage.outbox import enqueue
from idp.storage.storage import Storage, UnitOfWork

REQUEST = "logout_request"
RETRY_TOPIC = "logout_token_due"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A client that must be told that a person's session has ended."""

    client: Client
    subscriber_id: SubscriberId


class Logouts:
    """Signing out, for one session and all its clients."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        sessions: Sessions,
        clients: Clients,
        grants: Grants,
        keys: SigningKeys,
        sealer: TokenSealer,
        pairwise: PairwiseSubjects,
        addresses: ClientAddresses,
        audit: AuditLog,
        security_log: SecurityLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._sessions = sessions
        self._clients = clients
        self._grants = grants
        self._keys = keys
        self._sealer = sealer
        self._pairwise = pairwise
        self._addresses = addresses
        self._audit = audit
        self._security_log = security_log
        self._randomness = randomness

    async def receive(self, parameters: Mapping[str, str]) -> str:
        """A judged request as a handle for the browser, so that no ID token stays in its history.

        Raises Refused: HINT_UNUSABLE, RETURN_NOT_REGISTERED or REQUEST_UNUSABLE; then nothing happens (attack rows 39
        and 40).
        """
        try:
            judged = await self._judged(parameters)
        except Refused as refusal:
            self._security_log.note("logout.refused", reason=refusal.code.value)
            raise
        expires_at = self._storage.clock.now() + REQUEST_LIFETIME
        return self._sealer.seal(REQUEST, msgspec.to_builtins(judged), expires_at=expires_at)

    def open(self, handle: str) -> LogoutRequest:
        """The request behind a handle; none at all for an empty one. Raises Refused(REQUEST_UNUSABLE)."""
        if not handle:
            return LogoutRequest(None, None, ())
        try:
            payload = self._sealer.open(REQUEST, handle, now=self._storage.clock.now())
            return msgspec.convert(payload, LogoutRequest)
        except (SealBroken, SealExpired, msgspec.ValidationError) as error:
            raise Refused(LogoutProblem.REQUEST_UNUSABLE) from error

    async def client_of(self, request: LogoutRequest) -> Client | None:
        """Who asked, while it is answered."""
        if request.client_id is None:
            return None
        async with self._storage.reading() as uow:
            return await self._clients.live(uow, request.client_id)

    async def end(self, session: SsoSession) -> EndedSession:
        """End a session; the worker tells the clients that are told directly, the frames are for the browser."""
        async with self._storage.unit_of_work() as uow:
            recipients = await self._recipients(uow, session.visit_id)
            await self._sessions.end(uow, session)
        return EndedSession(
            tuple(
                frontchannel_logout_url(
                    recipient.client.frontchannel_logout_uri,
                    issuer=self._issuer,
                    sid=self._pairwise.sid(recipient.client.sector, session.visit_id),
                )
                for recipient in recipients
                if recipient.client.frontchannel_logout_uri is not None
            )
        )

    async def tell_clients(self, session_id: SsoSessionId) -> None:
        """A session has ended: end what stood on it alone, and tell its clients. Told twice is no harm."""
        async with self._storage.unit_of_work() as uow:
            await self._grants.end_of_session(uow, session_id)
            recipients = await self._recipients(uow, session_id)
        await asyncio.gather(*(self._tell(recipient, session_id, attempt=1) for recipient in recipients))

    async def tell_again(self, session_id: SsoSessionId, client_id: ClientId, *, attempt: int) -> None:
        """Try one client again that could not be told."""
        async with self._storage.reading() as uow:
            recipients = await self._recipients(uow, session_id)
        for recipient in recipients:
            if recipient.client.id == client_id:
                await self._tell(recipient, session_id, attempt=attempt)

    async def _judged(self, parameters: Mapping[str, str]) -> LogoutRequest:
        try:
            request = parse_end_session_request(parameters)
        except OAuth2Error as error:
            raise Refused(LogoutProblem.REQUEST_UNUSABLE) from error
        client_id = request.client_id
        if request.id_token_hint is not None:
            await self._keys.refresh()
            try:
                claims = await self._keys.verify_jwt(request.id_token_hint, expected_typ="JWT")
                hint = judge_id_token_hint(
                    claims,
                    expected_issuer=self._issuer,
                    expected_client_id=client_id,
                    now=self._storage.clock.now(),
                )
            except (SealBroken, HintRefused) as error:
                raise Refused(LogoutProblem.HINT_UNUSABLE) from error
            client_id = hint.client_id
        async with self._storage.reading() as uow:
            client = None if client_id is None else await self._clients.live(uow, ClientId(client_id))
        return_to = post_logout_url(
            post_logout_redirect_uri=request.post_logout_redirect_uri,
            registered=() if client is None else client.post_logout_redirect_uris,
            state=request.state,
        )
        # RP-Initiated Logout §4: what is wrong in the request is an error, and after an error nobody is sent anywhere.
        if request.post_logout_redirect_uri is not None and client_id is not None and return_to is None:
            raise Refused(LogoutProblem.RETURN_NOT_REGISTERED)
        return LogoutRequest(None if client is None else client.id, return_to, request.ui_locales)

    async def _recipients(self, uow: UnitOfWork, session_id: SsoSessionId) -> Sequence[Recipient]:
        people = {grant.client_id: grant.subscriber_id for grant in await self._grants.of_session(uow, session_id)}
        clients = [await self._clients.live(uow, client_id) for client_id in people]
        return [Recipient(client, people[client.id]) for client in clients if client is not None]

    async def _tell(self, recipient: Recipient, session_id: SsoSessionId, *, attempt: int) -> None:
        client, address = recipient.client, recipient.client.backchannel_logout_uri
        if address is None:
            return
        claims = logout_token_claims(
            issuer=self._issuer,
            client_id=client.id,
            sub=self._pairwise.sub(client.sector, recipient.subscriber_id),
            sid=self._pairwise.sid(client.sector, session_id),
            jti=random_text(self._randomness, bits=128),
            now=self._storage.clock.now(),
        )
        await self._keys.refresh()
        # Back-Channel Logout §2.4: the logout token is signed with the algorithm of the client's ID tokens.
        token = await self._keys.sign_jwt(claims, typ=LOGOUT_TOKEN_TYP, alg=client.id_token_signed_response_alg)
        # §2.5: the token goes in the body of a POST, as the parameter logout_token.
        status = await self._delivered(address, f"logout_token={token}".encode())
        async with self._storage.unit_of_work() as uow:
            # §2.8: 200 says that the client has done it; §2.5 leaves 204 to frameworks. 400 is final, it could not.
            if status in (200, 204, 400) or attempt >= DELIVERY_ATTEMPTS:
                await self._note(uow, recipient, session_id, status)
                return
            payload = {"session_id": session_id, "client_id": client.id, "attempt": str(attempt + 1)}
            await enqueue(uow, topic=RETRY_TOPIC, payload=payload, after=FIRST_RETRY * 2 ** (attempt - 1))

    async def _delivered(self, address: str, body: bytes) -> int | None:
        try:
            form = {"content-type": "application/x-www-form-urlencoded"}
            return (await self._addresses.post(address, body=body, headers=form)).status
        except AddressUnreachable:
            return None

    async def _note(self, uow: UnitOfWork, recipient: Recipient, session_id: SsoSessionId, status: int | None) -> None:
        outcome: Literal["ok", "refused"] = "ok" if status in (200, 204) else "refused"
        await self._audit.append(
            uow,
            AuditEvent(
                "logout.client_told",
                actor=SYSTEM,
                outcome=outcome,
                subject=recipient.subscriber_id,
                agency_id=recipient.client.agency_id,
                client_id=recipient.client.id,
                details={"session": session_id, "status": status or 0},
            ),
        )
