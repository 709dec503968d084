"""The mail server, spoken to by the standard library in a thread of its own: letters are few and small."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from connectors.contracts.notices import Letter, MailRefused, MailUnavailable


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where letters are handed in, and in whose name.

    `starttls`: the session is encrypted, with the server's certificate checked, or nothing is sent. `user` is empty
    where the server asks for none.
    """

    host: str
    port: int
    sender: str
    starttls: bool
    user: str = ""
    password: str = ""
    timeout_seconds: float = 5.0


class SmtpMail:
    """Fulfils `connectors.contracts.notices.MailPort`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, letter: Letter) -> None:
        """Hand one letter in. Raises MailUnavailable, MailRefused."""
        try:
            message = self._message(letter)
        except ValueError:
            # a line break in an address: the cause would repeat it
            raise MailRefused("the letter cannot be addressed") from None
        await asyncio.to_thread(self._hand_in, message)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._server.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.message_id}@{self._server.sender.rpartition('@')[2]}>"
        # RFC 3834 §5: nobody's absence notice is to answer this
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _hand_in(self, message: EmailMessage) -> None:
        server = self._server
        try:
            with smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds) as session:
                if server.starttls:
                    session.starttls(context=ssl.create_default_context())
                if server.user:
                    session.login(server.user, server.password)
                session.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((reply[0] for reply in error.recipients.values()), default=0)
            # RFC 5321 §4.2.1: 5yz is a permanent negative completion reply
            kind = MailRefused if code >= 500 else MailUnavailable
            raise kind(f"recipient: {code}") from None
        except (smtplib.SMTPException, OSError) as error:
            # the cause may hold the address: only its kind goes on
            raise MailUnavailable(type(error).__name__) from None
