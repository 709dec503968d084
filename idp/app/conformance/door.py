"""Addresses that only testers need, beside the issuer's own. They exist in the conformance profile alone."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.audit.model import SYSTEM
from idp.kernel.clock import Clock
from idp.keys.signing import SigningKeys
from idp.web.routes import Access, Entry


class TesterEndpoints:
    """`/conformance/rotate-keys`: the issuer signs with new keys from now on."""

    def __init__(self, *, keys: SigningKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def entries(self) -> tuple[Entry, ...]:
        """POST alone: nothing changes because somebody opens an address."""
        return (Entry("/conformance/rotate-keys", ("POST",), self._rotate, Access.ANYONE, "conformance_rotate_keys"),)

    async def _rotate(self, request: Request) -> Response:
        starts = await self._keys.replace(by=SYSTEM, at_once=True)
        # a tester goes on when the new keys sign, on every node
        await asyncio.sleep((starts - self._clock.now()).total_seconds())
        return JSONResponse({"keys": [key["kid"] for key in (await self._keys.public_jwks())["keys"]]})
