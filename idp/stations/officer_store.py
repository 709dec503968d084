"""The table of officers' sessions with the population registry, one row an officer and station, and its SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, Row, Table, Text, and_, delete, select

from idp.kernel.ids import MemberId, StationId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

officer_session = Table(
    "officer_session",
    metadata,
    Column("station_id", Text, ForeignKey("station.id"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("looked_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("station_id", "member_id"),
)


async def find_sealed(uow: UnitOfWork, station_id: StationId, member_id: MemberId) -> Row[Any] | None:
    """The sealed state and when it was last asked for."""
    return await uow.first(select(officer_session).where(_this(station_id, member_id)))


async def save_sealed(
    uow: UnitOfWork, station_id: StationId, member_id: MemberId, *, sealed: str, looked_at: datetime, ends_at: datetime
) -> None:
    """Keep the state, in place of an older one."""
    values = {"sealed": sealed, "looked_at": looked_at, "ends_at": ends_at}
    statement = insert_on_conflict(officer_session, uow.dialect).values(
        station_id=station_id, member_id=member_id, **values
    )
    await uow.execute(
        statement.on_conflict_do_update(
            index_elements=["station_id", "member_id"],
            set_=values,
            where=officer_session.c.looked_at <= statement.excluded.looked_at,
        )
    )


async def signed_in_until(uow: UnitOfWork, member_ids: Collection[MemberId]) -> dict[MemberId, datetime]:
    """Which of these officers have a session with the registry at a station now, and until when at the latest."""
    open_ones = (officer_session.c.member_id.in_(member_ids), officer_session.c.ends_at > uow.now)
    rows = await uow.all(select(officer_session.c.member_id, officer_session.c.ends_at).where(*open_ones))
    return {MemberId(row.member_id): row.ends_at for row in sorted(rows, key=lambda one: one.ends_at)}


async def forget_ended(uow: UnitOfWork) -> int:
    """Throw away sessions whose end has come; gives how many."""
    return await uow.changed(delete(officer_session).where(officer_session.c.ends_at <= uow.now))


def _this(station_id: StationId, member_id: MemberId) -> Any:
    return and_(officer_session.c.station_id == station_id, officer_session.c.member_id == member_id)
