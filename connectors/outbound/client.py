"""HTTP clients for the deployment's own addresses.

RFC 6761, section 6.3: names under `localhost.` are loopback. Not every resolver knows that, so the client connects to
127.0.0.1 itself; the request keeps its name, in the Host header and over TLS.
"""

import ssl
from functools import cache
from typing import Final

import httpx2

LOOPBACK: Final = "127.0.0.1"
TIMEOUT_SECONDS: Final = 5.0


class LoopbackNames(httpx2.AsyncBaseTransport):
    """Sends requests for `*.localhost` to the loopback address; everything else as it is."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request; the Host header was set from the name and stays."""
        name = request.url.host
        if name == "localhost" or name.endswith(".localhost"):
            request.extensions = {**request.extensions, "sni_hostname": name}
            request.url = request.url.copy_with(host=LOOPBACK)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


@cache
def trusted_authorities(*, trust_env: bool) -> ssl.SSLContext:
    """The machine's certificate authorities; with `trust_env` those that SSL_CERT_FILE or SSL_CERT_DIR name, if set.

    Read once in the life of a process: reading them takes longer than a request.
    """
    return httpx2.create_ssl_context(trust_env=trust_env)


def outbound_transport() -> httpx2.AsyncBaseTransport:
    """The transport of every client towards our own doors."""
    return LoopbackNames(httpx2.AsyncHTTPTransport(verify=trusted_authorities(trust_env=True), retries=1))


def outbound_client(*, timeout_seconds: float = TIMEOUT_SECONDS) -> httpx2.AsyncClient:
    """A client with a deadline, without redirects, proxies of the environment or cookies to keep."""
    return httpx2.AsyncClient(
        transport=outbound_transport(), timeout=timeout_seconds, follow_redirects=False, trust_env=False
    )
