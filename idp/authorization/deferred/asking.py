"""How a program begins a request that a citizen decides elsewhere: who it is, what it wants, and every refusal."""

from collections.abc import Awaitable, Callable, Mapping

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.errors import OAuth2Error
from idp.storage.storage import Storage, UnitOfWork

Opening = Callable[[UnitOfWork, Client], Awaitable[Mapping[str, object]]]
"""Opens the request of a proven client and gives its answer; raises the OAuth error to answer with."""


class Asking:
    """The one way into device flow and CIBA. A refusal commits: what the request had spent stays spent."""

    def __init__(self, *, storage: Storage, authentication: ClientAuthentication, audit: AuditLog) -> None:
        self._storage = storage
        self._authentication = authentication
        self._audit = audit

    async def ask(self, credentials: ClientCredentials, *, refused: str, opening: Opening) -> Mapping[str, object]:
        """The answer of `opening`; a refusal of a proven client is the entry `refused`. Raises the OAuth error."""
        async with self._storage.unit_of_work() as uow:
            answer = await self._ask(uow, credentials, refused, opening)
        if isinstance(answer, OAuth2Error):
            raise answer
        return answer

    async def _ask(
        self, uow: UnitOfWork, credentials: ClientCredentials, refused: str, opening: Opening
    ) -> Mapping[str, object] | OAuth2Error:
        try:
            client = await self._authentication.authenticate(uow, credentials)
        except OAuth2Error as unproven:
            return unproven
        try:
            return await opening(uow, client)
        except OAuth2Error as refusal:
            entry = AuditEvent(
                refused,
                actor=Actor(ActorKind.CLIENT, client.id),
                outcome="refused",
                agency_id=client.agency_id,
                client_id=client.id,
                details={"error": str(refusal.error)},
            )
            await self._audit.append(uow, entry)
            return refusal
