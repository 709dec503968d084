"""`*.localhost` reached on this machine, whatever the resolver thinks of such names (RFC 6761 §6.3).

Browsers resolve these names themselves; programs must do so too. The request keeps its URL and Host header, only the
connection goes to 127.0.0.1.
"""

import ssl
from functools import cache

import httpx2


@cache
def ssl_context() -> ssl.SSLContext:
    """Whom to believe over TLS; reading the list of authorities takes longer than a request."""
    return httpx2.create_ssl_context()


def _to_loopback(request: httpx2.Request) -> httpx2.Request:
    if request.url.host != "localhost" and not request.url.host.endswith(".localhost"):
        return request
    # a copy: cookies and redirects are judged by the request's own URL, which must keep its name
    return httpx2.Request(
        request.method,
        request.url.copy_with(host="127.0.0.1"),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )


class LoopbackTransport(httpx2.HTTPTransport):
    """The ordinary transport, with `*.localhost` on the loopback address."""

    def __init__(self) -> None:
        super().__init__(verify=ssl_context())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; names under `.localhost` go to 127.0.0.1."""
        return super().handle_request(_to_loopback(request))


class AsyncLoopbackTransport(httpx2.AsyncHTTPTransport):
    """The ordinary asynchronous transport, with `*.localhost` on the loopback address."""

    def __init__(self) -> None:
        super().__init__(verify=ssl_context())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; names under `.localhost` go to 127.0.0.1."""
        return await super().handle_async_request(_to_loopback(request))
