"""The GDX gateway: tokens, and the checks before every registry call (facts/thai-registries, sections 3.2, 3.3)."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hmac import compare_digest
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.thai_dates import BANGKOK
from connectors.gdx.session import GdxCredentials
from connectors.simulators.switchboard import Behaviour, Endpoint, Mode, Service, Switchboard

DEMO_CREDENTIALS: Final = GdxCredentials(
    consumer_key="demonstration-consumer", consumer_secret="demonstration-secret", agent_id="tuaton-demonstration"
)
"""What the simulated gateway accepts when nothing else is said; a secret of nothing."""

_IDLE_EXPIRY: Final = timedelta(minutes=60)
_MOST_TOKENS: Final = 1000

_OPENS: Final = time(8, 30)
_CLOSES: Final = time(17, 30)
_WEEKEND: Final = 5

Answer = Callable[[Request, Mode], Awaitable[Response]]
Fault = Callable[[str, str], Response]


@dataclass(slots=True)
class _Counted:
    """What was counted since this behaviour was switched on."""

    behaviour: Behaviour
    hits: int = 0
    keys: set[tuple[str, str]] = field(default_factory=set)


def message(status_code: int, text: str) -> Response:
    """An error as the gateway words it."""
    return JSONResponse({"Message": text}, status_code)


def ami_error(code: str, meaning: str) -> Response:
    """An error of the registry behind the gateway."""
    return message(500, f"[{code}] {meaning}")


def linkage_error(code: str, meaning: str) -> Response:
    """An error of the Linkage Center: the code beside the message."""
    return JSONResponse({"Code": code, "Message": meaning}, 500)


def is_open(moment: datetime) -> bool:
    """Monday to Friday from 8.30 to 17.30 in Bangkok."""
    there = moment.astimezone(BANGKOK)
    return there.weekday() < _WEEKEND and _OPENS <= there.time() < _CLOSES


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
        self._counted: dict[Service, _Counted] = {}

    def routes(self) -> list[Route]:
        """The log-in address."""
        return [Route("/ws/auth/validate", self._log_in, methods=["GET"])]

    def guard(
        self,
        service: Service,
        answer: Answer,
        *,
        hits: int = 1,
        fault: Fault = ami_error,
        account: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """The registry's answer behind line faults, consumer, token, account, hours, right and quota, in that order.

        `hits` is what a call counts against the quota, `fault` how this registry words a code, `account` the headers
        that a call needs beside the token.
        """

        async def guarded(request: Request) -> Response:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            if any(request.headers.get(name, "") != value for name, value in (account or {}).items()):
                return fault("90002", "invalid password")
            behaviour = self._switchboard.of(service, request)
            told = self._unwilling(service, behaviour, request, hits)
            if told is not None:
                return told if isinstance(told, Response) else fault(*told)
            return await answer(request, behaviour.mode)

        return self._switchboard.gate(service, guarded)

    def _unwilling(
        self, service: Service, behaviour: Behaviour, request: Request, hits: int
    ) -> Response | tuple[str, str] | None:
        """The code and its text, or the line's own answer; None when the registry answers."""
        match behaviour.mode:
            case Mode.CLOSED:
                return "90005", "Out of time"
            case Mode.HOURS if not is_open(self._clock()):
                return "90005", "Out of time"
            case Mode.NO_RIGHT:
                return "90046", "No permission"
            case Mode.CODE:
                return behaviour.code, "as switched"
            case Mode.BUSY:
                return message(429, "too many requests")
            case Mode.QUOTA if self._count(service, behaviour, request, hits) > behaviour.hits:
                return "90008", "Out of quota"
            case _:
                return None

    def _count(self, service: Service, behaviour: Behaviour, request: Request, hits: int) -> int:
        """Hits since the quota was set; one pull that asks twice under its key counts once."""
        counted = self._counted.get(service)
        if counted is None or counted.behaviour is not behaviour:
            counted = self._counted[service] = _Counted(behaviour)
        key = (request.headers.get("idempotency-key", ""), str(request.url))
        if not key[0] or key not in counted.keys:
            counted.hits += hits
            counted.keys.add(key)
        return counted.hits

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
