"""What programs call all day, answered on the threshold of a door: by the same endpoints, without the router.

Two ways lead here. `Threshold` (ASGI) asks for the answer of an endpoint and sends it as any other; a server that has
the whole request at hand asks `whole` and gets the whole answer, to be written in one piece.
"""

import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Scope

from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.answer_fields import AnswerFields
from idp.web.forms import BODY
from idp.web.model import WebProblem
from idp.web.routes import Endpoint, Entry, ErrorHandler

LARGEST_WHOLE: Final = 64 * 1024
"""Requests with a larger body are nobody's who calls all day: they go the usual way, which judges them."""

_log = structlog.get_logger("idp.web")


class LastResort(Protocol):
    """Answers what nobody else could."""

    def unexpected(self, request: Request) -> Response:
        """The answer with code WEB-01."""


class WholeAnswer(NamedTuple):
    """An answer in one piece; `head` are its fields as they stand on the wire, each with its end."""

    status: int
    head: bytes
    body: bytes


class HotPaths:
    """Of `entries`, those that are marked hot. `handlers` (by type of error) are the door's.

    `hosts` are the names that the door answers to, `fields` what each of its answers carries.
    """

    def __init__(
        self,
        *,
        entries: Iterable[Entry],
        handlers: Mapping[Any, ErrorHandler],
        hosts: Sequence[str],
        fields: AnswerFields,
        last_resort: LastResort,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._endpoints = {
            (method, entry.path): entry.endpoint for entry in entries if entry.hot for method in entry.methods
        }
        self._handlers = handlers
        self._hosts = frozenset(host.encode("ascii") for host in hosts)
        self._fields = fields
        self._last_resort = last_resort
        self._randomness = randomness

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Who answers this path here; None: nobody, it is for the router."""
        return self._endpoints.get((method, path)) if "\0" not in path else _names_nothing

    async def answered(self, request: Request, endpoint: Endpoint) -> Response:
        """What the endpoint answers, or the door's answer to its error: as the router behind would give it."""
        try:
            return await endpoint(request)
        except Exception as error:
            handler = next((self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers), None)
            if handler is None:
                raise
            return await handler(request, error)

    async def whole(self, endpoint: Endpoint, scope: Scope, body: bytes) -> WholeAnswer:
        """The answer to a request that came in whole, with a body within the limit: the steps of `Threshold`."""
        # 1. an id
        correlation_id = self._randomness(8).hex()
        scope["state"]["correlation_id"] = correlation_id
        scope[BODY] = body
        request = Request(scope, _Given(body))
        try:
            # 2. one of our hosts    3. is the server's: what is too large does not come this way
            if not self.is_ours(Asked(scope["headers"])):
                response: Response = not_ours()
            else:
                # 4. answered here
                response = await self.answered(request, endpoint)
            # 5. with our fields
            head = self._fields.head(response.raw_headers, correlation_id)
        except Exception as error:  # noqa: BLE001 - 6. as in `Threshold`: an unforeseen error becomes an answer
            note_unforeseen(error, correlation_id)
            response = self._last_resort.unexpected(Request(scope))
            head = self._fields.head(response.raw_headers, correlation_id)
        return WholeAnswer(response.status_code, head, bytes(response.body))

    def is_ours(self, asked: "Asked") -> bool:
        """It is for one of our hosts. The address of an issuer never comes from a request; nor do we answer in
        another's name.
        """
        return asked.host.partition(b":")[0] in self._hosts


class Asked:
    """The fields of a request that the threshold looks at."""

    __slots__ = ("content_length", "host", "is_chunked", "type")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.host = b""
        self.content_length = b"0"
        self.is_chunked = False
        self.type = b""
        hosts = 0
        for name, value in headers:
            if name == b"host":
                self.host, hosts = value, hosts + 1
            elif name == b"content-length":
                self.content_length = value
            elif name == b"content-type":
                self.type = value
            elif name == b"transfer-encoding":
                self.is_chunked = True
        # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code … to any request message that
        # contains more than one Host header field line"
        if hosts > 1:
            self.host = b""

    def is_within(self, limit: int) -> bool:
        """The body is announced to be no longer than this, or not announced at all."""
        length = self.content_length
        return length.isdigit() and len(length) <= 12 and int(length) <= limit


class _Given:
    """`receive` of a request whose body is at hand: all of it once, then the end."""

    __slots__ = ("_body",)

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    async def __call__(self) -> Message:
        """The next message."""
        body, self._body = self._body, None
        return {"type": "http.disconnect"} if body is None else {"type": "http.request", "body": body}


def not_ours() -> Response:
    """The answer to a request for somebody else."""
    return PlainTextResponse("Invalid host header", 400)


def note_unforeseen(error: Exception, correlation_id: str) -> None:
    """A line about what nobody expected."""
    # The text of an error may hold what a person typed: type and place are enough to find it.
    _log.error(
        "request.unexpected",
        correlation_id=correlation_id,
        error=type(error).__qualname__,
        where=[f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]],
    )


async def _names_nothing(_request: Request) -> Response:
    """PostgreSQL takes no NUL in a text: such an address must not get as far as the store."""
    raise Refused(WebProblem.NOT_FOUND, "NUL in the path")
