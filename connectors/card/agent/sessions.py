"""From a verified request to its answer: consent, card, read, and the watch until the card is taken out."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.config import AgentConfig
from connectors.card.agent.mail import AnswerRefused, Delivered, ProviderUnreachable, SessionOver
from connectors.card.agent.messages import CardRequest, EndRequest, ReadRequest, encrypt_photo, encrypt_read, sign
from connectors.card.agent.progress import told
from connectors.card.agent.readers import AgentReaders
from connectors.card.agent.terminal import Terminal
from connectors.card.agent.ways import Mail
from connectors.contracts.card import CardRead, PassportRead, Progress, SlotReader
from connectors.contracts.card_wire import (
    ANSWER_TYP,
    HELLO_SECONDS,
    PROGRESS_TYP,
    AnswerClaims,
    Outcome,
    ProgressClaims,
    SlotName,
)
from connectors.contracts.errors import CardError, CardFault

READ_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.1
_ANSWER_RESERVE_SECONDS: Final = 2.0
"""An answer must reach the provider before the request expires."""
_RETRY_SECONDS: Final = 1.0
_LONGEST_STAY_SECONDS: Final = 1800.0
"""After that nobody waits for a card's removal any more, whatever the provider forgot to say."""


@dataclass(frozen=True, slots=True, repr=False)
class _Result:
    outcome: Outcome
    fault: CardFault | None = None
    card: CardRead | PassportRead | None = None
    reader: SlotReader | None = None
    insertion: int | None = None


class CardSessions:
    """One session per slot; a newer request for a slot ends the older. `now` is aware UTC."""

    def __init__(
        self,
        *,
        config: AgentConfig,
        readers: AgentReaders,
        mail: Mail,
        terminal: Terminal,
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._readers = readers
        self._mail = mail
        self._terminal = terminal
        self._now = now
        self._running: dict[SlotName, tuple[str, asyncio.Task[None]]] = {}
        self._nonces: dict[str, datetime] = {}

    def obey(self, request: CardRequest) -> asyncio.Task[None] | None:
        """Begin or end a session. Returns the task of a session that began.

        A request that was seen before is ignored: it is a replay.
        """
        match request:
            case EndRequest(session_id):
                self._end(session_id)
                return None
            case ReadRequest():
                if self._is_replay(request):
                    self._terminal.say("ข้ามคำขอที่ซ้ำ", "a repeated request was ignored")
                    return None
                return self._begin(request)
            case _ as unreachable:
                assert_never(unreachable)

    def stop(self) -> None:
        """End all sessions without an answer."""
        for _, task in self._running.values():
            task.cancel()
        self._running.clear()

    def _begin(self, request: ReadRequest) -> asyncio.Task[None]:
        if request.slot in self._running:
            self._running.pop(request.slot)[1].cancel()
        task = asyncio.create_task(self._serve(request))
        self._running[request.slot] = (request.session_id, task)
        return task

    def _end(self, session_id: str) -> None:
        for slot, (running_id, task) in list(self._running.items()):
            if running_id == session_id:
                task.cancel()
                del self._running[slot]
                self._terminal.say("จบการใช้บัตรแล้ว คืนบัตรได้", "the session is over; hand the card back")

    def _is_replay(self, request: ReadRequest) -> bool:
        now = self._now()
        self._nonces = {nonce: expires_at for nonce, expires_at in self._nonces.items() if expires_at > now}
        if request.nonce in self._nonces:
            return True
        self._nonces[request.nonce] = request.expires_at
        return False

    async def _serve(self, request: ReadRequest) -> None:
        # 1. the person sees who asks what and why, and decides
        started_at = self._now()
        self._terminal.show_request(request)
        # 2. the card is put in and read
        result = await self._result(request)
        # 3. the answer goes straight to the provider
        is_taken = await self._answer(request, result, started_at=started_at)
        # 4. what was read stays on screens only while the card stays in
        if result.outcome == "read" and is_taken and result.reader is not None:
            reader, insertion = result.reader, result.insertion
            del result
            if await self._sees_removal(reader, insertion):
                self._terminal.say("บัตรถูกดึงออกแล้ว", "the card was taken out")
                await self._answer(request, _Result("removed", reader=reader), started_at=started_at)

    async def _result(self, request: ReadRequest) -> _Result:
        try:
            async with asyncio.timeout(self._seconds_left(request)):
                if not self._config.auto_confirm and not await self._terminal.ask_consent():
                    return _Result("declined")
                reader, insertion = await self._wait_for_card(request)
        except TimeoutError:
            return self._failed(CardFault.NO_CARD, self._readers.reader(request.slot))
        try:
            return _Result("read", card=await self._read(reader, request), reader=reader, insertion=insertion)
        except CardError as error:
            return self._failed(error.fault, reader)

    def _failed(self, fault: CardFault, reader: SlotReader | None) -> _Result:
        # a slot without a reader never gets a card: say what is really wrong
        fault = CardFault.NO_READER if reader is None else fault
        self._terminal.say(f"อ่านบัตรไม่สำเร็จ ({fault.value})", f"the card was not read ({fault.name.lower()})")
        return _Result("fault", fault=fault, reader=reader)

    async def _wait_for_card(self, request: ReadRequest) -> tuple[SlotReader, int]:
        """The slot's reader once a card is in, and which insertion it is."""
        has_asked = False
        while True:
            reader = self._readers.reader(request.slot)
            insertion = None if reader is None else reader.insertion()
            if reader is not None and insertion is not None:
                return reader, insertion
            if not has_asked:
                self._terminal.say("กรุณาเสียบบัตร", "please put the card in")
                has_asked = True
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, reader: SlotReader, request: ReadRequest) -> CardRead | PassportRead:
        seconds = max(1.0, min(READ_SECONDS, self._seconds_left(request)))

        async def tell(percent: int) -> None:
            await self._mail.progress(self._progress_message(request, percent))

        with self._terminal.progress() as bar:
            async with told(tell, beside=bar) as progress:
                card = await asyncio.to_thread(self._read_now, reader, request, seconds, progress)
        self._terminal.say("อ่านบัตรแล้ว", "the card was read")
        return card

    def _read_now(
        self, reader: SlotReader, request: ReadRequest, seconds: float, progress: Progress
    ) -> CardRead | PassportRead:
        """Blocks; in a thread of its own."""
        if request.passport_key is None:
            return reader.read(deadline_seconds=seconds, with_photo=request.with_photo, progress=progress)
        return reader.read_passport(
            key=request.passport_key, today=self._now().date(), deadline_seconds=seconds, progress=progress
        )

    async def _sees_removal(self, reader: SlotReader, insertion: int | None) -> bool:
        """Watch until the card is taken out, or changed; False when it stays in for longer than any session."""
        for _ in range(int(_LONGEST_STAY_SECONDS / _LOOK_SECONDS)):
            if reader.insertion() != insertion:
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _answer(self, request: ReadRequest, result: _Result, *, started_at: datetime) -> bool:
        """Deliver, over a failing network until the request's time is over. True when the provider took it.

        A line that broke leaves open whether it was taken; the provider's "over" to the next try then means yes.
        """
        may_be_taken = False
        while True:
            message = sign(
                self._claims(request, result, started_at=started_at),
                typ=ANSWER_TYP,
                station_key=self._config.station_key,
            )
            try:
                delivery = await self._mail.answer(message)
            except ProviderUnreachable:
                may_be_taken = True
                if result.outcome != "removed" and self._now() >= request.expires_at:
                    self._terminal.say("ส่งผลไม่ทันเวลา", "the answer could not be delivered in time")
                    return False
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            match delivery:
                case Delivered():
                    return True
                case SessionOver() if may_be_taken:
                    return True
                case SessionOver():
                    self._terminal.say("รายการนี้จบไปแล้ว", "this session is already over")
                    return False
                case AnswerRefused(reason):
                    self._terminal.say(f"ระบบไม่รับผล: {reason}", "the provider refused the answer")
                    return False
                case _ as unreachable:
                    assert_never(unreachable)

    def _claims(self, request: ReadRequest, result: _Result, *, started_at: datetime) -> AnswerClaims:
        issued_at = int(self._now().timestamp())
        card, reader = result.card, result.reader
        return AnswerClaims(
            iss=self._config.station_id,
            aud=self._config.issuer,
            iat=issued_at,
            exp=issued_at + HELLO_SECONDS,
            jti=secrets.token_urlsafe(16),
            sid=request.session_id,
            nonce=request.nonce,
            outcome=result.outcome,
            fault=None if result.fault is None else result.fault.value,
            card=None if card is None else encrypt_read(card, request),
            photo=encrypt_photo(card, photo_key=request.photo_key)
            if isinstance(card, CardRead) and request.with_photo
            else None,
            atr=None if card is None else card.atr,
            reader=None if reader is None else reader.name,
            virtual=reader is not None and reader.is_virtual,
            card_stack=self._readers.stack,
            agent_version=AGENT_VERSION,
            started_at=int(started_at.timestamp()),
            finished_at=issued_at,
        )

    def _progress_message(self, request: ReadRequest, percent: int) -> str:
        issued_at = int(self._now().timestamp())
        claims = ProgressClaims(
            iss=self._config.station_id,
            aud=self._config.issuer,
            iat=issued_at,
            exp=issued_at + HELLO_SECONDS,
            jti=secrets.token_urlsafe(16),
            sid=request.session_id,
            nonce=request.nonce,
            percent=percent,
        )
        return sign(claims, typ=PROGRESS_TYP, station_key=self._config.station_key)

    def _seconds_left(self, request: ReadRequest) -> float:
        return (request.expires_at - self._now()).total_seconds() - _ANSWER_RESERVE_SECONDS
