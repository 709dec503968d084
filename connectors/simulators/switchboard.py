"""How each simulated service behaves at the moment, and the control address that changes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]


class Service(StrEnum):
    """A service that can be made to fail."""

    CARD_STATUS = "card_status"
    IKNO = "ikno"
    LINKAGE = "linkage"
    DBD = "dbd"
    TSA = "tsa"
    THAID = "thaid"
    AMI = "ami"
    FACE = "face"


class Mode(StrEnum):
    """`closed` is out of hours, `quota` is used up (after `hits` more), `wrong_person` answers about somebody else.

    `hours` answers on weekdays from 8.30 to 17.30 only, `no_right` refuses, `busy` is too many at once, `code` answers
    with any code of the registry's.
    ThaiD alone: `expired_code` refuses every code, `wrong_audience` gives ID tokens that are meant for another client.
    """

    OK = "ok"
    DOWN = "down"
    SLOW = "slow"
    GARBAGE = "garbage"
    WRONG_PERSON = "wrong_person"
    CLOSED = "closed"
    QUOTA = "quota"
    HOURS = "hours"
    NO_RIGHT = "no_right"
    BUSY = "busy"
    CODE = "code"
    EXPIRED_CODE = "expired_code"
    WRONG_AUDIENCE = "wrong_audience"


_ANY_SERVICE: Final = frozenset({Mode.OK, Mode.DOWN, Mode.SLOW, Mode.GARBAGE})
_ANY_REGISTRY: Final = _ANY_SERVICE | {
    Mode.WRONG_PERSON, Mode.CLOSED, Mode.QUOTA, Mode.HOURS, Mode.NO_RIGHT, Mode.BUSY, Mode.CODE,
}  # fmt: skip
_MODES: Final = {
    Service.CARD_STATUS: _ANY_SERVICE,
    Service.TSA: _ANY_SERVICE,
    Service.FACE: _ANY_SERVICE,
    Service.IKNO: _ANY_REGISTRY,
    Service.LINKAGE: _ANY_REGISTRY,
    Service.DBD: _ANY_REGISTRY,
    Service.AMI: _ANY_REGISTRY,
    Service.THAID: _ANY_SERVICE | {Mode.WRONG_PERSON, Mode.EXPIRED_CODE, Mode.WRONG_AUDIENCE},
}
_SLOW_MS: Final = 6000
_LARGEST_CONTROL: Final = 4096


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A mode, how long `slow` waits before it answers, in milliseconds, how many calls `quota` lets through still, and
    what `code` answers. `only`: a part of the address (`profile/photo`, `ServiceID=005`) to which it is confined.
    """

    mode: Mode = Mode.OK
    delay_ms: int = _SLOW_MS
    hits: int = 0
    code: str = ""
    only: str = ""


class _Switch(msgspec.Struct, forbid_unknown_fields=True):
    service: Service
    mode: Mode
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=120_000)] = _SLOW_MS
    hits: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{0,5}$")] = ""
    only: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Switchboard:
    """The behaviour of every service; all work as long as nobody switched them."""

    def __init__(self) -> None:
        self._behaviours: dict[Service, Behaviour] = {}

    def of(self, service: Service, request: Request | None = None) -> Behaviour:
        """How the service behaves now, to this request."""
        behaviour = self._behaviours.get(service, Behaviour())
        is_meant = request is None or behaviour.only in str(request.url)
        return behaviour if is_meant else Behaviour()

    def switch(self, service: Service, behaviour: Behaviour) -> None:
        """Change one service. ValueError for a mode that the service does not have."""
        if behaviour.mode not in _MODES[service]:
            raise ValueError(f"{service.value} has no mode {behaviour.mode.value}")
        self._behaviours[service] = behaviour

    def reset(self) -> None:
        """Everything works again."""
        self._behaviours.clear()

    def gate(self, service: Service, endpoint: Endpoint) -> Endpoint:
        """The endpoint behind the faults that concern the line, not what is said on it."""

        async def gated(request: Request) -> Response:
            behaviour = self.of(service, request)
            match behaviour.mode:
                case Mode.DOWN:
                    return Response("<html><body>Service Unavailable</body></html>", 503, media_type="text/html")
                case Mode.GARBAGE:
                    # looks like an answer and ends in the middle of one
                    return Response(b'{"Result":"\xff\xfe<soap:Envelope', 200, media_type="application/json")
                case Mode.SLOW:
                    await asyncio.sleep(behaviour.delay_ms / 1000)
                case _:
                    pass
            return await endpoint(request)

        return gated


def control_routes(switchboard: Switchboard) -> list[Route]:
    """`POST /_control` switches one service, `DELETE /_control` resets all; for this machine only."""

    async def switch(request: Request) -> Response:
        if not is_from_this_machine(request):
            return Response(status_code=404)
        # a page in somebody's browser cannot send this type across origins without asking first
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return JSONResponse({"error": "application/json is needed"}, 415)
        try:
            wanted = msgspec.json.decode((await request.body())[:_LARGEST_CONTROL], type=_Switch)
            behaviour = Behaviour(wanted.mode, wanted.delay_ms, wanted.hits, wanted.code, wanted.only)
            switchboard.switch(wanted.service, behaviour)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def reset(request: Request) -> Response:
        if not is_from_this_machine(request):
            return Response(status_code=404)
        switchboard.reset()
        return Response(status_code=204)

    return [
        Route("/_control", switch, methods=["POST"]),
        Route("/_control", reset, methods=["DELETE"]),
    ]


def is_from_this_machine(request: Request) -> bool:
    """True when the peer is on the loopback address."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
