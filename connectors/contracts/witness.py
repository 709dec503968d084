"""Ports towards those outside who testify to a checkpoint of the log: a time-stamp authority, a witness."""

from typing import Protocol

from connectors.contracts.errors import ConnectorError


class WitnessUnavailable(ConnectorError):
    """The witness gave no answer that can be used."""


class WitnessElsewhere(ConnectorError):
    """The witness last saw a tree of another size than the caller thought; `size` says which."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness is at size {size}")
        self.size = size


class CheckpointStamper(Protocol):
    """A time-stamp authority (RFC 3161)."""

    async def timestamp(self, digest: bytes) -> bytes:
        """A checked token (DER) for a SHA-256 digest. Raises TimestampUnavailable."""
        ...


class CheckpointWitness(Protocol):
    """A witness of logs (C2SP tlog-witness)."""

    async def add_checkpoint(self, body: str) -> str:
        """Signature lines for a checkpoint with its proof; not yet verified.

        Raises WitnessElsewhere, WitnessUnavailable.
        """
        ...
