"""The GDX gateway: tokens, and the checks before every registry call (facts/thai-registries, sections 3.2, 3.3)."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.gdx.session import GdxCredentials
from connectors.simulators.switchboard import Endpoint, Mode, Service, Switchboard

DEMO_CREDENTIALS: Final = GdxCredentials(
    consumer_key="demonstration-consumer", consumer_secret="demonstration-secret", agent_id="tuaton-demonstration"
)
"""What the simulated gateway accepts when nothing else is said; a secret of nothing."""

_IDLE_EXPIRY: Final = timedelta(minutes=60)
_MOST_TOKENS: Final = 1000

Answer = Callable[[Request, Mode], Awaitable[Response]]


def message(status_code: int, text: str) -> Response:
    """An error as the gateway words it."""
    return JSONResponse({"Message": text}, status_code)


def ami_error(code: str, meaning: str) -> Response:
    """An error of the registry behind the gateway."""
    return message(500, f"[{code}] {meaning}")


def not_found() -> Response:
    """204: the registry has no such record."""
    return Response(status_code=204)


class Gateway:
    """Who may call: consumers with a live token."""

    def __init__(self, *, credentials: GdxCredentials, clock: Callable[[], datetime], switchboard: Switchboard) -> None:
        self._credentials = credentials
        self._clock = clock
        self._switchboard = switchboard
        self._last_used: dict[str, datetime] = {}

    def routes(self) -> list[Route]:
        """The log-in address."""
        return [Route("/ws/auth/validate", self._log_in, methods=["GET"])]

    def forget_tokens(self) -> None:
        """As after a restart of the gateway: every token is unknown."""
        self._last_used.clear()

    def guard(self, service: Service, answer: Answer) -> Endpoint:
        """The registry's answer behind line faults, consumer, token, hours and quota, in that order."""

        async def guarded(request: Request) -> Response:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            mode = self._switchboard.of(service).mode
            match mode:
                case Mode.CLOSED:
                    return ami_error("90005", "Out of time")
                case Mode.QUOTA:
                    return ami_error("90008", "Out of quota")
                case _:
                    return await answer(request, mode)

        return self._switchboard.gate(service, guarded)

    async def _log_in(self, request: Request) -> Response:
        if not self._is_known_consumer(request):
            return message(403, "ForbiddenException: consumer not found")
        secret = request.query_params.get("ConsumerSecret", "")
        if not compare_digest(secret.encode(), self._credentials.consumer_secret.encode()):
            return ami_error("90007", "invalid secret")
        if not request.query_params.get("AgentID"):
            return message(400, "[00410] no input")
        token = secrets.token_hex(16)
        # the oldest makes room: a demonstration never needs this many sessions
        while len(self._last_used) >= _MOST_TOKENS:
            del self._last_used[next(iter(self._last_used))]
        self._last_used[token] = self._clock()
        return JSONResponse({"Result": token})

    def _refusal(self, request: Request) -> Response | None:
        if not self._is_known_consumer(request):
            return message(403, "ForbiddenException: consumer not found")
        token = request.headers.get("token", "")
        last_used = self._last_used.get(token)
        if last_used is None or self._clock() - last_used >= _IDLE_EXPIRY:
            return message(401, "UnauthorizedException: token not found")
        self._last_used[token] = self._clock()
        return None

    def _is_known_consumer(self, request: Request) -> bool:
        return request.headers.get("consumer-key", "") == self._credentials.consumer_key
