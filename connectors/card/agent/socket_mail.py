"""The agent's other way to the provider: one line kept open (WSS), over which both say things at once.

Nothing listens here either: the agent opens the line. The messages are the signed ones of the posts.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.mail import (
    AgentRejected,
    AnswerRefused,
    AnswerResult,
    Delivered,
    ProviderUnreachable,
    SessionOver,
    result_of,
)
from connectors.contracts.card_wire import SOCKET_PROTOCOL

HOLD_SECONDS: Final = 20.0
"""How long a poll waits on the line before the agent says hello again."""

_OPEN_SECONDS: Final = 5.0
_REPLY_SECONDS: Final = 10.0
_PING_SECONDS: Final = 20.0
_LARGEST: Final = 65_536


class LineBlocked(Exception):
    """No line can be opened: the network lets none through, the provider has none, or it is down."""


class SocketMail:
    """The provider at `address`, which is called `issuer`, over one line; opened when it is needed."""

    def __init__(self, *, issuer: str, address: str) -> None:
        named, reached = urlsplit(issuer), urlsplit(address)
        scheme = {"https": "wss", "http": "ws"}[named.scheme]
        self._uri = urlunsplit((scheme, named.netloc, f"{named.path.rstrip('/')}/agent", "", ""))
        # *.localhost need not resolve here: connect to the address, say the issuer's name
        self._is_direct = address != issuer
        self._host, self._port = reached.hostname, reached.port
        self._opening = asyncio.Lock()
        self._line: _Line | None = None

    @property
    def is_open(self) -> bool:
        """True while there is a line."""
        return self._line is not None and not self._line.ended.is_set()

    async def poll(self, hello: str) -> str | None:
        """Say hello and wait for work; a signed card request, or None when there is none for a while.

        Raises LineBlocked, ProviderUnreachable when the line breaks, AgentRejected.
        """
        line = await self._opened()
        match await line.ask("hello", hello):
            case Delivered():
                return await line.request()
            case SessionOver() | AnswerRefused():
                raise ProviderUnreachable("it takes a hello for an answer")

    async def answer(self, message: str) -> AnswerResult:
        """Hand over the answer of a card session. Raises LineBlocked, ProviderUnreachable, AgentRejected."""
        return await self._existing().ask("answer", message)

    async def progress(self, message: str) -> None:
        """Say how far a read has come. Raises as `answer` does."""
        await self._existing().ask("progress", message)

    async def close(self) -> None:
        """End the line, if there is one."""
        if self._line is not None:
            await self._line.close()

    def _existing(self) -> "_Line":
        """Only a hello opens a line: the provider believes nothing on one that did not begin with it."""
        if self._line is None or self._line.ended.is_set():
            raise LineBlocked("there is no line")
        return self._line

    async def _opened(self) -> "_Line":
        async with self._opening:
            if self._line is None or self._line.ended.is_set():
                self._line = _Line(await self._connect())
            return self._line

    async def _connect(self) -> ClientConnection:
        direct: dict[str, Any] = {"host": self._host, "port": self._port, "proxy": None} if self._is_direct else {}
        try:
            return await connect(
                self._uri,
                subprotocols=[Subprotocol(SOCKET_PROTOCOL)],
                user_agent_header=f"idp-agent/{AGENT_VERSION}",
                open_timeout=_OPEN_SECONDS,
                ping_interval=_PING_SECONDS,
                ping_timeout=_PING_SECONDS,
                close_timeout=1.0,
                max_size=_LARGEST,
                max_queue=4,
                **direct,
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, EOFError) as error:
            raise LineBlocked(type(error).__name__) from error


class _Line:
    """An open line: what is asked is answered by number, requests come as they come."""

    def __init__(self, connection: ClientConnection) -> None:
        self.ended = asyncio.Event()
        self._connection = connection
        self._requests: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[AnswerResult]] = {}
        self._waiter = asyncio.Event()
        self._number = 0
        self._rejected: AgentRejected | None = None
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, kind: str, message: str) -> AnswerResult:
        """Say one thing and wait for what became of it. Raises ProviderUnreachable, AgentRejected."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[AnswerResult] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            await self._connection.send(json.dumps({"id": number, "kind": kind, "message": message}))
            async with asyncio.timeout(_REPLY_SECONDS):
                return await answer
        except (ConnectionClosed, TimeoutError) as error:
            raise self._rejected or ProviderUnreachable("the line broke") from error
        finally:
            del self._asked[number]

    async def request(self) -> str | None:
        """The next request, None when none comes for a while or somebody else waits now.

        Raises ProviderUnreachable, AgentRejected.
        """
        self._waiter.set()  # one waits at a time: an older hello is out of date
        superseded = self._waiter = asyncio.Event()
        waiting = asyncio.create_task(self._requests.get())
        ends = [asyncio.create_task(self.ended.wait()), asyncio.create_task(superseded.wait())]
        try:
            await asyncio.wait({waiting, *ends}, timeout=HOLD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            if self.ended.is_set():
                raise self._rejected or ProviderUnreachable("the line broke")
            return None
        finally:
            for task in (waiting, *ends):
                task.cancel()

    async def close(self) -> None:
        """End it."""
        await self._connection.close()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def _listen(self) -> None:
        try:
            async for text in self._connection:
                self._hear(json.loads(text))
        except (ConnectionClosed, ValueError):
            await self._connection.close()
        finally:
            self.ended.set()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(self._rejected or ProviderUnreachable("the line broke"))

    def _hear(self, said: Any) -> None:
        match said:
            case {"kind": "request", "message": str(message)}:
                self._requests.put_nowait(message)
            case {"id": int(number), "status": int(status)}:
                # nobody waits any more for an answer that came too late
                if number in self._asked:
                    self._settle(self._asked[number], status, said)
            case {"id": None, "status": int()}:
                self._rejected = AgentRejected(f"{said.get('error')}: {said.get('error_description')}")
            case _:
                raise ValueError("not a message of ours")

    def _settle(self, answer: asyncio.Future[AnswerResult], status: int, said: dict[str, Any]) -> None:
        if answer.done():
            return
        try:
            answer.set_result(result_of(status, said))
        except (AgentRejected, ProviderUnreachable) as error:
            answer.set_exception(error)
