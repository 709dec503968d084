"""The four layers before every door, plain ASGI: headers, host allow-list, correlation and last resort, body limit."""

import traceback
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.forms import FORM_TYPE
from idp.web.model import WebProblem

FORM_LIMIT = 64 * 1024
JSON_LIMIT = 1024 * 1024

_log = structlog.get_logger("idp.web")


class LastResort(Protocol):
    """Answers what nobody else could."""

    def unexpected(self, request: Request) -> Response:
        """The answer with code WEB-01."""


def content_security_policy(
    *, form_action: Sequence[str] = (), frame_sources: Sequence[str] = (), frame_ancestors: str = "'none'"
) -> str:
    """The policy of our pages: nothing but our own files.

    `form_action` adds origins that a form of this page may end at: browsers apply the directive to the redirect that
    answers a POST as well. `frame_sources` are the origins whose pages it shows in frames, `frame_ancestors` those that
    may show it in one.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
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
    randomness: Randomness = system_randomness,
) -> list[Middleware]:
    """The four layers of a door, outermost first. `larger_bodies` maps a path to its own limit in bytes."""
    return [
        Middleware(SecurityHeaders, https=https),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(Correlation, last_resort=last_resort, randomness=randomness),
        Middleware(BodyLimit, larger=larger_bodies or {}),
    ]


class SecurityHeaders:
    """Headers of every answer; one that an endpoint has set stays as it is."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {
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
            self._headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request through this layer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # CSP3 §6.4.2: frame-ancestors overrides X-Frame-Options; what may be framed does not say DENY as well.
                if "frame-ancestors 'none'" not in headers["content-security-policy"]:
                    del headers["x-frame-options"]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Correlation:
    """Gives every request an id, and answers what nobody expected: logged by type and place, never by its text."""

    def __init__(self, app: ASGIApp, *, last_resort: LastResort, randomness: Randomness) -> None:
        self._app = app
        self._last_resort = last_resort
        self._randomness = randomness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request through this layer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = self._randomness(8).hex()
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)["x-request-id"] = correlation_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the one place where an unforeseen error becomes an answer
            # The text of an error may hold what a person typed: type and place are enough to find it.
            _log.error(
                "request.unexpected",
                correlation_id=correlation_id,
                error=type(error).__qualname__,
                where=[f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]],
            )
            if not started:
                await self._last_resort.unexpected(Request(scope))(scope, receive, send_with_id)


class BodyLimit:
    """Refuses bodies above 64 KB (forms) and 1 MB (everything else) as soon as that is known."""

    def __init__(self, app: ASGIApp, *, larger: Mapping[str, int]) -> None:
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request through this layer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        is_form = headers.get(b"content-type", b"").startswith(FORM_TYPE.encode())
        limit = self._larger.get(scope["path"], FORM_LIMIT if is_form else JSON_LIMIT)
        announced = headers.get(b"content-length", b"0")
        too_large = not announced.isdigit() or len(announced) > 12 or int(announced) > limit
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            if too_large:
                raise Refused(WebProblem.TOO_LARGE)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise Refused(WebProblem.TOO_LARGE)
            return message

        await self._app(scope, limited_receive, send)
