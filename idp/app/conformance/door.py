"""Addresses that only testers need, beside the issuer's own. They exist in the conformance profile alone."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.keys.signing import SigningKeys
from idp.storage.storage import Storage
from idp.web.routes import Access, Entry


class TesterEndpoints:
    """`/conformance/rotate-keys`: the issuer signs with new keys from now on."""

    def __init__(self, *, storage: Storage, keys: SigningKeys, audit: AuditLog) -> None:
        self._storage = storage
        self._keys = keys
        self._audit = audit

    def entries(self) -> tuple[Entry, ...]:
        """POST alone: nothing changes because somebody opens an address."""
        return (Entry("/conformance/rotate-keys", ("POST",), self._rotate, Access.ANYONE, "conformance_rotate_keys"),)

    async def _rotate(self, request: Request) -> Response:
        starts = await self._keys.replace(at_once=True)
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, AuditEvent("signing_keys.replaced", actor=SYSTEM))
        # a tester goes on when the new keys sign, on every node
        await asyncio.sleep((starts - self._storage.clock.now()).total_seconds())
        return JSONResponse({"keys": [key["kid"] for key in (await self._keys.public_jwks())["keys"]]})
