"""The table of inquiries, and of checkpoints what auditors need."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Row, Table, Text, insert, select

from idp.audit.store import audit_checkpoint
from idp.kernel.ids import AgencyId, MemberId
from idp.oversight.auditing.model import Inquiry, InquiryId, InquiryKind
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

EARLIER: Final = timedelta(days=1)

audit_inquiry = Table(
    "audit_inquiry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("subject", Text),
    Column("facets", JsonText, nullable=False),
    Column("entries", Integer),
    Column("sealed_reason", LargeBinary, nullable=False),
    Index("ix_audit_inquiry_agency_id", "agency_id", "id"),
)


async def insert_inquiry(uow: UnitOfWork, record: Inquiry, *, facets: dict[str, Any], sealed_reason: bytes) -> None:
    """Keep what somebody did and why."""
    await uow.execute(
        insert(audit_inquiry).values(
            id=record.id,
            kind=record.kind.value,
            member_id=record.by,
            agency_id=record.agency_id,
            at=record.at,
            subject=record.subject,
            facets=facets,
            entries=record.entries,
            sealed_reason=sealed_reason,
        )
    )


async def find_inquiry(uow: UnitOfWork, inquiry_id: InquiryId) -> Inquiry | None:
    """The inquiry of this id, whosesoever."""
    row = await uow.first(select(audit_inquiry).where(audit_inquiry.c.id == inquiry_id))
    return None if row is None else _inquiry(row)


async def find_inquiries(
    uow: UnitOfWork, *, agency_id: AgencyId | None, before: InquiryId | None, limit: int
) -> tuple[tuple[Inquiry, bytes], ...]:
    """Inquiries of an agency's auditors, or all, newest first, each with its sealed reason."""
    statement = select(audit_inquiry)
    if agency_id is not None:
        statement = statement.where(audit_inquiry.c.agency_id == agency_id)
    if before is not None:
        statement = statement.where(audit_inquiry.c.id < before)
    rows = await uow.all(statement.order_by(audit_inquiry.c.id.desc()).limit(limit))
    return tuple((_inquiry(row), bytes(row.sealed_reason)) for row in rows)


async def earlier_checkpoint(uow: UnitOfWork, *, signed_at: datetime) -> Row[Any] | None:
    """A checkpoint of a day before; the first one where the log is younger."""
    column = audit_checkpoint.c
    of_before = select(audit_checkpoint).where(column.signed_at <= signed_at - EARLIER)
    found = await uow.first(of_before.order_by(column.size.desc()).limit(1))
    return found or await uow.first(select(audit_checkpoint).order_by(column.size).limit(1))


def _inquiry(row: Row[Any]) -> Inquiry:
    return Inquiry(
        id=InquiryId(row.id),
        kind=InquiryKind(row.kind),
        by=MemberId(row.member_id),
        agency_id=AgencyId(row.agency_id),
        at=row.at,
        subject=row.subject,
        entries=row.entries,
    )
