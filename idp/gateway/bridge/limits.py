"""How often a program may ask, and how often somebody at one address may be refused."""

import time
from collections.abc import Callable, Sequence
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from idp.audit.security_log import SecurityLog
from idp.gateway.bridge.answers import RefusedLogIn
from idp.web.addresses import CallerAddresses
from idp.web.rate_limits import Allowance, CallerName, Limit, RateLimits, TooMany, every_refusal
from idp.web.routes import Entry


class BridgeLimits:
    """The limits of one process, counted over all rows together; 0 a minute is no limit."""

    def __init__(
        self,
        *,
        security_log: SecurityLog,
        addresses: CallerAddresses,
        requests_a_minute: int,
        refusals_a_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = RateLimits(security_log, monotonic)
        self._addresses = addresses
        self._all = (
            *_limit("bridge-requests", requests_a_minute, self._program),
            *_limit("bridge-refusals", refusals_a_minute, self._address, of_refusals=True),
        )

    def before(self, entries: Sequence[Entry], *, too_many: TooMany) -> tuple[Entry, ...]:
        """The entries behind the limits."""
        return self._limits.before(entries, {entry.name: self._all for entry in entries}, too_many=too_many)

    async def _program(self, request: Request) -> str | None:
        """The key that is shown, at its address: from elsewhere nobody can use up what a program may do."""
        shown = "\n".join(request.headers.getlist("consumer-key"))
        return f"{sha256(shown.encode()).hexdigest()} {self._addresses.of(request)}"

    async def _address(self, request: Request) -> str | None:
        return self._addresses.of(request)


def _is_refusal(response: Response) -> bool:
    return every_refusal(response) or isinstance(response, RefusedLogIn)


def _limit(name: str, a_minute: int, caller: CallerName, *, of_refusals: bool = False) -> tuple[Limit, ...]:
    if not a_minute:
        return ()
    return (Limit(name, Allowance(a_minute), caller=caller, counts=_is_refusal if of_refusals else None),)
