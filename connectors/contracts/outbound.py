"""The port towards addresses that clients registered: key sets, sector lists, logout and notification endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.contracts.errors import ConnectorError


class AddressUnreachable(ConnectorError):
    """Nothing came of it: refused address, no connection, too slow, too large. Says no more than that, on purpose."""


@dataclass(frozen=True, slots=True, repr=False)
class OutboundAnswer:
    """What the address answered; a redirect is an answer like any other and is not followed."""

    status: int
    body: bytes


class ClientAddresses(Protocol):
    """Asks addresses that we did not choose. One attempt, a short deadline, a bounded answer, no redirect."""

    async def get(self, url: str) -> OutboundAnswer:
        """Fetch a document. Raises AddressUnreachable."""
        ...

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> OutboundAnswer:
        """Deliver a message; `headers` name at least its content type. Raises AddressUnreachable."""
        ...
