"""What is known of models of authenticators: the port of a catalogue of them, such as the FIDO Metadata Service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AuthenticatorModel:
    """A model as its catalogue describes it.

    `aaguid` names it (lower-case, with hyphens); `roots` are the certificates (PEM) that its attestations lead to;
    `is_compromised` when the catalogue reports that it was revoked, or that its keys or its check of the user can be
    got around.
    """

    aaguid: str
    description: str
    roots: tuple[bytes, ...]
    is_compromised: bool


class AuthenticatorModels(Protocol):
    """A catalogue of models."""

    async def find(self, aaguid: str, *, now: datetime) -> AuthenticatorModel | None:
        """The model; None when the catalogue does not know it, or may not be believed any more."""
