"""The threshold of every door, plain ASGI: correlation, host allow-list, body limit, headers, last resort."""

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.forms import FORM_TYPE
from idp.web.model import WebProblem
from idp.web.routes import Endpoint, Entry, ErrorHandler

FORM_LIMIT = 64 * 1024
JSON_LIMIT = 1024 * 1024

RawHeaders = list[tuple[bytes, bytes]]

WHOLE_ANSWER = "tuaton.whole_answer"
"""The ASGI extension of a server that takes a finished answer in one piece: `await whole(status, head, body)`."""

_log = structlog.get_logger("idp.web")
_ENDS_LINE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FORM = FORM_TYPE.encode("ascii")
_POLICY, _FRAMES, _NO_FRAMES = b"content-security-policy", b"x-frame-options", b"frame-ancestors 'none'"


class LastResort(Protocol):
    """Answers what nobody else could."""

    def unexpected(self, request: Request) -> Response:
        """The answer with code WEB-01."""


def content_security_policy(
    *,
    form_action: Sequence[str] = (),
    image_sources: Sequence[str] = (),
    frame_sources: Sequence[str] = (),
    frame_ancestors: str = "'none'",
) -> str:
    """The policy of our pages: nothing but our own files.

    `form_action` adds origins that a form of this page may end at: browsers apply the directive to the redirect that
    answers a POST as well. `image_sources` are origins of pictures beside our own, `frame_sources` the origins whose
    pages it shows in frames, `frame_ancestors` those that may show it in one.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("img-src 'self' data:", *image_sources)),
            "font-src 'self'",
            "connect-src 'self'",
            " ".join(("form-action 'self'", *form_action)),
            " ".join(("frame-src", *(frame_sources or ("'none'",)))),
            f"frame-ancestors {frame_ancestors}",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def door_middleware(
    *,
    hosts: Sequence[str],
    https: bool,
    last_resort: LastResort,
    larger_bodies: Mapping[str, int] | None = None,
    hot: Iterable[Entry] = (),
    handlers: Mapping[Any, ErrorHandler] | None = None,
    randomness: Randomness = system_randomness,
) -> list[Middleware]:
    """The threshold of a door. `larger_bodies` maps a path to its own limit in bytes.

    Of the entries `hot`, those that are marked so are answered on the threshold itself, without the router; `handlers`
    (by type of error) are the door's, for them.
    """
    return [
        Middleware(
            Threshold,
            hosts=hosts,
            https=https,
            last_resort=last_resort,
            larger_bodies=larger_bodies or {},
            hot={(method, entry.path): entry.endpoint for entry in hot if entry.hot for method in entry.methods},
            handlers=handlers or {},
            randomness=randomness,
        )
    ]


class Threshold:
    """One layer that every request and every answer passes; a door has no other.

    1. the request gets an id    2. it is for one of our hosts    3. its body is within the limit
    4. hot paths are answered here, all others behind    5. every answer carries our headers and the id
    6. what nobody expected is logged by type and place, never by its text, and answered
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Sequence[str],
        https: bool,
        last_resort: LastResort,
        larger_bodies: Mapping[str, int],
        hot: Mapping[tuple[str, str], Endpoint],
        handlers: Mapping[Any, ErrorHandler],
        randomness: Randomness,
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.encode("ascii") for host in hosts)
        self._last_resort = last_resort
        self._larger = larger_bodies
        self._hot = hot
        self._handlers = handlers
        self._randomness = randomness
        self._headers = _headers_of_every_answer(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request over the threshold."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # 1. an id
        correlation_id = self._randomness(8).hex()
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        answer = _Answer(send, self._headers, correlation_id)
        asked = _Asked(scope["headers"])
        # 2. one of our hosts. The address of an issuer never comes from a request; nor do we answer in another's name.
        if asked.host.partition(b":")[0] not in self._hosts:
            await PlainTextResponse("Invalid host header", 400)(scope, receive, answer)
            return
        # 3. a body within the limit
        limit = self._larger.get(scope["path"], FORM_LIMIT if asked.is_form else JSON_LIMIT)
        body = _Body(receive, limit, announced=asked.content_length)
        try:
            # 4. answered here or behind
            path: str = scope["path"]
            endpoint = self._hot.get((scope["method"], path)) if "\0" not in path else _names_nothing
            if endpoint is None:
                await self._app(scope, body, answer)
            else:
                response = await self._answered(Request(scope, body, answer), endpoint)
                # taken out: a scope that leads back to itself would be the garbage collector's to free
                whole = scope.get("extensions", {}).pop(WHOLE_ANSWER, None)
                if whole is None:
                    await response(scope, body, answer)
                else:
                    await whole(response.status_code, answer.head(response.raw_headers), response.body)
        except Exception as error:  # noqa: BLE001 - 6. the one place where an unforeseen error becomes an answer
            _note(error, correlation_id)
            if not answer.started:
                await self._last_resort.unexpected(Request(scope))(scope, receive, answer)

    async def _answered(self, request: Request, endpoint: Endpoint) -> Response:
        """What the endpoint answers, or the door's answer to its error: as the router behind would give it."""
        try:
            return await endpoint(request)
        except Exception as error:
            handler = next((self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers), None)
            if handler is None:
                raise
            return await handler(request, error)


async def _names_nothing(_request: Request) -> Response:
    """PostgreSQL takes no NUL in a text: such an address must not get as far as the store."""
    raise Refused(WebProblem.NOT_FOUND, "NUL in the path")


class _Asked:
    """The three fields of a request that the threshold looks at."""

    __slots__ = ("content_length", "host", "is_form")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.host = b""
        self.content_length = b"0"
        self.is_form = False
        hosts = 0
        for name, value in headers:
            if name == b"host":
                self.host, hosts = value, hosts + 1
            elif name == b"content-length":
                self.content_length = value
            elif name == b"content-type":
                self.is_form = value.startswith(_FORM)
        # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code … to any request message that
        # contains more than one Host header field line"
        if hosts > 1:
            self.host = b""


class _Body:
    """The body as it comes in, refused as soon as it is known to be above the limit."""

    __slots__ = ("_left", "_receive", "_too_large")

    def __init__(self, receive: Receive, limit: int, *, announced: bytes) -> None:
        self._receive = receive
        self._left = limit
        self._too_large = not announced.isdigit() or len(announced) > 12 or int(announced) > limit

    async def __call__(self) -> Message:
        """The next part of it. Raises Refused(TOO_LARGE)."""
        if self._too_large:
            raise Refused(WebProblem.TOO_LARGE)
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise Refused(WebProblem.TOO_LARGE)
        return message


class _Answer:
    """The answer as it goes out: its own headers, then ours that it did not set itself, then the id."""

    __slots__ = ("_headers", "_id", "_send", "started")

    def __init__(self, send: Send, headers: RawHeaders, correlation_id: str) -> None:
        self._send = send
        self._headers = headers
        self._id = correlation_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        """The next part of it."""
        if message["type"] == "http.response.start":
            message["headers"] = self._fields(message["headers"])
        await self._send(message)

    def head(self, own: RawHeaders) -> bytes:
        """All fields as they stand on the wire; the answer is not the server's to look through any more.

        Raises ValueError for a value that would end its line.
        """
        # one look at all values: a space between them changes nothing
        if _ENDS_LINE.search(b" ".join([value for _, value in own])):
            raise ValueError("a header field holds a control character")
        return b"\r\n".join(map(b": ".join, self._fields(own))) + b"\r\n"

    def _fields(self, own: RawHeaders) -> RawHeaders:
        self.started = True
        names = dict(own)
        fields = [*own, *[field for field in self._headers if field[0] not in names]]
        # CSP3 §6.4.2: frame-ancestors overrides X-Frame-Options; what may be framed does not say DENY as well.
        if _NO_FRAMES not in names.get(_POLICY, _NO_FRAMES):
            fields = [field for field in fields if field[0] != _FRAMES]
        return [*fields, (b"x-request-id", self._id.encode("ascii"))]


def _headers_of_every_answer(*, https: bool) -> RawHeaders:
    headers = {
        "content-security-policy": content_security_policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # under "no-referrer" browsers send our own forms with `Origin: null` (Fetch 3.2)
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    if https:
        headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]


def _note(error: Exception, correlation_id: str) -> None:
    # The text of an error may hold what a person typed: type and place are enough to find it.
    _log.error(
        "request.unexpected",
        correlation_id=correlation_id,
        error=type(error).__qualname__,
        where=[f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]],
    )
