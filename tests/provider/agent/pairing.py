"""A registration office that pairs its stations by code."""

import json
import secrets
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey
from starlette.applications import Starlette

from connectors.contracts.pairing_wire import PAIRING_TYP, PairingClaims
from idp.agencies.model import AgencyKind, Member, Role
from idp.app.station_rooms import LivePrograms
from idp.audit.model import SYSTEM
from idp.kernel.ids import StationId
from idp.provider.agent.endpoints import AgentEndpoints
from idp.provider.agent.pairing import PairingEndpoints
from idp.stations.link_keys import LinkKeys
from idp.stations.model import PairingCode, PlannedStation, StationMode
from idp.stations.pairing import Pairings
from idp.web.routes import build_routes
from tests.enrolment.world import ISSUER, World

LINK_SECRET = b"l" * 32
PLANNED = PlannedStation("ช่อง 7", "Counter 7", "ชั้น 1 อาคารสาธิต", StationMode.ONE_SLOT)


class PairingOffice:
    """Codes are made by `officer`; agents' messages come over HTTP."""

    def __init__(self, world: World, *, minimum_agent_version: str = "0.1") -> None:
        self.world = world
        self.pairings = Pairings(
            storage=world.storage,
            stations=world.stations,
            agencies=world.agencies,
            programs=LivePrograms(),
            signing=world.signing,
            link_keys=LinkKeys(LINK_SECRET),
            audit=world.audit,
            security_log=world.security_log,
            clock=world.clock,
            issuer=ISSUER,
            code_key=b"c" * 32,
            allow_virtual=True,
            minimum_agent_version=minimum_agent_version,
        )
        self.app = Starlette(
            routes=build_routes(
                [
                    *AgentEndpoints(mail_slots=world.mail_slots).entries(),
                    *PairingEndpoints(pairings=self.pairings, mail_slots=world.mail_slots).entries(),
                ]
            )
        )
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=ISSUER)

    async def code(
        self, *, by: Member | None = None, planned: PlannedStation = PLANNED, replaces: StationId | None = None
    ) -> PairingCode:
        async with self.world.storage.unit_of_work() as uow:
            return await self.pairings.offer(
                uow, replace(planned, replaces=replaces), by=by or self.world.members["officer"]
            )

    def message(self, code: str, *, key: ECKey, confirms: bool = True, typ: str = PAIRING_TYP, **bent: Any) -> str:
        now = int(self.world.clock.now().timestamp())
        claims = PairingClaims(
            aud=ISSUER, iat=now, exp=now + 60, jti=secrets.token_hex(8), code=code, version="0.1.0", confirms=confirms
        )
        header = {"alg": "ES256", "typ": typ, "jwk": key.as_dict(private=False)}
        return jws.serialize_compact(header, json.dumps(asdict(replace(claims, **bent))), key, algorithms=["ES256"])

    async def show(self, code: str, *, key: ECKey | None = None, **bent: Any) -> httpx2.Response:
        return await self.send(self.message(code, key=key or ECKey.generate_key("P-256"), **bent))

    async def send(self, message: str, path: str = "/agent/pair") -> httpx2.Response:
        return await self.http.post(path, content=message, headers={"content-type": "application/jwt"})

    async def stranger(self) -> Member:
        """An officer of another agency."""
        world = self.world
        async with world.storage.unit_of_work() as uow:
            other = await world.agencies.register_agency(
                uow, code="other", name_th="อื่น", name_en="Other", kind=AgencyKind.STATE, by=SYSTEM
            )
            return await world.agencies.add_member(
                uow,
                agency_id=other.id,
                subscriber_id=world.people["malee"],
                position_th="เจ้าหน้าที่",
                position_en="Officer",
                roles=(Role.AGENCY_ADMIN,),
                expires_at=uow.now + timedelta(days=1),
                by=SYSTEM,
            )
