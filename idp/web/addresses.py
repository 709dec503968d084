"""From where a request comes: the connection's own address, or what the configured proxy says of it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Networks = Sequence[IPv4Network | IPv6Network]

IPV6_HOUSEHOLD = 64
"""One customer has a whole network of so many bits: who counts addresses of IPv6 one by one counts nothing."""


def lies_in(host: str, networks: Networks) -> bool:
    """True for an address in one of these networks."""
    address = _parsed(host) if networks else None
    return address is not None and any(address in network for network in networks)


class CallerAddresses:
    """Reads addresses. `header` is what trusted proxies write, each adding the address that called it at the end."""

    def __init__(self, *, trusted_proxies: Networks, header: str) -> None:
        self._trusted = trusted_proxies
        self._header = header

    def of(self, request: HTTPConnection) -> str | None:
        """The caller's address, of IPv6 the network; None when a proxy calls and does not say for whom."""
        host = (request.scope.get("client") or ("",))[0]
        if not lies_in(host, self._trusted):
            return host if "." in host and ":" not in host else _household(host)
        return _household(self._said(request))

    def exact(self, request: HTTPConnection) -> str:
        """The caller's whole address, for lists of addresses; what is no address where a proxy does not say it."""
        host: str = (request.scope.get("client") or ("",))[0]
        # past the proxy anybody writes what they like into its header
        return self._said(request) if lies_in(host, self._trusted) else host

    def _said(self, request: HTTPConnection) -> str:
        said = ",".join(request.headers.getlist(self._header)).split(",")
        # from the end: what stands before the first address that is no proxy of ours was written by the caller
        return next((hop.strip() for hop in reversed(said) if not lies_in(hop.strip(), self._trusted)), "")


def _household(host: str) -> str | None:
    address = _parsed(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_HOUSEHOLD), strict=False))
    return None if address is None else str(address)


def _parsed(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
