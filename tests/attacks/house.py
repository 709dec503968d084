"""The whole house as it is put together for a deployment, seeded, in this process or as two nodes and a gateway.

In this process its clock can be moved; the nodes are processes of `idp serve` on one store and one set of keys.
"""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.contracts.documents import DocumentWorks
from idp.app.building import build_rooms
from idp.app.conformance.outside import outside_of_conformance
from idp.app.conformance.story import prepare_conformance
from idp.app.further_rooms import FurtherRooms
from idp.app.gateway_door import gateway_door
from idp.app.ground import open_ground
from idp.app.provider_door import provider_door
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.kernel.clock import SystemClock
from idp.kernel.ids import StationId
from idp.settings import Settings
from idp.storage.profile import Profile
from tests.clock import FrozenClock
from tests.protocol.signing import ec_key
from tests.provider.oidc.sowing import sow
from tests.provider.oidc.world import GATEWAY, ISSUER, MemoryOfSecurityLog, Seed, World
from tests.representation.world import AnsweringRegistry
from tests.web.prepared import prepared_assets

STATION = StationId("counter-1")


class WallClock(FrozenClock):
    """Stands beside the processes: what is signed here is judged there by the machine's own time."""

    def now(self) -> datetime:
        return SystemClock().now()


class ByHost:
    """Both doors behind one address, told apart by the Host header as a proxy does."""

    def __init__(self, doors: Mapping[str, ASGIApp]) -> None:
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = next(value for name, value in scope["headers"] if name == b"host").decode()
        await self._doors[host.partition(":")[0]](scope, receive, send)


@dataclass
class House(World):
    """The rooms of the house and a way to its doors. `transport` is None where the doors are in this process."""

    rooms: Rooms = field(kw_only=True)
    station_key: ECKey = field(kw_only=True)
    transport: httpx2.AsyncBaseTransport = field(kw_only=True)

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=self.transport, base_url=ISSUER, timeout=30)

    def at(self, transport: httpx2.AsyncBaseTransport) -> "House":
        """The same house, its doors reached another way."""
        return replace(self, transport=transport)


def settings_of(home: Path, *, database_url: str = "") -> Settings:
    return Settings(
        profile=Profile.CONFORMANCE,
        home=home,
        database_url=database_url,
        issuer=ISSUER,
        gateway_url=GATEWAY,
        assets=home / "assets",
    )


@asynccontextmanager
async def open_house(
    home: Path, clock: FrozenClock, *, database_url: str = "", sealer: DocumentWorks | None = None
) -> AsyncIterator[House]:
    """A seeded house on a new store, its doors in this process; without a sealer it seals nothing."""
    home.mkdir()
    prepared_assets(home / "assets" / "web")
    settings = settings_of(home, database_url=database_url)
    async with open_ground(settings, clock=clock) as ground:
        ground = replace(ground, security_log=MemoryOfSecurityLog(clock))
        outside = outside_of_conformance(home, clock)
        outside = outside if sealer is None else replace(outside, sealer=sealer)
        rooms = await build_rooms(settings, ground, outside)
        app = ByHost({"id.localhost": provider_door(settings, rooms), "data.localhost": gateway_door(settings, rooms)})
        house = _house(rooms, clock, httpx2.ASGITransport(app=app, raise_app_exceptions=False))
        await prepare_conformance(rooms, ())
        house.seed = await sow(house, ec_key(), ec_key())
        await _pair_a_station(house)
        yield house


@asynccontextmanager
async def reopen_house(
    made: Path, home: Path, clock: FrozenClock, seed: Seed, *, sealer: DocumentWorks | None = None
) -> AsyncIterator[House]:
    """A copy of a seeded house that was closed, its doors in this process; `home` is new."""
    shutil.copytree(made, home, ignore=shutil.ignore_patterns("assets"))
    (home / "assets").symlink_to(made / "assets")
    settings = settings_of(home)
    async with open_ground(settings, clock=clock) as ground:
        ground = replace(ground, security_log=MemoryOfSecurityLog(clock))
        outside = outside_of_conformance(home, clock)
        outside = outside if sealer is None else replace(outside, sealer=sealer)
        rooms = await build_rooms(settings, ground, outside)
        app = ByHost({"id.localhost": provider_door(settings, rooms), "data.localhost": gateway_door(settings, rooms)})
        house = _house(rooms, clock, httpx2.ASGITransport(app=app, raise_app_exceptions=False))
        house.seed = seed
        yield house


def _house(rooms: Rooms, clock: FrozenClock, transport: httpx2.AsyncBaseTransport) -> House:
    security_log = rooms.ground.security_log
    assert isinstance(security_log, MemoryOfSecurityLog)
    return House(
        app=Starlette(),
        storage=rooms.ground.storage,
        clock=clock,
        requests=rooms.requests,
        sessions=rooms.sessions,
        subscribers=rooms.subscribers,
        agencies=rooms.agencies,
        consents=rooms.consents,
        clients=rooms.clients,
        registration=rooms.registration,
        key_sets=rooms.key_sets,
        registry=AnsweringRegistry(clock),
        representation=rooms.representation,
        further=FurtherRooms(rooms.deferred, rooms.company_requests, rooms.device, rooms.backchannel, rooms.logouts),
        keys=rooms.ground.signing_keys,
        security_log=security_log,
        seed=None,
        rooms=rooms,
        station_key=ec_key(),
        transport=transport,
    )


async def _pair_a_station(house: House) -> None:
    jwk: dict[str, Any] = house.station_key.as_dict(private=False)
    async with house.storage.unit_of_work() as uow:
        await house.rooms.stations.enrol(
            uow,
            station_id=STATION,
            agency_id=house.sown.agency_id,
            name_th="จุดบริการ",
            name_en="Counter",
            public_jwk=jwk,
            allow_virtual=True,
            by=SYSTEM,
        )
