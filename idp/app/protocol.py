"""uvicorn's protocol, which also takes an answer in one piece."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from idp.web.middleware import WHOLE_ANSWER


class WholeAnswers(HttpToolsProtocol):
    """Lets an application that has its whole answer at hand give it at once: one write instead of two, nothing parsed.

    By the ASGI extension `WHOLE_ANSWER`, an async function of status, head (lines of fields, each with its end) and
    body. It does what uvicorn's own `send` does with a start and a body that is complete.
    """

    def on_headers_complete(self) -> None:
        """The request is known: its answer may come."""
        super().on_headers_complete()
        cycle, scope = self.cycle, self.scope
        if getattr(cycle, "scope", None) is not scope:
            return  # no answer of HTTP: it becomes a web socket

        async def whole(status: int, head: bytes, body: bytes) -> None:
            if cycle.flow.write_paused and not cycle.disconnected:
                await cycle.flow.drain()
            if cycle.disconnected:
                return
            if cycle.response_started:
                raise RuntimeError("an answer was started before")
            cycle.response_started = cycle.response_complete = True
            cycle.waiting_for_100_continue = False
            servers = b"".join(b"%b: %b\r\n" % field for field in cycle.default_headers)
            closing = b"" if cycle.keep_alive else b"connection: close\r\n"
            cycle.transport.write(b"".join((STATUS_LINE[status], servers, head, closing, b"\r\n", body)))
            cycle.message_event.set()
            if not cycle.keep_alive:
                cycle.transport.close()
            cycle.on_response()

        extensions: dict[str, Any] = scope.setdefault("extensions", {})
        extensions[WHOLE_ANSWER] = whole
