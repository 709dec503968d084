"""A whole house with two programs that may be told of things, and their receivers on the own machine."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp.app.outbox import outbox_handlers
from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId, ConsentId, SubscriberId
from idp.worker.jobs import OutboxJob
from tests.attacks.house import House, open_house, reopen_house
from tests.clock import FrozenClock
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import GATEWAY, ISSUER, Seed

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
OWN = "urn:tuaton:event-type:"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"


@dataclass
class Received:
    """One request at a receiver."""

    headers: dict[str, str]
    body: bytes

    def claims(self) -> dict[str, Any]:
        return unverified(self.body.decode())


@dataclass
class Mailbox:
    """An agency's receiver: what came, and how it answers (one status for each request, the last one for ever)."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(202, b"")])
    received: list[Received] = field(default_factory=list)
    holds: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        self.received.append(Received(dict(request.headers), await request.body()))
        self.came.set()
        if self.holds is not None:
            await self.holds.wait()
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(body, status, headers={"location": f"{self.url}/elsewhere"} if status == 302 else {})


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """A receiver on the loopback address."""
    box = Mailbox("")
    app = Starlette(routes=[Route("/events", box.take, methods=["POST"])])
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        box.url = f"http://jobs.localhost:{listening.getsockname()[1]}/events"
        yield box
        server.should_exit = True
        await serving


def unverified(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@dataclass
class Town:
    """The house, and the programs `jobs` and `other` of one agency."""

    house: House
    home: Path

    @property
    def owner(self) -> SubscriberId:
        return self.house.sown.subscriber_id

    def sub(self, client_id: str = "jobs") -> str:
        rooms = self.house.rooms
        assert client_id in ("jobs", "other")
        return rooms.ground.pairwise.sub(self.house.sown.agency_id, self.owner)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        as_: str = "jobs",
        scope: str = "ssf.manage",
        token: str | None = None,
    ) -> httpx2.Response:
        """One call at the data exchange with the program's own token and a fresh proof."""
        program = Program(self.house, as_)
        if token is None:
            answer = await program.token({"grant_type": "client_credentials", "scope": scope})
            assert answer.status_code == 200, answer.text
            token = answer.json()["access_token"]
        url = GATEWAY + path
        made = program.proof(url=url.partition("?")[0], method=method, access_token=token)
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": f"DPoP {token}", "dpop": made, "content-type": "application/json"}
        async with httpx2.AsyncClient(transport=self.house.transport, base_url=GATEWAY, timeout=30) as http:
            return await http.request(method, url, content=content, headers=headers)

    async def stream(self, *events: str, as_: str = "jobs", url: str | None = None, **more: Any) -> dict[str, Any]:
        """A new stream: pushed to an address, or polled."""
        delivery = {"method": POLL} if url is None else {"method": PUSH, "endpoint_url": url, **more}
        body = {"delivery": delivery, "events_requested": list(events)}
        answer = await self.call("POST", "/ssf/streams", body, as_=as_)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def poll(self, stream: dict[str, Any], *, as_: str = "jobs", **body: Any) -> dict[str, Any]:
        path = stream["delivery"]["endpoint_url"].removeprefix(GATEWAY)
        answer = await self.call("POST", path, {"returnImmediately": True, **body}, as_=as_, scope="ssf.read")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def work(self) -> None:
        """What the worker does in a moment: the outbox, then the deliveries."""
        job = OutboxJob(storage=self.house.storage, handlers=outbox_handlers(self.house.rooms))
        for _ in range(3):
            await job.deliver()
        await self.house.rooms.signals.deliveries.send_due()

    async def consent(self, *, as_: str = "jobs") -> ConsentId:
        """The owner lets a program have data, for real: pushed request, consent page, code, tokens."""
        program = Program(self.house, as_)
        answer = await program.redeem(await program.code([PERSON]))
        assert answer.status_code == 200, answer.text
        async with self.house.storage.reading() as uow:
            [consent, *_] = await self.house.consents.in_force(uow, self.owner, ClientId(as_))
        return consent.id

    async def withdraw(self, consent_id: ConsentId) -> None:
        async with self.house.storage.unit_of_work() as uow:
            await self.house.consents.withdraw(uow, consent_id, subscriber_id=self.owner)

    async def verified(self, token: str, *, typ: str = "secevent+jwt") -> dict[str, Any]:
        """The claims of a token, as a receiver reads it: by the published keys."""
        async with self.house.browser() as browser:
            document = (await browser.get("/.well-known/ssf-configuration")).json()
            keys = KeySet.import_key_set((await browser.get(document["jwks_uri"])).json())
        decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256", "PS256"])
        assert decoded.header["typ"] == typ
        assert decoded.claims["iss"] == document["issuer"] == ISSUER
        return decoded.claims


async def make_town(home: Path) -> Seed:
    """The house once, with programs that have the scopes of signals; closed again, to be copied."""
    async with open_house(home, FrozenClock()) as house:
        async with house.storage.unit_of_work() as uow:
            for name in ("jobs", "other"):
                client = await house.clients.get(uow, ClientId(name))
                assert client is not None
                scopes = (*client.scopes, "ssf.manage", "ssf.read")
                await house.clients.replace(uow, replace(client, scopes=scopes), by=SYSTEM)
        return house.sown


@asynccontextmanager
async def open_town(made: Path, home: Path, clock: FrozenClock, seed: Seed) -> AsyncIterator[Town]:
    """A town of its own for one test."""
    async with reopen_house(made, home, clock, seed) as house:
        yield Town(house, home)
