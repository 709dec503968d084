"""Asking addresses that clients registered, without being led anywhere else (attack row 54).

The name is resolved once, by the connection itself, and the address at the other end of the connected socket is judged:
a check of the name before would not hold for the connection after it. One attempt, 2.5 seconds in all, 64 KB, no
redirect, no kept connection, no proxy of the environment.
"""

import asyncio
import ssl
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import httpcore2

from connectors.contracts.errors import ConnectorError
from connectors.contracts.outbound import AddressUnreachable, OutboundAnswer
from connectors.outbound.client import LOOPBACK

DEADLINE_SECONDS: Final = 2.5
MOST_BYTES: Final = 64 * 1024
TRANSLATED: Final = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 forms that stand for an IPv4 address behind a translator: NAT64, 6to4, Teredo."""

UNKNOWN_TO_PYTHON: Final = tuple(
    ip_network(text) for text in ("fec0::/10", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")
)
"""Special ranges that `is_global` of Python 3.11 lets pass: site-local IPv6 (RFC 3879: once a network's own addresses,
in some still), protocol assignments, 6to4 relays (RFC 7526), documentation (RFC 9637).
"""

Network = IPv4Network | IPv6Network


class _AddressRefused(ConnectorError):
    """The connection led to an address that is not for us to ask."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """True outside the special ranges of IANA; an IPv4 address in IPv6 clothes is judged as what it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if any(address in network for network in (*TRANSLATED, *UNKNOWN_TO_PYTHON)):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class CheckedConnections(httpcore2.AsyncNetworkBackend):
    """Connections whose far end is public, or in one of the `allowed` networks."""

    def __init__(self, *, allowed: Collection[Network]) -> None:
        self._inner = httpcore2.AnyIOBackend()
        self._allowed = tuple(allowed)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect, then judge the socket's peer before a byte is sent."""
        # RFC 6761 §6.3: names under `localhost.` are loopback, which not every resolver knows.
        named = LOOPBACK if host == "localhost" or host.endswith(".localhost") else host
        stream = await self._inner.connect_tcp(named, port, timeout, local_address, socket_options)
        peer = stream.get_extra_info("server_addr")
        if not self._is_allowed(ip_address(peer[0].partition("%")[0])):
            await stream.aclose()
            raise _AddressRefused("the address is not public")
        return stream

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts; there is one attempt only."""
        await self._inner.sleep(seconds)

    def _is_allowed(self, address: IPv4Address | IPv6Address) -> bool:
        return is_public(address) or any(address in network for network in self._allowed)


@cache
def _trust_of_the_machine() -> ssl.SSLContext:
    """Its certificate authorities, read once."""
    return ssl.create_default_context()


class CheckedAddresses:
    """Fulfils `connectors.contracts.outbound.ClientAddresses`.

    `allowed` are networks beside the public ones (the own machine in a demonstration); http is for them alone.
    """

    def __init__(self, *, allowed: Collection[Network] = (), trust: ssl.SSLContext | None = None) -> None:
        self._allowed = tuple(allowed)
        self._trust = trust or _trust_of_the_machine()

    async def get(self, url: str) -> OutboundAnswer:
        """Fetch a document. Raises AddressUnreachable."""
        return await self._ask("GET", url, None, {"accept": "application/json"})

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        """Deliver a message. Raises AddressUnreachable."""
        return await self._ask("POST", url, body, headers)

    async def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> OutboundAnswer:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allowed):
            raise AddressUnreachable("the scheme is not https")
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._connections() as connections:
                sent = [("host", parts.netloc), ("connection", "close"), *headers.items()]
                if body is not None:
                    sent.append(("content-length", str(len(body))))
                async with connections.stream(method, url, headers=sent, content=body) as response:
                    return OutboundAnswer(response.status, await _bounded(response))
        except (TimeoutError, OSError, ssl.SSLError, _AddressRefused, httpcore2.ProtocolError) as error:
            raise AddressUnreachable(type(error).__name__) from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.UnsupportedProtocol) as error:
            raise AddressUnreachable(type(error).__name__) from error

    def _connections(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._trust,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=CheckedConnections(allowed=self._allowed),
        )


async def _bounded(response: httpcore2.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise AddressUnreachable("the answer is too large")
    return body
