"""`wss://…/agent`: the mail slots over one line that the agent keeps open, for networks that let it through.

The messages are those of the long poll, signed the same; the truth is in the same rows. The agent says
`{"id": n, "kind": "hello" | "answer" | "progress", "message": JWS}` and hears `{"id": n, "status": s, …}` to each, and
in between `{"kind": "request", "message": JWS}`. A hello comes first, and again at least every 45 seconds.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from connectors.contracts.card_wire import SOCKET_PROTOCOL
from idp.audit.security_log import SecurityLog
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import StationId
from idp.provider.agent.endpoints import AGENT_STATUSES, refusal_of
from idp.stations.mail_slots import MailSlots
from idp.stations.model import PRESENCE_LIFE, Station, StationProblem
from idp.stations.rules import MAX_MESSAGE_LENGTH
from idp.web.addresses import CallerAddresses
from idp.web.rate_limits import Allowance, Limit, Wait
from idp.web.routes import Access, SocketEntry

FIRST_HELLO_SECONDS: Final = 5.0
HELLO_SECONDS: Final = PRESENCE_LIFE.total_seconds()
MOST_UNPROVEN: Final = 100
"""Lines of this process that have not said who they are."""
LARGEST: Final = MAX_MESSAGE_LENGTH + 200

# RFC 6455, section 7.4.1
_POLICY, _GOING_AWAY, _TRY_LATER = 1008, 1001, 1013


class AgentSocket:
    """One line for each station and process: a newer one takes the older one's place.

    `refusals_a_minute` is for an address, as with the posts (0: no limit); `monotonic` are seconds that never go back.
    """

    def __init__(
        self,
        *,
        mail_slots: MailSlots,
        security_log: SecurityLog,
        host: str,
        addresses: CallerAddresses,
        refusals_a_minute: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mail_slots = mail_slots
        self._security_log = security_log
        self._host = host
        self._addresses = addresses
        self._refusals = None
        if refusals_a_minute:
            self._refusals = Limit("agent-line-refusals", Allowance(refusals_a_minute), caller=_by_hand)
        self._monotonic = monotonic
        self._lines: dict[StationId, _Line] = {}
        self._unproven = 0

    def entries(self) -> tuple[SocketEntry, ...]:
        """The one path."""
        return (SocketEntry("/agent", self.serve, Access.STATION, "agent_socket"),)

    async def serve(self, socket: WebSocket) -> None:
        """The line from its opening to its end."""
        # 1. not a page in somebody's browser, and for us
        if "origin" in socket.headers or socket.headers.get("host", "").partition(":")[0] != self._host:
            self._security_log.note("stations.line_refused", reason="a browser, or another host")
            await socket.close(_POLICY)
            return
        line = _Line(socket, caller=self._addresses.of(socket) or "")
        if self._unproven >= MOST_UNPROVEN or self._refused_too_often(line):
            await socket.close(_TRY_LATER)
            return
        await socket.accept(subprotocol=SOCKET_PROTOCOL)
        try:
            # 2. a station that says who it is, soon
            station = await self._introduced(line)
            if station is not None:
                await self._keep(line, station)
        except (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            await line.close(_GOING_AWAY)

    async def _introduced(self, line: "_Line") -> Station | None:
        self._unproven += 1
        try:
            async with asyncio.timeout(FIRST_HELLO_SECONDS):
                return await self._hello(line, await line.receive())
        finally:
            self._unproven -= 1

    async def _hello(self, line: "_Line", said: "_Said | None") -> Station | None:
        if said is None or said.kind != "hello":
            await line.close(_POLICY)
            return None
        try:
            station = await self._mail_slots.hello(said.message)
        except Refused as refused:
            self._count_refusal(line)
            await line.tell(said.id, refused)
            await line.close(_POLICY)
            return None
        await line.tell(said.id, None)
        return station

    async def _keep(self, line: "_Line", station: Station) -> None:
        older = self._lines.pop(station.id, None)
        self._lines[station.id] = line
        if older is not None:
            # a computer that comes back; or two with one key, which take the line from each other for ever
            self._security_log.note("stations.line_replaced", station=station.id)
            await older.close(_POLICY)
        handing_out = asyncio.create_task(self._hand_out(line, station))
        try:
            await self._take(line, station)
        finally:
            if self._lines.get(station.id) is line:
                del self._lines[station.id]
            handing_out.cancel()
            with suppress(asyncio.CancelledError):
                await handing_out

    async def _hand_out(self, line: "_Line", station: Station) -> None:
        """Requests as they come, until the line ends or the station is believed no more."""
        try:
            while not line.is_closed:
                request = await self._mail_slots.next_request(station, is_gone=line.is_gone)
                if request is not None:
                    await line.send({"kind": "request", "message": request})
        except Refused as refused:
            await line.tell(None, refused)
            await line.close(_POLICY)
        finally:
            # whatever ended it: a line that hands nothing out is none, and the agent opens another
            await line.close(_GOING_AWAY)

    async def _take(self, line: "_Line", station: Station) -> None:
        """What the agent says, one message at a time: the next is read when this one is done with."""
        kinds: dict[str, Callable[[str], Awaitable[None]]] = {
            "answer": self._mail_slots.answer,
            "progress": self._mail_slots.progress,
        }
        heard_at = asyncio.get_running_loop().time()
        while not line.is_closed:
            async with asyncio.timeout_at(heard_at + HELLO_SECONDS):
                said = await line.receive()
            if said is None:
                await line.close(_POLICY)
                return
            if said.kind == "hello":
                again = await self._hello(line, said)
                if again is None or again.id != station.id:
                    await line.close(_POLICY)
                    return
                heard_at = asyncio.get_running_loop().time()
                continue
            try:
                await kinds[said.kind](said.message)
            except (Refused, Conflict) as refused:
                self._count_refusal(line)
                await line.tell(said.id, refused)
                if self._refused_too_often(line):
                    await line.close(_TRY_LATER)
                    return
            else:
                await line.tell(said.id, None)

    def _refused_too_often(self, line: "_Line") -> bool:
        return self._refusals is not None and isinstance(self._refusals.decide(line.caller, self._monotonic()), Wait)

    def _count_refusal(self, line: "_Line") -> None:
        if self._refusals is not None:
            self._refusals.take(line.caller, self._monotonic())


async def _by_hand(_request: Request) -> str | None:
    """Nobody: a line is no request, its caller is counted by this door itself."""
    return None


class _Said:
    """One message of an agent."""

    __slots__ = ("id", "kind", "message")

    def __init__(self, identifier: int, kind: str, message: str) -> None:
        self.id = identifier
        self.kind = kind
        self.message = message


class _Line:
    """A WebSocket that can be closed by anyone, any number of times."""

    def __init__(self, socket: WebSocket, *, caller: str) -> None:
        self.caller = caller
        self._socket = socket
        self.is_closed = False

    async def is_gone(self) -> bool:
        """True when nobody listens any more."""
        return self.is_closed or self._socket.client_state is not WebSocketState.CONNECTED

    async def receive(self) -> _Said | None:
        """The next message, None when it is none of ours. Raises WebSocketDisconnect."""
        try:
            text = await self._socket.receive_text()
        except (KeyError, RuntimeError) as error:  # bytes instead of text, or closed meanwhile by ourselves
            raise WebSocketDisconnect(_POLICY) from error
        if len(text) > LARGEST:
            return None
        try:
            said: Any = json.loads(text)
        except (ValueError, RecursionError):
            return None
        match said:
            case {"id": int(identifier), "kind": "hello" | "answer" | "progress" as kind, "message": str(message)}:
                return _Said(identifier, kind, message)
            case _:
                return None

    async def tell(self, identifier: int | None, refused: Refused | Conflict | None) -> None:
        """What became of a message; without one, why the line ends."""
        if refused is None:
            await self.send({"id": identifier, "status": 204})
        else:
            status = AGENT_STATUSES[StationProblem(refused.code)]
            await self.send({"id": identifier, "status": status, **refusal_of(refused)})

    async def send(self, content: dict[str, Any]) -> None:
        """Send, unless the line has ended."""
        with suppress(WebSocketDisconnect, RuntimeError):
            if not self.is_closed:
                await self._socket.send_text(json.dumps(content))

    async def close(self, code: int) -> None:
        """End the line; nothing happens when it has ended."""
        if not self.is_closed:
            self.is_closed = True
            with suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.close(code)
