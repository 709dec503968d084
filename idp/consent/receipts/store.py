"""The table of receipts. A receipt names the person to one sector only, so it is kept sealed."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint, select

from idp.consent.model import ConsentRecord
from idp.consent.receipts.model import Receipt, ReceiptId, Stage
from idp.kernel.ids import AuditEntryId, ConsentId
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

consent_receipt = Table(
    "consent_receipt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("consent_id", Text, ForeignKey("consent.id"), nullable=False),
    Column("stage", Text, nullable=False),
    Column("sealed_jwt", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("audit_entry_id", Text, nullable=False),
    UniqueConstraint("consent_id", "stage"),
)


async def insert_receipt(uow: UnitOfWork, personal: PersonalData, record: ConsentRecord, receipt: Receipt) -> bool:
    """Keep a receipt; False when this consent has one of this stage."""
    sealed = await personal.seal(
        uow, record.subscriber_id, table="consent_receipt", column="sealed_jwt", row=receipt.id,
        value=receipt.jwt.encode(),
    )  # fmt: skip
    values: dict[str, str | bytes | datetime] = {
        "id": receipt.id,
        "consent_id": receipt.consent_id,
        "stage": receipt.stage.value,
        "sealed_jwt": sealed,
        "sha256": receipt.sha256,
        "issued_at": receipt.issued_at,
        "audit_entry_id": receipt.audit_entry_id,
    }
    statement = insert_on_conflict(consent_receipt, uow.dialect).values(**values)
    return await uow.changed(statement.on_conflict_do_nothing(index_elements=["consent_id", "stage"])) == 1


async def find_receipt(uow: UnitOfWork, personal: PersonalData, record: ConsentRecord, stage: Stage) -> Receipt | None:
    """The receipt of this stage; None also where the person's key was destroyed and nobody can read it any more."""
    kept = (consent_receipt.c.consent_id == record.id, consent_receipt.c.stage == stage.value)
    row = await uow.first(select(consent_receipt).where(*kept))
    if row is None:
        return None
    try:
        jwt = await personal.open(
            uow, record.subscriber_id, table="consent_receipt", column="sealed_jwt", row=row.id, sealed=row.sealed_jwt
        )
    except SealBroken:
        return None
    return Receipt(
        id=ReceiptId(row.id),
        consent_id=ConsentId(row.consent_id),
        stage=stage,
        jwt=jwt.decode(),
        sha256=row.sha256,
        issued_at=row.issued_at,
        audit_entry_id=AuditEntryId(row.audit_entry_id),
    )
