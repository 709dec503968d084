"""A whole house, and programs that look after what their agencies have in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from sqlalchemy import select

from idp.agencies.model import AgencyKind, Role, Site
from idp.agencies.seats.model import Seat
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.ids import AgencyId, ClientId, ServiceId
from tests.attacks.house import House
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import Program
from tests.provider.oidc.sowing import service
from tests.provider.oidc.world import CALLBACK, GATEWAY

MANAGE = "agency.manage"
READ = "agency.read"


@dataclass
class Caretaker:
    """A program that looks after its agency, and the way to the data exchange: `transport` may be another node's.

    `other` is a further program of the agency, with its key; `service_id` is a service of the agency.
    """

    house: House
    agency_id: AgencyId
    service_id: ServiceId
    program: Program
    other: ClientId
    other_key: ECKey
    transport: httpx2.AsyncBaseTransport
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, scope: str = MANAGE) -> str:
        if scope not in self.tokens:
            answer = await self.program.token({"grant_type": "client_credentials", "scope": scope})
            assert answer.status_code == 200, answer.text
            self.tokens[scope] = answer.json()["access_token"]
        return self.tokens[scope]

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        scope: str = MANAGE,
        tag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        token = await self.token(scope)
        proof = self.program.proof(url=GATEWAY + path.partition("?")[0], method=method, access_token=token)
        sent = {"authorization": f"DPoP {token}", "dpop": proof, "content-type": "application/json"}
        sent |= {} if tag is None else {"if-match": tag}
        content = None if body is None else json.dumps(body)
        async with httpx2.AsyncClient(transport=self.transport, base_url=GATEWAY, timeout=30) as http:
            return await http.request(method, path, headers={**sent, **(headers or {})}, content=content)

    async def told(self, method: str, path: str, body: Any = None, *, status: int = 200, **sent: Any) -> Any:
        """The JSON of an answer with this status."""
        answer = await self.ask(method, path, body, **sent)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def code(self, method: str, path: str, body: Any = None, **sent: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.ask(method, path, body, **sent)
        said = answer.json()
        return answer.status_code, str(said.get("code", said.get("error")))

    async def tag(self, path: str) -> str:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return str(answer.headers["etag"])

    @property
    def one(self) -> str:
        """The address of the further program."""
        return f"/agency/clients/{self.other}"

    async def events(self, event: str) -> list[dict[str, Any]]:
        """The entries of the log with this name about this agency, oldest first."""
        async with self.house.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        entries = [json.loads(row.canonical) for row in rows]
        return [entry for entry in entries if entry["event"] == event and entry["agency"] == self.agency_id]


async def hire(house: House, agency_id: AgencyId, client_id: str, *, scope: str = f"openid {MANAGE} {READ}") -> ECKey:
    """Register a program that looks after its agency, as two persons would have."""
    key = ec_key()
    async with house.storage.unit_of_work() as uow:
        await house.clients.register(
            uow,
            client_id=ClientId(client_id),
            agency_id=agency_id,
            name_th=client_id,
            name_en=client_id,
            metadata={
                "jwks": {"keys": [key.as_dict(private=False)]},
                "grant_types": ["client_credentials"],
                "scope": scope,
            },
            by=SYSTEM,
        )
    return key


async def furnish(house: House, agency_id: AgencyId) -> None:
    """Sites and seats, as a configuration would give them."""
    async with house.storage.unit_of_work() as uow:
        agency = await house.agencies.agency(uow, agency_id)
        sites = (Site("north", "เหนือ", "North"), Site("south", "ใต้", "South"))
        await house.agencies.change_agency(uow, replace(agency, sites=sites), by=SYSTEM)
        for role, site, places in (
            (Role.LOOKUP_OFFICER, "north", 1),
            (Role.ENROLMENT_OFFICER, "", 2),
            (Role.AGENCY_ADMIN, "", 2),
            (Role.AUDITOR, "", 1),
        ):
            seat = Seat(agency_id, site, role, "เจ้าหน้าที่", "Officer", places, 90)
            await house.rooms.seats.put(uow, seat, by=SYSTEM)


async def open_office(house: House, code: str) -> Caretaker:
    """A new agency with everything that a caretaker looks after, in a house that is there."""
    async with house.storage.unit_of_work() as uow:
        agency = await house.agencies.register_agency(
            uow, code=code, name_th="หน่วยงาน", name_en=code, kind=AgencyKind.STATE, by=SYSTEM
        )
        own = await house.agencies.register_service(uow, service(agency.id, ServiceId(f"{code}-service")), by=SYSTEM)
    await furnish(house, agency.id)
    key = await hire(house, agency.id, f"{code}-caretaker")
    other, other_key = ClientId(f"{code}-other"), ec_key()
    async with house.storage.unit_of_work() as uow:
        await house.clients.register(
            uow,
            client_id=other,
            agency_id=agency.id,
            name_th=other,
            name_en=other,
            metadata={
                "redirect_uris": [CALLBACK],
                "jwks": {"keys": [other_key.as_dict(private=False)]},
                "grant_types": ["authorization_code", "client_credentials"],
                "scope": "openid events",
            },
            services=[own.id],
            by=SYSTEM,
        )
    program = Program(house, f"{code}-caretaker", key)
    return Caretaker(house, agency.id, own.id, program, other, other_key, house.transport)
