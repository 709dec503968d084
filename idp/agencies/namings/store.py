"""The table of namings, with the predicate that says in SQL which count now."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    select,
    text,
    update,
)

from idp.agencies.model import Standing
from idp.agencies.namings.model import NamingId, SecurityNaming
from idp.agencies.store import agency, in_force, live_agency
from idp.kernel.ids import AgencyId, MemberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

_ACTIVE = text("status = 'active'")

security_naming = Table(
    "security_naming",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("reference_no", Text, nullable=False),
    Column("named_by", Text, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("status", Text, nullable=False),
    # one at a time: what ends one ends the right
    Index("uq_security_naming_active", "agency_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)


def live_naming(now: datetime) -> ColumnElement[bool]:
    """The naming counts now, and so does the agency."""
    of_live_agency = exists().where(agency.c.id == security_naming.c.agency_id, live_agency(now))
    return and_(in_force(security_naming, now), of_live_agency)


async def insert_naming(uow: UnitOfWork, record: SecurityNaming) -> None:
    """Save a new one."""
    await uow.execute(
        insert(security_naming).values(
            id=record.id,
            agency_id=record.agency_id,
            reference_no=record.reference_no,
            named_by=record.named_by,
            confirmed_by=record.confirmed_by,
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            status=record.status.value,
        )
    )


async def find_active(uow: UnitOfWork, agency_id: AgencyId) -> SecurityNaming | None:
    """The naming that was not ended, in its time or not."""
    mine = (security_naming.c.agency_id == agency_id, security_naming.c.status == Standing.ACTIVE.value)
    row = await uow.first(select(security_naming).where(*mine))
    return None if row is None else _naming(row)


async def find_all_active(uow: UnitOfWork) -> tuple[SecurityNaming, ...]:
    """Every naming that was not ended, in its time or not, those that end first on top: a few dozen at most."""
    active = select(security_naming).where(security_naming.c.status == Standing.ACTIVE.value)
    rows = await uow.all(active.order_by(security_naming.c.valid_until, security_naming.c.id))
    return tuple(_naming(row) for row in rows)


async def is_named(uow: UnitOfWork, agency_id: AgencyId) -> bool:
    """True while the agency is named."""
    mine = select(security_naming.c.id).where(security_naming.c.agency_id == agency_id, live_naming(uow.now))
    return await uow.first(mine) is not None


async def end_active(uow: UnitOfWork, agency_id: AgencyId) -> bool:
    """True when a naming is ended now."""
    mine = (security_naming.c.agency_id == agency_id, security_naming.c.status == Standing.ACTIVE.value)
    return await uow.changed(update(security_naming).where(*mine).values(status=Standing.ENDED.value)) == 1


def _naming(row: Row[Any]) -> SecurityNaming:
    return SecurityNaming(
        id=NamingId(row.id),
        agency_id=AgencyId(row.agency_id),
        reference_no=row.reference_no,
        named_by=MemberId(row.named_by),
        confirmed_by=MemberId(row.confirmed_by),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        status=Standing(row.status),
    )
