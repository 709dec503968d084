"""The demonstration's house in this process, its simulators beside it, and an officer's browser in front of the portal.

Issuer, data exchange and portal are their real doors; the portal reaches the other two over HTTP as anybody does.
"""

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select
from starlette.applications import Starlette

from connectors.card.virtual.passports import write_utopian_trust
from connectors.fictitious.personas import PERSONAS
from connectors.outbound.client import outbound_client
from idp.agencies.model import Member
from idp.app.demo.stations import agent_file_of
from idp.app.demo.story import Addresses, prepare_story
from idp.app.gateway_door import gateway_door
from idp.app.portal_door import portal_door
from idp.app.provider_door import provider_door
from idp.app.rooms import Rooms
from idp.app.serving import open_house
from idp.audit.store import audit_entry
from idp.kernel.assurance import Aal
from idp.kernel.ids import StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.provider.agent.endpoints import AgentEndpoints
from idp.settings import Settings
from idp.stations.mail_slots import MailSlots
from idp.storage.profile import Profile
from idp.web.routes import build_routes
from tests.attacks.house import ByHost
from tests.enrolment.world import ISSUER, Agent, card_read_of
from tests.portal.office import PORTAL, Page

GATEWAY = "http://data.localhost:8001"
DESK = StationId("employment-1")
CASE = "จห 7/2569"
DUTY = {"basis": "duty"}
CARD = {"basis": "card_handed_over", "notice_read": "yes"}
PAGES = {"accept": "text/html"}


def settings_of(home: Path, simulators: str, assets: Path) -> Settings:
    return Settings(
        profile=Profile.EMBEDDED,
        home=home,
        issuer=ISSUER,
        gateway_url=GATEWAY,
        portal_url=PORTAL,
        card_status_url=simulators,
        gdx_url=simulators,
        certificate_authority_url=f"{simulators}/ca",
        tsa_url=f"{simulators}/tsa",
        face_comparison_url=simulators,
        passport_trust=home / "passport-trust",
        thaid_issuer="http://thaid.localhost:8003",
        assets=assets,
        mail_host="127.0.0.1",  # letters are written, and nobody takes them out
    )


async def prepare(home: Path, simulators: str, assets: Path) -> None:
    """The demonstration's agencies and people in a new store."""
    home.mkdir()
    write_utopian_trust(home / "passport-trust")
    settings = settings_of(home, simulators, assets)
    async with open_house(settings) as rooms:
        addresses = Addresses(
            **dict.fromkeys(Addresses.__dataclass_fields__, simulators),
        )
        await prepare_story(settings, rooms, addresses, card="memory")


@dataclass
class LookUps:
    """The house, and the hand at both readers of the job desk."""

    rooms: Rooms
    doors: ByHost
    agent: Agent
    simulators: str
    settings: Settings
    line: "Line"
    slots: dict[str, str] = field(default_factory=lambda: {"officer": "empty", "citizen": "empty"})

    def browser(self, persona: str = "clerk") -> "Browser":
        return Browser(self, persona)

    async def member(self, persona: str) -> Member:
        async with self.rooms.ground.storage.reading() as uow:
            found = await self.rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)
            assert found is not None
            return (await self.rooms.agencies.members_of(uow, found.id))[0]

    async def dopa(self, act: str, **said: str) -> None:
        async with outbound_client() as http:
            answer = await http.post(f"{self.simulators}/_ami", json={"act": act, **said})
        assert answer.status_code == 204, answer.text

    async def officer_card(self, persona: str = "clerk") -> None:
        """The own card in the own slot, and the PIN in DOPA's program."""
        self.slots["officer"] = "present"
        await self.hello()
        await self.dopa("insert", citizen_id=PERSONAS[persona].person.citizen_id.digits)
        await self.dopa("pin", pin="2580")

    async def hello(self) -> httpx2.Response:
        return await self.agent.poll(slots=dict(self.slots))

    async def citizen_card(self, persona: str, look: Any) -> None:
        """A citizen's card goes in and is read; `look` is what makes the exchange ask for it."""
        self.slots["citizen"] = "present"
        await self.hello()
        await look()
        request = await self.agent.next_request(slots=dict(self.slots))
        answer = await self.agent.answer(request, card_read_of(persona))
        assert answer.status_code == 204, answer.text

    async def pulled(self) -> None:
        """The citizen's card is taken out."""
        self.slots["citizen"] = "empty"
        await self.hello()

    async def switch(self, service: str, mode: str) -> None:
        """Let a registry fail, or work again."""
        async with outbound_client() as http:
            answer = await http.post(f"{self.simulators}/_control", json={"service": service, "mode": mode})
        assert answer.is_success, answer.text

    async def events(self, name: str) -> list[dict[str, Any]]:
        """Entries of the log."""
        async with self.rooms.ground.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical))
        entries = [json.loads(row.canonical) for row in rows]
        return [entry for entry in entries if entry["event"] == name]


GoOn = Callable[[], Awaitable[httpx2.Response]]
Between = Callable[[httpx2.Request, GoOn], Awaitable[httpx2.Response]]


@dataclass
class Line:
    """What goes over the line from the portal to the others; `is_cut` while nobody answers there, `between` may answer
    instead of them or do something meanwhile.
    """

    doors: ByHost
    said: list[httpx2.Request] = field(default_factory=list)
    is_cut: bool = False
    between: Between | None = None

    def transport(self) -> httpx2.AsyncBaseTransport:
        inner = httpx2.ASGITransport(app=self.doors, raise_app_exceptions=False)
        line = self

        class Counted(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                line.said.append(request)
                if line.is_cut and request.url.host == "data.localhost":
                    raise httpx2.ConnectError("cut", request=request)
                if line.between is None:
                    return await inner.handle_async_request(request)
                return await line.between(request, lambda: inner.handle_async_request(request))

        return Counted()

    @property
    def revoked(self) -> int:
        """How many tokens were ended before their time."""
        return len([request for request in self.said if request.url.path == "/revoke"])

    def answers(self, method: str, path: str, status: int, *, about: str = "", **body: Any) -> None:
        """Every such request, whose body names `about`, is answered so, whatever stands behind."""

        async def between(request: httpx2.Request, go_on: GoOn) -> httpx2.Response:
            is_meant = request.method == method and request.url.path.startswith(path)
            if request.url.host == "data.localhost" and is_meant and about.encode() in request.content:
                return httpx2.Response(status, json=body, request=request)
            return await go_on()

        self.between = between


class Browser:
    """An officer's browser: signed in at the issuer, and on every page of the portal as that person."""

    def __init__(self, house: LookUps, persona: str) -> None:
        self.house = house
        self.persona = persona
        transport = httpx2.ASGITransport(app=house.doors, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, headers=PAGES, timeout=30)
        self.seen: list[str] = []

    async def sign_in(self) -> Page:
        """With a session at the issuer, through the portal's own sign-in."""
        await self.at_issuer(self.persona)
        return await self.get("/sign-in")

    async def at_issuer(self, persona: str) -> None:
        rooms = self.house.rooms
        async with rooms.ground.storage.unit_of_work() as uow:
            person = await rooms.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)
            assert person is not None
            started = await rooms.sessions.start(uow, person.id, aal=Aal.AAL2_2, amr=("swk", "user"))
        self.http.cookies.set("id-session", started.cookie_value, domain="id.localhost")

    async def get(self, path: str) -> Page:
        return await self._followed(await self.http.get(PORTAL + path))

    async def open(self, address: str) -> Page:
        """Any address, as somebody follows a link."""
        return await self._followed(await self.http.get(address))

    async def post(self, path: str, page: Page, **fields: str) -> Page:
        sent = {"csrf": page.csrf, **fields}
        return await self._followed(await self.http.post(PORTAL + path, data=sent, headers={"origin": PORTAL}))

    async def _followed(self, answer: httpx2.Response) -> Page:
        for _ in range(12):
            self.seen.append(answer.text if "text" in answer.headers.get("content-type", "") else "")
            if not answer.is_redirect:
                return Page(answer)
            where = answer.headers["location"]
            base = f"{answer.request.url.scheme}://{answer.request.url.netloc.decode()}"
            answer = await self.http.get(where if urlsplit(where).netloc else base + where)
        raise AssertionError("redirected for ever")

    async def ready(self, persona: str = "somchai", **changes: str) -> tuple[Page, str]:
        """A visit with this person's card read; its page and address."""
        await self.acknowledged()
        await self.house.officer_card(self.persona)
        page = await self.begin("card", **{"station": DESK, **CARD, **changes})
        assert "look_up" in page, page.response.text[-3000:]
        path = str(page.response.url.path)
        await self.house.citizen_card(persona, lambda: self.get(path))
        page = await self.get(path)
        assert page["look_up"]["data-state"] == "ready", page.response.text[-3000:]
        return page, path

    async def acknowledged(self) -> Page:
        page = await self.get("/look-ups")
        return await self.post("/look-ups/notice", page) if "liability_notice" in page else page

    async def begin(self, kind: str, **fields: str) -> Page:
        form = await self.get(f"/look-ups/new/{kind}")
        purpose = "employer-check" if kind == "company" else "counter-check"
        return await self.post(f"/look-ups/new/{kind}", form, **{"purpose": purpose, "case": CASE, **fields})

    async def look_up(self, page: Page, path: str, dataset: str, place: str = "data") -> Page:
        return await self.post(f"{path}/{place}", page, dataset=dataset)


def _mail(rooms: Rooms) -> Starlette:
    """The agents' mail slots of the house, which answer at once when there is nothing."""
    ground = rooms.ground
    slots = MailSlots(
        storage=ground.storage,
        agencies=rooms.agencies,
        signing=ground.signing_keys,
        encryption=ServerEncryptionKey(ground.root_keys),
        audit=ground.audit,
        security_log=ground.security_log,
        clock=ground.clock,
        issuer=ISSUER,
        hold_poll=0.0,
    )
    return Starlette(routes=list(build_routes(AgentEndpoints(mail_slots=slots).entries())))


@asynccontextmanager
async def opened(made: Path, home: Path, simulators: str, assets: Path) -> AsyncIterator[LookUps]:
    """A copy of the prepared house, its doors in this process; `home` is new."""
    shutil.copytree(made, home)
    settings = settings_of(home, simulators, assets)
    async with open_house(settings) as rooms:
        named: dict[str, Any] = {}
        doors = ByHost(named)
        line = Line(doors)
        named["id.localhost"] = provider_door(settings, rooms)
        named["data.localhost"] = gateway_door(settings, rooms)
        named["portal.localhost"] = portal_door(settings, rooms, transport=line.transport)
        config = json.loads(agent_file_of(home, DESK).read_text("utf-8"))
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=_mail(rooms)), base_url=ISSUER)
        agent = Agent(
            http,
            DESK,
            ECKey.import_key(config["station_key"]),
            KeySet.import_key_set(config["issuer_jwks"]),
            rooms.ground.clock,  # type: ignore[arg-type]  # the machine's own time: the agent only reads it
        )
        house = LookUps(rooms, doors, agent, simulators, settings, line)
        async with http:
            await house.dopa("remove")
            yield house
