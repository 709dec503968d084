"""The agent's life: ask for work, hand it on, ask again; over every network failure, until the provider says no."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.config import AgentConfig, pin_issuer_keys
from connectors.card.agent.issuer_keys import KeysNotProven, proven_keys
from connectors.card.agent.mail import ProviderUnreachable
from connectors.card.agent.messages import CardRequest, RequestRefused, UnknownIssuerKey, sign, verify_request
from connectors.card.agent.readers import AgentReaders, fill_of_slots, has_virtual_reader
from connectors.card.agent.sessions import CardSessions
from connectors.card.agent.terminal import Terminal
from connectors.card.agent.ways import Mail
from connectors.contracts.card_wire import HELLO_SECONDS, HELLO_TYP, HelloClaims, SlotFill, SlotName

_LOOK_SECONDS: Final = 0.1
_FIRST_BACK_OFF_SECONDS: Final = 1.0
_LONGEST_BACK_OFF_SECONDS: Final = 15.0
_MOST_POLLS: Final = 3


class Agent:
    """Runs for ever; `run` raises AgentRejected when the provider does not want this agent."""

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
        self._issuer_keys = config.issuer_keys
        self._readers = readers
        self._mail = mail
        self._terminal = terminal
        self._now = now
        self._sessions = CardSessions(config=config, readers=readers, mail=mail, terminal=terminal, now=now)
        self._polls: set[asyncio.Task[str | None]] = set()
        self._session_tasks: set[asyncio.Task[None]] = set()
        self._told: dict[SlotName, SlotFill] = {}
        self._back_off = 0.0

    async def run(self) -> None:
        """Poll until cancelled or rejected."""
        try:
            while True:
                await self._step()
        finally:
            self._sessions.stop()
            for task in (*self._polls, *self._session_tasks):
                task.cancel()
            await asyncio.gather(*self._polls, *self._session_tasks, return_exceptions=True)

    async def _step(self) -> None:
        # 1. a poll is always on its way; when a card came or went, a further one tells so at once. The older one is
        #    left to end by itself: cutting it off could lose a request that is just being handed over.
        slots = fill_of_slots(self._readers)
        if not self._polls or (slots != self._told and len(self._polls) < _MOST_POLLS):
            self._told = slots
            self._polls.add(asyncio.create_task(self._mail.poll(self._hello(slots))))
        # 2. whatever has come back
        done, _ = await asyncio.wait(
            self._polls | self._session_tasks, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done & self._session_tasks:
            self._session_tasks.discard(task)
            if not task.cancelled():
                task.result()
        for poll in done & self._polls:
            self._polls.discard(poll)
            await self._take(poll)

    async def _take(self, poll: asyncio.Task[str | None]) -> None:
        try:
            message = poll.result()
        except ProviderUnreachable as failure:
            await self._wait_after(failure)
            return
        if self._back_off:
            self._terminal.say("เชื่อมต่อได้แล้ว", "connected again")
        self._back_off = 0.0
        if message is None:
            # a provider that does not hold polls is not to be flooded
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            await self._obey(message)

    async def _obey(self, message: str) -> None:
        try:
            try:
                request = self._verified(message)
            except UnknownIssuerKey:
                # the issuer's keys change by the calendar; somebody else's stay unknown after this
                await self._renew_issuer_keys()
                request = self._verified(message)
        except RequestRefused as refused:
            self._terminal.say("ไม่รับคำขอที่ตรวจสอบไม่ผ่าน", f"a request was refused: {refused}")
            return
        session = self._sessions.obey(request)
        if session is not None:
            self._session_tasks.add(session)

    def _verified(self, message: str) -> CardRequest:
        return verify_request(
            message,
            expected_issuer=self._config.issuer,
            expected_station=self._config.station_id,
            issuer_keys=self._issuer_keys,
            now=self._now(),
        )

    async def _renew_issuer_keys(self) -> None:
        """Ask for the issuer's keys and pin them, here and in the file; nothing changes when they are not proven."""
        link_key, file = self._config.link_key, self._config.file
        if link_key is None:
            return
        try:
            keys, jwks = proven_keys(
                await self._mail.issuer_keys(self._hello(fill_of_slots(self._readers))),
                link_key=link_key,
                expected_issuer=self._config.issuer,
                expected_station=self._config.station_id,
                now=self._now(),
            )
        except (ProviderUnreachable, KeysNotProven):
            return
        self._issuer_keys = keys
        if file is not None:
            with suppress(OSError, ValueError):  # pinned in memory all the same; the next start asks again
                pin_issuer_keys(file, jwks)

    async def _wait_after(self, failure: ProviderUnreachable) -> None:
        if not self._back_off:
            self._terminal.say("ติดต่อระบบไม่ได้ กำลังลองใหม่", f"the provider does not serve ({failure}); trying again")
        self._back_off = min(max(_FIRST_BACK_OFF_SECONDS, self._back_off * 2), _LONGEST_BACK_OFF_SECONDS)
        await asyncio.sleep(self._back_off)

    def _hello(self, slots: dict[SlotName, SlotFill]) -> str:
        issued_at = int(self._now().timestamp())
        claims = HelloClaims(
            iss=self._config.station_id,
            aud=self._config.issuer,
            iat=issued_at,
            exp=issued_at + HELLO_SECONDS,
            jti=secrets.token_urlsafe(16),
            version=AGENT_VERSION,
            card_stack=self._readers.stack,
            virtual=has_virtual_reader(self._readers),
            slots=slots,
        )
        return sign(claims, typ=HELLO_TYP, station_key=self._config.station_key)
