"""Pairing the demonstration's stations, and what their agents are told."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.jwk import ECKey

from idp.app.demo.stations import FIRST, STATIONS, DemoStation
from idp.app.places import desk_socket_of
from idp.app.rooms import Rooms
from idp.audit.model import SYSTEM
from idp.kernel.ids import StationId
from idp.settings import Settings
from idp.storage.storage import UnitOfWork

LOOPBACK: Final = "127.0.0.1"
REAL: Final = "real"


async def make_stations(uow: UnitOfWork, rooms: Rooms, keys: Mapping[StationId, ECKey]) -> None:
    """Every station, paired with the key of its agent."""
    for station in STATIONS:
        agency = await rooms.agencies.agency_by_code(uow, station.agency_code)
        assert agency is not None, station.agency_code
        await rooms.stations.enrol(
            uow,
            station_id=station.id,
            agency_id=agency.id,
            name_th=station.name_th,
            name_en=station.name_en,
            public_jwk=keys[station.id].as_dict(private=False),
            allow_virtual=True,
            by=SYSTEM,
            mode=station.mode,
        )


def agent_config(
    settings: Settings, station: DemoStation, key: ECKey, *, issuer_jwks: Mapping[str, Any], card: str
) -> dict[str, Any]:
    """What the agent of this station is told. `card` chooses the readers of the first; the others' are in memory."""
    is_real = card == REAL and station.id == FIRST
    return {
        "issuer": settings.issuer,
        "connect_to": settings.issuer.replace("id.localhost", LOOPBACK),
        "station_id": station.id,
        "station_key": key.as_dict(private=True),
        "issuer_jwks": issuer_jwks,
        "allow_virtual": not is_real,
        "auto_confirm": True,
        "desk_socket": None if is_real else str(desk_socket_of(settings.home, station.id)),
        "card_stack": _stack(card) if station.id == FIRST else "memory",
        "mode": station.mode.value,
    }


def _stack(card: str) -> str:
    return "auto" if card == REAL else card
