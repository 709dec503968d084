"""Refusals of programs that proved who they are are written into the log (attack row 44).

Rows that keep records of their own about what they refuse, pulls and documents, are left to them.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.gateway.tokens import token_of
from idp.kernel.errors import TuatonError
from idp.protocol.errors import OAuth2Error
from idp.storage.storage import Storage
from idp.web.routes import Access, Endpoint, Entry

WITH_OWN_RECORDS: Final = frozenset({"pull", "document"})
REMEMBERED: Final = 10_000

Like = tuple[str, str, str]
"""Client, row of the table, code: like refusals within a minute are one entry, so that nobody fills the log."""


class NotedRefusals:
    """Writes them down, then lets them go on."""

    def __init__(self, *, storage: Storage, audit: AuditLog) -> None:
        self._storage = storage
        self._audit = audit
        self._noted: dict[Like, int] = {}

    def around(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """The same rows, refusals at those that take a token noted."""
        return tuple(
            replace(entry, endpoint=self._noting(entry))
            if entry.access is Access.ACCESS_TOKEN and entry.name not in WITH_OWN_RECORDS
            else entry
            for entry in entries
        )

    def _noting(self, entry: Entry) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                return await entry.endpoint(request)
            except TuatonError as error:
                await self._note(request, entry.name, error.code.value)
                raise
            except OAuth2Error as error:
                await self._note(request, entry.name, str(error.error))
                raise

        return endpoint

    async def _note(self, request: Request, row: str, code: str) -> None:
        token = token_of(request)
        # who has proven nothing is a matter of the security log
        if token is None or not self._is_new((token.client_id, row, code)):
            return
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, _event(token, row, code))

    def _is_new(self, like: Like) -> bool:
        minute = int(self._storage.clock.now().timestamp() // 60)
        if self._noted.get(like) == minute:
            return False
        if len(self._noted) >= REMEMBERED:
            self._noted = {known: at for known, at in self._noted.items() if at == minute}
        self._noted[like] = minute
        return True


def _event(token: VerifiedAccessToken, row: str, code: str) -> AuditEvent:
    return AuditEvent(
        event="gateway.refused",
        actor=Actor(ActorKind.CLIENT, token.acting_client_id),
        subject=token.subscriber_id,
        agency_id=token.agency_id,
        client_id=token.client_id,
        outcome="refused",
        details={"row": row, "code": code, "access_token": token.token_id},
    )
