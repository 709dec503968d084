"""The port towards people's mail boxes."""

from dataclasses import dataclass
from typing import Protocol

from connectors.contracts.errors import ConnectorError


class MailUnavailable(ConnectorError):
    """The mail server took nothing, or nobody knows whether it did: the same letter may be sent again."""


class MailRefused(ConnectorError):
    """The mail server will never take this letter, for example because the address does not exist."""


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One letter in plain text. `message_id` is the same whenever the same letter is sent again."""

    to: str
    subject: str
    text: str
    message_id: str


class MailPort(Protocol):
    """Sends letters, each at least once."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the mail server. Raises MailUnavailable, MailRefused."""
