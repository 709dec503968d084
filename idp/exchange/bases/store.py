"""The table of stated grounds. Rows are never changed, and dropped when the law lets them go."""

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Row, Table, Text, delete, select

from idp.catalogue.model import Basis
from idp.exchange.bases.model import BasisEvidence, BasisEvidenceId, CardHandedOver, Ground, LegalDuty, SignedForm
from idp.kernel.ids import AgencyId, ServiceId, StationId
from idp.keys.envelope import PersonalData
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

basis_evidence = Table(
    "basis_evidence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("anchor", Text, nullable=False, unique=True),
    Column("agency_id", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("station_id", Text),
    Column("notice_read_at", Instant),
    Column("sealed_form", LargeBinary),
    Column("signed_on", Text),
    Column("law", Text),
    Column("section", Text),
    Column("stated_by", Text, nullable=False),
    Column("stated_at", Instant, nullable=False),
    Index("ix_basis_evidence_stated_at", "stated_at"),
)


async def insert_evidence(uow: UnitOfWork, personal: PersonalData, evidence: BasisEvidence) -> bool:
    """Keep the evidence; False when one is already there for this anchor."""
    statement = (
        insert_on_conflict(basis_evidence, uow.dialect)
        .values(
            id=evidence.id,
            anchor=evidence.anchor,
            agency_id=evidence.agency_id,
            service_id=evidence.service_id,
            basis=evidence.basis.value,
            stated_by=evidence.stated_by,
            stated_at=evidence.stated_at,
            **await _columns(uow, personal, evidence),
        )
        .on_conflict_do_nothing(index_elements=["anchor"])
    )
    return await uow.changed(statement) == 1


async def find_evidence(uow: UnitOfWork, personal: PersonalData, anchor: str) -> BasisEvidence | None:
    """The evidence of a card session, handle or release."""
    row = await uow.first(select(basis_evidence).where(basis_evidence.c.anchor == anchor))
    if row is None:
        return None
    return BasisEvidence(
        id=BasisEvidenceId(row.id),
        anchor=row.anchor,
        agency_id=AgencyId(row.agency_id),
        service_id=ServiceId(row.service_id),
        ground=await _ground(uow, personal, row),
        stated_by=row.stated_by,
        stated_at=row.stated_at,
    )


async def forget_evidence(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Drop grounds that were stated before; gives how many."""
    old = select(basis_evidence.c.id).where(basis_evidence.c.stated_at <= before).limit(limit)
    return await uow.changed(delete(basis_evidence).where(basis_evidence.c.id.in_(old)))


async def _columns(uow: UnitOfWork, personal: PersonalData, evidence: BasisEvidence) -> dict[str, Any]:
    match evidence.ground:
        case CardHandedOver(station_id, notice_read_at):
            return {"station_id": station_id, "notice_read_at": notice_read_at}
        case LegalDuty(law, section):
            return {"law": law, "section": section}
        case SignedForm(reference, signed_on, kept_where):
            # an agency's own words may say something about a person: they are kept as case numbers are
            sealed = await personal.seal(
                uow, evidence.agency_id, table="basis_evidence", column="sealed_form", row=evidence.id,
                value=json.dumps([reference, kept_where]).encode(),
            )  # fmt: skip
            return {"sealed_form": sealed, "signed_on": signed_on.isoformat()}


async def _ground(uow: UnitOfWork, personal: PersonalData, row: Row[Any]) -> Ground:
    match Basis(row.basis):
        case Basis.CARD_HANDED_OVER:
            return CardHandedOver(StationId(row.station_id), row.notice_read_at)
        case Basis.DUTY:
            return LegalDuty(row.law, row.section)
        case Basis.SIGNED_FORM:
            opened = await personal.open(
                uow, row.agency_id, table="basis_evidence", column="sealed_form", row=row.id, sealed=row.sealed_form
            )
            reference, kept_where = json.loads(opened)
            return SignedForm(reference, date.fromisoformat(row.signed_on), kept_where)
        case other:
            raise ValueError(f"no evidence is kept for the basis {other.value}")
