"""uvicorn's protocol, which answers a door's hot paths itself: no ASGI between the parser and the endpoint."""

from asyncio import TimerHandle
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from idp.web.hot_paths import LARGEST_WHOLE, Asked, HotPaths, WholeAnswer
from idp.web.middleware import hot_paths_of
from idp.web.routes import Endpoint

HTTP_1_1: Final = "1.1"
MOST_WAITING: Final = 100
"""How many requests of one connection may wait behind the one that is being answered; who sends more is cut off."""


class TooManyWaiting(Exception):
    """More than a connection may ask before it has read; the parser turns it into a refusal of the connection."""


class HotProtocol(HttpToolsProtocol):
    """Collects a request for a hot path, gives it to the endpoint in one piece and writes the answer in one piece.

    Only what is plain goes this way: HTTP/1.1, the path spelled as it is registered, a body of an announced and
    moderate length, no `Expect`, no upgrade, nothing of this connection still being answered. All else is uvicorn's,
    and ends at the same endpoint through ASGI. ADR 0006 says why, and `tests/app/test_hot_protocol.py` that nobody can
    tell the two ways apart.

    On either way a request is here within `receive_seconds`, head and body, and few wait behind one another: nobody
    holds a connection by crumbs, nor memory by asking without reading.
    """

    receive_seconds: ClassVar[float] = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hot: HotPaths | None = hot_paths_of(self.config.app)
        self._quiet_since: float | None = None
        self._receiving_since: float | None = None
        self._receive_timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody is there; the first request is awaited like the rest of one."""
        super().connection_made(transport)
        self._receiving_since = self.loop.time()
        self._receive_timer = self.loop.call_later(self.receive_seconds, self._look_at_receiving)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._receiving_since = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """The line that stays open is another protocol's."""
        self._end_receive_timer()
        super().handle_websocket_upgrade()

    def on_headers_complete(self) -> None:
        """The request is known, up to its body: whose is it? Raises TooManyWaiting."""
        if len(self.pipeline) >= MOST_WAITING:
            raise TooManyWaiting
        endpoint = self._hot_endpoint()
        if endpoint is None:
            super().on_headers_complete()
            # RFC 9112 §7.1.2: "A recipient MUST NOT merge a received trailer field into the header section unless its
            # corresponding header field definition explicitly permits and instructs how": the parser goes on in the
            # same list, and behind a body anybody could write what a trusted proxy alone may say
            self.scope["headers"] = list(self.headers)
        else:
            self.cycle = _HotCycle(endpoint, keep_alive=self.parser.should_keep_alive())  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """All of it is here: a hot one is answered now."""
        self._receiving_since = None
        cycle: object = self.cycle
        if not isinstance(cycle, _HotCycle) or cycle.is_whole:
            super().on_message_complete()
            return
        cycle.is_whole = True
        task = self.loop.create_task(self._answer(cycle, self.scope))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        """An answer is out: the next request that waits, or silence, which is measured by one timer a connection."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._quiet_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self._timer(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """The timer ran out: close, or wait for what is left of a silence that began meanwhile."""
        self.timeout_keep_alive_task = None
        if self._quiet_since is None:
            return  # a request is under way; its answer starts the timer anew
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self._timer(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more; also the timers go."""
        super().connection_lost(exc)
        self._end_receive_timer()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _look_at_receiving(self) -> None:
        """Close where a request has been on its way for too long, else look again when that could be."""
        since, now = self._receiving_since, self.loop.time()
        left = self.receive_seconds if since is None else since + self.receive_seconds - now
        if left > 0:
            self._receive_timer = self.loop.call_later(left, self._look_at_receiving)
        elif not self.transport.is_closing():
            self.transport.close()

    def _end_receive_timer(self) -> None:
        if self._receive_timer is not None:
            self._receive_timer.cancel()
            self._receive_timer = None

    def _unset_keepalive_if_required(self) -> None:
        # a timer that is set anew for every request costs more than one that looks when it rings
        self._quiet_since = None

    def _timer(self, seconds: float) -> TimerHandle:
        return self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _hot_endpoint(self) -> Endpoint | None:
        if self._hot is None or self.expect_100_continue or self.limit_concurrency is not None:
            return None
        before: Any = self.cycle
        if before is not None and not before.response_complete:
            return None  # pipelined: it waits its turn
        raw_path, _, query = self.url.partition(b"?")
        method, path = self.parser.get_method().decode("ascii"), raw_path.decode("ascii", "replace")
        endpoint = self._hot.endpoint(method, path)
        if endpoint is None or b"#" in query or self.parser.should_upgrade():
            return None
        asked = Asked(self.headers)
        if asked.is_chunked or not asked.is_within(LARGEST_WHOLE) or self.parser.get_http_version() != HTTP_1_1:
            return None
        scope: Any = self.scope
        scope.update(method=method, path=path, raw_path=raw_path, query_string=query)
        return endpoint

    async def _answer(self, cycle: "_HotCycle", scope: Any) -> None:
        assert self._hot is not None
        try:
            answer = await self._hot.whole(cycle.endpoint, scope, bytes(cycle.body))
            if self.flow.write_paused and not cycle.disconnected:
                await self.flow.drain()
            if cycle.disconnected or self.transport.is_closing():
                return
            self.transport.write(self._on_the_wire(answer, cycle))
            cycle.response_complete = True
        finally:
            if not (cycle.response_complete and cycle.keep_alive):
                self.transport.close()
        self.on_response_complete()

    def _on_the_wire(self, answer: WholeAnswer, cycle: "_HotCycle") -> bytes:
        servers = b"".join([b"%b: %b\r\n" % field for field in self.server_state.default_headers])
        closing = b"" if cycle.keep_alive else b"connection: close\r\n"
        return b"".join((STATUS_LINE[answer.status], servers, answer.head, closing, b"\r\n", answer.body))


class _HotCycle:
    """One hot request and what becomes of it; has what uvicorn looks at in its own cycles."""

    __slots__ = ("body", "disconnected", "endpoint", "is_whole", "keep_alive", "more_body", "response_complete")

    def __init__(self, endpoint: Endpoint, *, keep_alive: bool) -> None:
        self.endpoint = endpoint
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.more_body = True
        self.is_whole = False
        self.disconnected = False
        self.response_complete = False

    @property
    def message_event(self) -> "_Nobody":
        """Who waits for more of the body: nobody."""
        return _NOBODY


class _Nobody:
    def set(self) -> None:
        """Wake nobody."""


_NOBODY: Final = _Nobody()
