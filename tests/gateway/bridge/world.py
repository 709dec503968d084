"""The bridge over the small country of the gateway's tests, and a program written for GDX that calls it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx2
from starlette.applications import Starlette

from connectors.contracts.card import CardRead
from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.population import create_population
from connectors.gdx.faults import FAULT_WORDS
from connectors.gdx.session import GdxCredentials, GdxSession
from idp.agencies.model import AgreementKind
from idp.app.bridge_door import bridge_application
from idp.app.source_desks import SourceDesks
from idp.audit.model import SYSTEM
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.service import Clients
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, SubjectKind
from idp.gateway.bridge.accesses import BridgeAccesses
from idp.gateway.bridge.answers import WireAnswers
from idp.gateway.bridge.asking import BridgePulls
from idp.gateway.bridge.callers import Callers
from idp.gateway.bridge.endpoints import BridgeEndpoints
from idp.gateway.bridge.limits import BridgeLimits
from idp.gateway.bridge.model import BridgeAccess, IssuedKey
from idp.gateway.bridge.open_now import OpenAtCounters
from idp.gateway.bridge.refusals import BridgeRefusals
from idp.kernel.ids import ServiceId
from idp.kernel.randomness import system_randomness
from idp.keys.sealing import TokenSealer
from idp.web.addresses import CallerAddresses
from idp.web.client_certificates import CertificateHeader, ClientCertificates
from tests.exchange.world import JOBS, World, service
from tests.gateway.counter import COUNTER, OFFICER, Counter

PEOPLE = create_population(houses=1, companies=2)
BRIDGE = "http://gdx.localhost:8005"
COMPANIES = ServiceId("company-duty")
PROGRAM_HOST = "203.0.113.7"
ELSEWHERE = "198.51.100.9"
CASE = "GDX {day}"


@dataclass
class Bridge:
    """The door of the bridge and its rooms."""

    counter: Counter
    application: Starlette
    accesses: BridgeAccesses
    key: IssuedKey
    security_log: "Lines"
    open_clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.counter.door.world

    def client(self, *, host: str = PROGRAM_HOST, headers: Mapping[str, str] | None = None) -> httpx2.AsyncClient:
        """HTTP as it comes from this address."""
        transport = httpx2.ASGITransport(app=self.application, client=(host, 40_000))
        client = httpx2.AsyncClient(transport=transport, base_url=BRIDGE, headers=dict(headers or {}))
        self.open_clients.append(client)
        return client

    def session(self, *, agent: str = OFFICER, http: httpx2.AsyncClient | None = None, url: str = BRIDGE) -> GdxSession:
        """Our own client of GDX, with nothing changed but its base URL and credentials."""
        credentials = GdxCredentials(self.key.consumer_key, self.key.consumer_secret, agent)
        return GdxSession(base_url=url, credentials=credentials, http=http or self.client(), clock=self.world.clock.now)

    async def token(self, *, agent: str = OFFICER, http: httpx2.AsyncClient | None = None) -> str:
        answer = await (http or self.client()).get(
            "/ws/auth/validate",
            params={"ConsumerSecret": self.key.consumer_secret, "AgentID": agent},
            headers={"Consumer-Key": self.key.consumer_key},
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["Result"]
        return token

    async def ask(
        self,
        path: str,
        parameters: Mapping[str, str],
        *,
        token: str | None = None,
        http: httpx2.AsyncClient | None = None,
        agent: str = OFFICER,
    ) -> httpx2.Response:
        """One call as the program makes it."""
        http = http or self.client()
        token = await self.token(agent=agent) if token is None else token
        headers = {"Consumer-Key": self.key.consumer_key, "Token": token}
        return await http.get(path, params=dict(parameters), headers=headers)

    async def access(self) -> BridgeAccess:
        async with self.world.storage.reading() as uow:
            found = await self.accesses.of_program(uow, JOBS)
        assert found is not None
        return found

    async def change(self, **changes: Any) -> None:
        """Other terms."""
        said = replace(await self.access(), **changes)
        async with self.world.storage.unit_of_work() as uow:
            await self.accesses.put(uow, said, by=SYSTEM)


async def insert_person(counter: Counter, person: FictitiousPerson, **changes: Any) -> str:
    """A card session in which the card of anybody of the population was read."""
    world = counter.door.world
    await counter.sign_in()
    session_id = await counter.opened(**changes)
    world.clock.advance(1)
    await counter.card(None)
    world.clock.advance(1)
    await counter.card(person.citizen_id.digits)
    await counter.show(session_id)
    request = await counter.agent.next_request(slots=dict(counter.slots))
    card = PEOPLE.cards[person.citizen_id]
    read = CardRead(card.data, b"", "3B7900", "Virtual PCD 00 00", is_virtual=True, card_stack="memory")
    assert (await counter.agent.answer(request, read)).status_code == 204
    return session_id


class Lines(SecurityLog):
    """The security log, remembered."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.noted: list[tuple[str, dict[str, str | int]]] = []

    def note(self, event: str, **fields: str | int) -> None:
        self.noted.append((event, fields))


@asynccontextmanager
async def open_bridge(
    counter: Counter, *, requests_a_minute: int = 0, refusals_a_minute: int = 0
) -> AsyncIterator[Bridge]:
    """The bridge with one access, for the program `jobs` from one address."""
    world = counter.door.world
    clients = Clients(audit=world.audit, server_metadata={})
    accesses = BridgeAccesses(agencies=world.agencies, clients=clients, audit=world.audit, randomness=system_randomness)
    security_log = Lines(world.clock)
    addresses = CallerAddresses(trusted_proxies=[ip_network("192.0.2.1/32")], header="X-Forwarded-For")
    header = CertificateHeader("client-cert", [ip_network("192.0.2.1/32")])
    open_now = OpenAtCounters(
        storage=world.storage, counters=world.counters, bases=world.bases, personal=world.personal
    )
    answers = WireAnswers(FAULT_WORDS)
    endpoints = BridgeEndpoints(
        callers=Callers(
            storage=world.storage,
            accesses=accesses,
            agencies=world.agencies,
            subscribers=world.subscribers,
            sealer=TokenSealer(world.root_keys),
            certificates=ClientCertificates(security_log=security_log, header=header),
            addresses=addresses,
        ),
        pulls=BridgePulls(
            storage=world.storage,
            exchange=world.exchange(),
            agencies=world.agencies,
            clients=clients,
            open_now=open_now,
            desk_of=SourceDesks(world.desks).of,
            randomness=system_randomness,
        ),
        open_now=open_now,
        refusals=BridgeRefusals(
            storage=world.storage, subscribers=world.subscribers, audit=world.audit, security_log=security_log
        ),
        answers=answers,
    )
    limits = BridgeLimits(
        security_log=security_log,
        addresses=addresses,
        requests_a_minute=requests_a_minute,
        refusals_a_minute=refusals_a_minute,
    )
    application = bridge_application(
        limits.before(endpoints.entries(), too_many=answers.too_many), answers, origin=BRIDGE
    )
    await agree_on_companies(world)
    async with world.storage.unit_of_work() as uow:
        program = await clients.get(uow, JOBS)
        assert program is not None
        await clients.replace(uow, replace(program, services=(*program.services, COUNTER, COMPANIES)), by=SYSTEM)
        access = BridgeAccess(
            client_id=JOBS,
            agency_id=world.agency.id,
            service_id=COMPANIES,
            case=CASE,
            ends_at=uow.now + timedelta(days=90),
            certificate=None,
            addresses=(f"{PROGRAM_HOST}/32",),
            agents={"employment-web": None},
        )
        await accesses.put(uow, access, by=SYSTEM)
        key = await accesses.issue_key(uow, JOBS, by=SYSTEM)
    bridge = Bridge(counter, application, accesses, key, security_log)
    yield bridge
    for client in bridge.open_clients:
        await client.aclose()


async def agree_on_companies(world: World) -> None:
    """Everything that the company registry has, by duty, online."""
    async with world.storage.unit_of_work() as uow:
        await world.agencies.register_service(uow, service(COMPANIES, world.agency.id), by=SYSTEM)
        for dataset in DATASETS.values():
            if dataset.subject is not SubjectKind.COMPANY:
                continue
            await world.agencies.grant_agreement(
                uow,
                agency_id=world.agency.id,
                service_id=COMPANIES,
                dataset=dataset.id,
                fields=dataset.opened_by(Basis.DUTY),
                bases={Basis.DUTY},
                channel=Channel.ONLINE,
                kind=AgreementKind.DBD_LETTER,
                reference_no="พค 0001/1",
                granted_by="เจ้าของข้อมูลสาธิต",
                valid_from=uow.now - timedelta(days=1),
                valid_until=uow.now + timedelta(days=400),
                daily_quota=50,
                by=SYSTEM,
            )
