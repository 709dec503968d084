"""Letters over SMTP to a server on a real socket, read again over HTTP."""

import socket

import httpx2
import pytest
from starlette.applications import Starlette

from connectors.contracts.notices import Letter, MailRefused, MailUnavailable
from connectors.mail.smtp import MailServer, SmtpMail
from connectors.simulators.mail import Inbox

LETTER = Letter("malee@mail.example", "แจ้งเตือน · Notice", "บรรทัดแรก\n.\nจบ\n", "ntc_1")


def mail_at(port: int, *, starttls: bool = False) -> SmtpMail:
    return SmtpMail(MailServer("127.0.0.1", port, "no-reply@id.example", starttls=starttls, timeout_seconds=2.0))


async def letters_of(inbox: Inbox) -> list[dict[str, str]]:
    application = Starlette(routes=inbox.routes())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url="http://mail.test") as http:
        assert (await http.get("/mail")).status_code == 200
        letters: list[dict[str, str]] = (await http.get("/mail.json")).json()
    return letters


async def test_a_letter_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    async with inbox.serving() as port:
        await mail_at(port).send(LETTER)
    [letter] = await letters_of(inbox)
    assert letter["to"] == LETTER.to
    assert letter["subject"] == LETTER.subject
    assert letter["text"].splitlines() == LETTER.text.splitlines()
    assert letter["message_id"] == "<ntc_1@id.example>"


async def test_an_address_that_does_not_exist_is_refused_for_good() -> None:
    inbox = Inbox(unknown=[LETTER.to])
    async with inbox.serving() as port:
        with pytest.raises(MailRefused) as caught:
            await mail_at(port).send(LETTER)
    assert LETTER.to not in str(caught.value)
    assert await letters_of(inbox) == []


async def test_a_server_that_is_away_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailUnavailable):
        await mail_at(port).send(LETTER)


async def test_nothing_is_sent_in_clear_where_encryption_is_wanted() -> None:
    inbox = Inbox()
    async with inbox.serving() as port:
        with pytest.raises(MailUnavailable):
            await mail_at(port, starttls=True).send(LETTER)
    assert await letters_of(inbox) == []


async def test_an_address_cannot_add_lines_of_its_own() -> None:
    inbox = Inbox()
    async with inbox.serving() as port:
        with pytest.raises(MailRefused):
            await mail_at(port).send(Letter("a@b.example\nBcc: c@d.example", "s", "t", "id"))
    assert await letters_of(inbox) == []
