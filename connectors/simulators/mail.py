"""A mail server that keeps what it is given, and the page on which it can be read: `/mail`, and `/mail.json`.

Speaks as much of RFC 5321 as a client of letters needs. In memory, the newest hundred; for demonstrations and tests.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_KEPT: Final = 100
_LONGEST_LINE: Final = 4096
_LARGEST_LETTER: Final = 262_144


class Inbox:
    """Everybody's letters. `unknown` are addresses that the server says it does not have."""

    def __init__(self, *, unknown: Collection[str] = ()) -> None:
        self._unknown = frozenset(unknown)
        self._letters: deque[EmailMessage] = deque(maxlen=_KEPT)

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Listen; gives the port."""
        server = await asyncio.start_server(self._session, host, port, limit=_LONGEST_LINE)
        async with server:
            yield int(server.sockets[0].getsockname()[1])

    def routes(self) -> list[Route]:
        """The page for people and the same for programs, newest first."""
        return [Route("/mail", self._page, methods=["GET"]), Route("/mail.json", self._list, methods=["GET"])]

    async def _page(self, _request: Request) -> Response:
        letters = Markup("").join(
            Markup("<article><h2>{}</h2><p>{}</p><pre>{}</pre></article>").format(
                letter["subject"], letter["to"], letter.get_content()
            )
            for letter in self._newest_first()
        )
        frame = Markup(
            '<!DOCTYPE html><html lang="th"><meta charset="utf-8"><title>จดหมาย (จำลอง)</title><body>{}</body>'
        )
        return HTMLResponse(str(frame.format(letters)))

    async def _list(self, _request: Request) -> Response:
        return JSONResponse(
            [
                {
                    "to": str(letter["to"]),
                    "subject": str(letter["subject"]),
                    "message_id": str(letter["message-id"]),
                    "text": letter.get_content(),
                }
                for letter in self._newest_first()
            ]
        )

    def _newest_first(self) -> list[EmailMessage]:
        return list(reversed(self._letters))

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _say(writer, "220 simulated")
            while (line := await reader.readline()) and not line.upper().startswith(b"QUIT"):
                await self._answer(line.decode("ascii", "replace").strip(), reader, writer)
            await _say(writer, "221 bye")
        except (ConnectionError, ValueError):
            return  # gone, or a line without an end: nothing to keep
        finally:
            writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, argument = line[:4].upper(), line.partition(":")[2]
        if verb == "RCPT" and argument.strip().strip("<>").partition(">")[0] in self._unknown:
            await _say(writer, "550 no such mailbox")
        elif verb == "DATA":
            await _say(writer, "354 go on")
            self._letters.append(await _letter(reader))
            await _say(writer, "250 kept")
        elif verb in ("EHLO", "HELO", "MAIL", "RCPT", "RSET", "NOOP"):
            await _say(writer, "250 simulated")
        else:
            await _say(writer, "502 not known here")


async def _letter(reader: asyncio.StreamReader) -> EmailMessage:
    body = bytearray()
    while (line := await reader.readline()) not in (b".\r\n", b""):
        body += line.removeprefix(b".") if line.startswith(b"..") else line
        if len(body) > _LARGEST_LETTER:
            raise ValueError("the letter is too large")
    letter = message_from_bytes(bytes(body), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(line.encode("ascii") + b"\r\n")
    await writer.drain()
