"""The tables of kiosks' browsers and their SQL: which browser stands at which station, and the codes that bind one."""

from datetime import datetime
from typing import Final

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, and_, delete, select

from idp.kernel.ids import StationId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

kiosk_code = Table(
    "kiosk_code",
    metadata,
    Column("station_id", Text, ForeignKey("station.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", Instant, nullable=False),
)

kiosk_browser = Table(
    "kiosk_browser",
    metadata,
    Column("station_id", Text, ForeignKey("station.id"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("bound_at", Instant, nullable=False),
)

_STATION: Final = ["station_id"]


async def put_code(uow: UnitOfWork, station_id: StationId, digest: bytes, *, expires_at: datetime) -> None:
    """The station's code from now on; an earlier one ends."""
    values = {"digest": digest, "expires_at": expires_at}
    statement = insert_on_conflict(kiosk_code, uow.dialect).values(station_id=station_id, **values)
    await uow.execute(statement.on_conflict_do_update(index_elements=_STATION, set_=values))


async def take_code(uow: UnitOfWork, digest: bytes) -> StationId | None:
    """Whose code this is, for whoever shows it first and in time."""
    usable = and_(kiosk_code.c.digest == digest, kiosk_code.c.expires_at > uow.now)
    row = await uow.first(select(kiosk_code.c.station_id).where(usable))
    if row is None or await uow.changed(delete(kiosk_code).where(usable)) != 1:
        return None
    return StationId(row.station_id)


async def bind_browser(uow: UnitOfWork, station_id: StationId, digest: bytes) -> None:
    """The kiosk's browser from now on; an earlier one is the kiosk's no more."""
    values = {"digest": digest, "bound_at": uow.now}
    statement = insert_on_conflict(kiosk_browser, uow.dialect).values(station_id=station_id, **values)
    await uow.execute(statement.on_conflict_do_update(index_elements=_STATION, set_=values))


async def station_of(uow: UnitOfWork, digest: bytes) -> StationId | None:
    """At which station this browser stands."""
    row = await uow.first(select(kiosk_browser.c.station_id).where(kiosk_browser.c.digest == digest))
    return None if row is None else StationId(row.station_id)
