"""The threshold of every door, plain ASGI: correlation, host allow-list, body limit, headers, last resort."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.answer_fields import AnswerFields
from idp.web.forms import FORM_TYPE
from idp.web.hot_paths import Asked, HotPaths, LastResort, not_ours, note_unforeseen
from idp.web.model import WebProblem
from idp.web.routes import Entry, ErrorHandler

FORM_LIMIT = 64 * 1024
JSON_LIMIT = 1024 * 1024

_FORM = FORM_TYPE.encode("ascii")


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
    fields = AnswerFields(https=https)
    paths = HotPaths(
        entries=hot,
        handlers=handlers or {},
        hosts=hosts,
        fields=fields,
        last_resort=last_resort,
        randomness=randomness,
    )
    return [
        Middleware(
            Threshold,
            hot=paths,
            fields=fields,
            last_resort=last_resort,
            larger_bodies=larger_bodies or {},
            randomness=randomness,
        )
    ]


def hot_paths_of(application: object) -> HotPaths | None:
    """What a door answers on its threshold; None for an application that has none."""
    layers = application.user_middleware if isinstance(application, Starlette) else ()
    found = (layer.kwargs.get("hot") for layer in layers)
    return next((paths for paths in found if isinstance(paths, HotPaths)), None)


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
        hot: HotPaths,
        fields: AnswerFields,
        last_resort: LastResort,
        larger_bodies: Mapping[str, int],
        randomness: Randomness,
    ) -> None:
        self._app = app
        self._hot = hot
        self._fields = fields
        self._last_resort = last_resort
        self._larger = larger_bodies
        self._randomness = randomness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request over the threshold."""
        if scope["type"] != "http":
            try:
                await self._app(scope, receive, send)
            except Exception as error:  # noqa: BLE001 - 6. for lines that stay open; the server would log the text
                note_unforeseen(error, "")
            return
        # 1. an id
        correlation_id = self._randomness(8).hex()
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        answer = _Answer(send, self._fields, correlation_id)
        asked = Asked(scope["headers"])
        # 2. one of our hosts
        if not self._hot.is_ours(asked):
            await not_ours()(scope, receive, answer)
            return
        # 3. a body within the limit
        limit = self._larger.get(scope["path"], FORM_LIMIT if asked.type.startswith(_FORM) else JSON_LIMIT)
        body = _Body(receive, limit, too_large=not asked.is_within(limit))
        try:
            # 4. answered here or behind
            endpoint = self._hot.endpoint(scope["method"], scope["path"])
            if endpoint is None:
                await self._app(scope, body, answer)
            else:
                response = await self._hot.answered(Request(scope, body, answer), endpoint)
                await response(scope, body, answer)
        except ClientDisconnect:
            # who asked went away before the whole request was here: nothing was done, and nobody waits for an answer
            return
        except Exception as error:  # noqa: BLE001 - 6. the one place where an unforeseen error becomes an answer
            note_unforeseen(error, correlation_id)
            if not answer.started:
                await self._last_resort.unexpected(Request(scope))(scope, receive, answer)


class _Body:
    """The body as it comes in, refused as soon as it is known to be above the limit."""

    __slots__ = ("_left", "_receive", "_too_large")

    def __init__(self, receive: Receive, limit: int, *, too_large: bool) -> None:
        self._receive = receive
        self._left = limit
        self._too_large = too_large

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

    __slots__ = ("_fields", "_id", "_send", "started")

    def __init__(self, send: Send, fields: AnswerFields, correlation_id: str) -> None:
        self._send = send
        self._fields = fields
        self._id = correlation_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        """The next part of it."""
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = self._fields.complete(message["headers"], self._id)
        await self._send(message)
