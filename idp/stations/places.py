"""Where people can go: the attended stations, by agency and site. Pure reading; no person is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from idp.agencies.model import Standing
from idp.agencies.store import agency
from idp.stations.model import StationMode, StationStatus
from idp.stations.store import station
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class Place:
    """A place of one agency: how many attended counters stand there, and how many kiosks."""

    agency_th: str
    agency_en: str
    site: str
    counters: int
    kiosks: int


async def places(uow: UnitOfWork, *, limit: int = 500) -> Sequence[Place]:
    """Every site with a counter or a kiosk of a live agency, by agency; `limit` counts stations, not places."""
    open_ones = and_(station.c.status == StationStatus.ACTIVE.value, agency.c.status == Standing.ACTIVE.value)
    joined = station.join(agency, agency.c.id == station.c.agency_id)
    rows = await uow.all(
        select(agency.c.name_th, agency.c.name_en, station.c.site, station.c.mode)
        .select_from(joined)
        .where(open_ones)
        .order_by(agency.c.name_th, station.c.site)
        .limit(limit)
    )
    found: dict[tuple[str, str, str], list[bool]] = {}
    for row in rows:
        key = (row.name_th, row.name_en, row.site)
        found.setdefault(key, []).append(row.mode == StationMode.KIOSK.value)
    return [Place(*key, counters=kinds.count(False), kiosks=kinds.count(True)) for key, kinds in found.items()]
