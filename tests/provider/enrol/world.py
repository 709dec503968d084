"""The issuer as it is put together for a deployment, with simulated registries, and people at home before it."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select
from starlette.applications import Starlette

from connectors.card.agent.messages import ReadRequest, encrypt_card, sign, verify_request
from connectors.contracts.card import CardRead
from connectors.contracts.card_wire import ANSWER_TYP, HELLO_TYP, AnswerClaims, HelloClaims
from connectors.dopa.card_status import CardStatusClient
from connectors.face.comparison import FaceComparisonClient
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from idp.app.building import build_rooms
from idp.app.conformance.outside import outside_of_conformance
from idp.app.ground import open_ground
from idp.app.provider_door import provider_door
from idp.app.rooms import Rooms
from idp.audit.store import audit_entry
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.subscribers.model import Subscriber
from tests.clock import FrozenClock
from tests.enrolment.world import card_read_of
from tests.provider.oidc.world import MemoryOfSecurityLog
from tests.provider.pages.house import Fields
from tests.web.prepared import prepared_assets

ISSUER = "http://id.localhost:8000"


@dataclass
class Town:
    """One issuer, two nodes of it, and the registries behind."""

    rooms: Rooms
    clock: FrozenClock
    board: Switchboard
    doors: tuple[Starlette, ...]
    issuer: str

    def browser(self, *, node: int = 0) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.doors[node]),
            base_url=self.issuer,
            headers={"origin": self.issuer, "sec-fetch-site": "same-origin", "accept": "text/html"},
        )

    def agent(self, *, node: int = 0) -> "HomeAgent":
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.doors[node]), base_url=self.issuer)
        return HomeAgent(self, http, ECKey.generate_key("P-256"))

    async def issuer_keys(self) -> KeySet:
        jwks: Any = await self.rooms.ground.signing_keys.public_jwks()
        return KeySet.import_key_set(jwks)

    def registry(self, mode: Mode) -> None:
        self.board.switch(Service.CARD_STATUS, Behaviour(mode))

    async def found(self, persona: str) -> Subscriber | None:
        async with self.rooms.ground.storage.reading() as uow:
            return await self.rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)

    def log(self) -> list[str]:
        """The events of the security log."""
        memory = self.rooms.ground.security_log
        assert isinstance(memory, MemoryOfSecurityLog)
        return memory.events

    async def entries(self, event: str) -> list[dict[str, Any]]:
        async with self.rooms.ground.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        return [entry for entry in (json.loads(row.canonical) for row in rows) if entry["event"] == event]


@dataclass
class HomeAgent:
    """The agent of somebody at home; its messages are those of the real one, each can be bent."""

    town: Town
    http: httpx2.AsyncClient
    key: ECKey

    def hello(self, **bent: Any) -> str:
        now = int(self.town.clock.now().timestamp())
        claims = HelloClaims(
            iss=f"home:{self.key.thumbprint()}",
            aud=self.town.issuer,
            iat=now,
            exp=now + 60,
            jti=secrets.token_hex(8),
            version="0.1.0",
            card_stack="memory",
            virtual=True,
            slots={"officer": "empty", "citizen": "present"},
        )
        return sign(replace(claims, **bent), typ=HELLO_TYP, station_key=self.key)

    async def show(self, code: str, hello: str | None = None) -> httpx2.Response:
        sent = {"code": code, "jwk": self.key.as_dict(private=False), "hello": hello or self.hello()}
        return await self.http.post("/agent/home", json=sent)

    async def take(self, code: str) -> ReadRequest:
        answer = await self.show(code)
        assert answer.status_code == 200, answer.text
        request = verify_request(
            answer.text,
            expected_issuer=self.town.issuer,
            expected_station=f"home:{self.key.thumbprint()}",
            issuer_keys=await self.town.issuer_keys(),
            now=self.town.clock.now(),
        )
        assert isinstance(request, ReadRequest)
        return request

    def message(self, request: ReadRequest, read: CardRead | None, *, key: ECKey | None = None, **bent: Any) -> str:
        now = int(self.town.clock.now().timestamp())
        claims = AnswerClaims(
            iss=f"home:{request.session_id}",
            aud=self.town.issuer,
            iat=now,
            exp=now + 60,
            jti=secrets.token_hex(8),
            sid=request.session_id,
            nonce=request.nonce,
            outcome="read" if read is not None else "declined",
            fault=None,
            card=None if read is None else encrypt_card(read, data_key=request.data_key),
            photo=None,
            atr="3B7900",
            reader="Virtual PCD 00 00",
            virtual=True,
            card_stack="memory",
            agent_version="0.1.0",
            started_at=now,
            finished_at=now,
        )
        return sign(replace(claims, **bent), typ=ANSWER_TYP, station_key=key or self.key)

    async def send(self, message: str) -> httpx2.Response:
        return await self.http.post("/agent/home/answer", content=message, headers={"content-type": "application/jwt"})

    async def read(self, request: ReadRequest, persona: str, **card: Any) -> str:
        """The card is read and answered; gives the number that the agent shows."""
        read = card_read_of(persona)
        answer = await self.send(self.message(request, replace(read, data=replace(read.data, **card))))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["number"])


@dataclass
class Person:
    """Somebody at home before a browser."""

    town: Town
    http: httpx2.AsyncClient

    async def page(self, path: str = "/enrol/reader") -> httpx2.Response:
        return await self.http.get(path)

    async def press(self, path: str, page: str = "/enrol/reader", **fields: str) -> httpx2.Response:
        """Send a form of the page."""
        shown = await self.page(page)
        return await self.http.post(path, data={**Fields(shown.text).hidden, **fields})

    async def step(self) -> str:
        return (await self.page()).text.split('data-state="')[1].split('"')[0]

    async def begin(self) -> str:
        """Agree; gives the code that the page shows."""
        self.town.clock.advance(1)  # nobody begins twice in one millisecond
        answer = await self.press("/enrol/reader")
        assert answer.status_code == 303, answer.text
        return (await self.page()).text.split('id="pairing_code">')[1].split("<")[0]

    async def error_code(self) -> str:
        return (await self.page()).text.split('id="error_code">')[1].split("<")[0]

    async def enrol(self, persona: str, *, agent: HomeAgent | None = None, **card: Any) -> str:
        """As far as it goes; gives the step where it ends."""
        agent = agent or self.town.agent()
        request = await agent.take(await self.begin())
        number = await agent.read(request, persona, **card)
        await self.press("/enrol/reader/number", number=number)
        return await self.step()

    async def link(self) -> str:
        """The link to the first passkey, as the page has it."""
        return (await self.page()).text.split("/passkeys/new#")[1].split('"')[0]


@asynccontextmanager
async def open_town(home: Path, clock: FrozenClock, *, issuer: str = ISSUER) -> AsyncIterator[Town]:
    """A furnished issuer on a new store, as two nodes that share it."""
    board = Switchboard()
    simulators = create_simulators(
        population=create_population(houses=1, companies=0), clock=clock.now, switchboard=board
    )
    home.mkdir(exist_ok=True)
    prepared_assets(home / "assets" / "web")
    settings = Settings(profile=Profile.CONFORMANCE, home=home, issuer=issuer, assets=home / "assets")
    transport = httpx2.ASGITransport(app=simulators)
    async with (
        httpx2.AsyncClient(transport=transport) as registry,
        open_ground(settings, clock=clock) as ground,
    ):
        ground = replace(ground, security_log=MemoryOfSecurityLog(clock))
        status = CardStatusClient(base_url="http://registry", http=registry, clock=clock.now, deadline_seconds=30)
        faces = FaceComparisonClient(base_url="http://faces", http=registry, clock=clock.now)
        outside = replace(outside_of_conformance(home, clock), card_status=status, faces=faces)
        nodes = [await build_rooms(settings, ground, outside) for _ in range(2)]
        yield Town(nodes[0], clock, board, tuple(provider_door(settings, rooms) for rooms in nodes), issuer)
