"""`idp-agent home CODE --issuer URL`: one reading of the own card at home, for the browser that shows the code.

No station: the key is made for this one reading and forgotten after it. The issuer's keys are asked of the issuer
itself, over TLS; the request must be signed by one of them, and a person agrees before the card is read.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx2
from joserfc.jwk import ECKey

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.config import AgentConfig, InvalidConfig, issuer_keys_of
from connectors.card.agent.mail import AgentRejected, AnswerRefused, AnswerResult, Delivered, ProviderMail
from connectors.card.agent.mail import ProviderUnreachable as Unreachable
from connectors.card.agent.messages import ReadRequest, RequestRefused, sign, verify_request
from connectors.card.agent.readers import AgentReaders, fill_of_slots, has_virtual_reader
from connectors.card.agent.sessions import CardSessions
from connectors.card.agent.terminal import Terminal
from connectors.contracts.card_wire import HELLO_SECONDS, HELLO_TYP, HelloClaims

OWN_AGENT = "home"


class NotRead(Exception):
    """Nothing came of it; the text is for the person."""


class HomeMail(ProviderMail):
    """The provider, asked once: at home, or for a kiosk's browser. `number` is there once an answer was taken."""

    number: str | None = None

    async def issuer_jwks(self) -> Mapping[str, Any]:
        """The issuer's public keys. Raises ProviderUnreachable."""
        return _object(await self._asked("GET", "/jwks"))

    async def take(self, *, code: str, key: ECKey, hello: str) -> str:
        """The signed request of a code. Raises ProviderUnreachable, AgentRejected."""
        document = {"code": code, "jwk": key.as_dict(private=False), "hello": hello}
        answer = await self._asked("POST", "/agent/home", json.dumps(document), content_type="application/json")
        if answer.status_code != 200:
            raise AgentRejected(_reason(answer))
        return answer.text

    async def answer(self, message: str) -> AnswerResult:
        """Hand over what was read. Raises ProviderUnreachable."""
        answer = await self._asked("POST", "/agent/home/answer", message)
        if answer.status_code == 200:
            self.number = str(_object(answer).get("number", ""))
            return Delivered(None)
        return Delivered(None) if answer.status_code == 204 else AnswerRefused(_reason(answer))

    async def kiosk_code(self, hello: str) -> str:
        """The code for the browser of a kiosk. Raises ProviderUnreachable, AgentRejected."""
        answer = await self._asked("POST", "/agent/kiosk", hello)
        code = _object(answer).get("code")
        if answer.status_code != 200 or not isinstance(code, str):
            raise AgentRejected(_reason(answer))
        return code

    async def _asked(
        self, method: str, path: str, content: str | None = None, *, content_type: str | None = None
    ) -> httpx2.Response:
        headers = {} if content_type is None else {"Content-Type": content_type}
        try:
            answer = await self._client.request(method, f"{self._address}{path}", content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise Unreachable(f"status {answer.status_code}")
        return answer


async def read_at_home(
    code: str,
    *,
    issuer: str,
    mail: HomeMail,
    readers: AgentReaders,
    terminal: Terminal,
    allow_virtual: bool,
    auto_confirm: bool,
    now: Callable[[], datetime],
) -> str:
    """Read the card for the browser that shows the code; gives the number to type there.

    Raises NotRead, ProviderUnreachable, AgentRejected, InvalidConfig (the issuer tells no usable keys).
    """
    # 1. a key for this one reading, and the request that the issuer signed for it
    key, keys = ECKey.generate_key("P-256"), issuer_keys_of(dict(await mail.issuer_jwks()))
    agent = f"{OWN_AGENT}:{key.thumbprint()}"
    message = await mail.take(code=code, key=key, hello=_hello(agent, issuer, key, readers, now=now()))
    try:
        request = verify_request(message, expected_issuer=issuer, expected_station=agent, issuer_keys=keys, now=now())
    except RequestRefused as refused:
        raise NotRead(str(refused)) from refused
    if not isinstance(request, ReadRequest) or request.with_photo:
        raise NotRead("the request is none for a card at home")
    # 2. consent, card, read and answer, as at a station
    terminal.say(
        "อ่านบัตรเฉพาะเมื่อท่านเป็นผู้เปิดหน้าเว็บที่แสดงรหัสนี้ อย่าใช้รหัสที่ผู้อื่นส่งมา",
        "go on only if you opened the page that shows this code; never use a code that somebody sent you",
    )
    sessions = CardSessions(
        config=AgentConfig(
            issuer=issuer,
            address=issuer,
            station_id=f"{OWN_AGENT}:{request.session_id}",
            station_key=key,
            issuer_keys=keys,
            readers=None,
            allow_virtual=allow_virtual,
            auto_confirm=auto_confirm,
            desk_socket=None,
            card_stack="auto",
        ),
        readers=readers,
        mail=mail,
        terminal=terminal,
        now=now,
    )
    reading = sessions.obey(request)
    assert reading is not None
    # 3. the number is all that is waited for: at home nothing hangs on the card's staying
    while mail.number is None and not reading.done():
        await asyncio.wait([reading], timeout=0.1)
    sessions.stop()
    await asyncio.gather(reading, return_exceptions=True)
    if not mail.number:
        raise NotRead("the card was not read, or the answer was not taken")
    return mail.number


def _hello(agent: str, issuer: str, key: ECKey, readers: AgentReaders, *, now: datetime) -> str:
    issued_at = int(now.timestamp())
    claims = HelloClaims(
        iss=agent,
        aud=issuer,
        iat=issued_at,
        exp=issued_at + HELLO_SECONDS,
        jti=secrets.token_urlsafe(16),
        version=AGENT_VERSION,
        card_stack=readers.stack,
        virtual=has_virtual_reader(readers),
        slots=fill_of_slots(readers),
    )
    return sign(claims, typ=HELLO_TYP, station_key=key)


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidConfig("the provider's answer is no JSON object")
    return body


def _reason(answer: httpx2.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), str):
        return ": ".join(str(body[name]) for name in ("error", "error_description") if body.get(name))
    return f"status {answer.status_code}"
