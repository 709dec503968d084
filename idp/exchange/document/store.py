"""The document table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)

from connectors.contracts.documents import Delivery, SealLevel
from idp.agencies.store import agency, agreement, live_agency, live_agreement
from idp.catalogue.model import Basis
from idp.consent.store import consent, live_consent
from idp.exchange.document.model import DocumentRecord, Fetchable
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgencyId, AgreementId, ClientId, ConsentId, DisclosureId, DocumentId, ServiceId, SubscriberId
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import live_subscriber, subscriber

_COMPARABLE = text("printed_values IS NOT NULL")

document = Table(
    "document",
    metadata,
    Column("id", Text, primary_key=True),
    Column("disclosure_id", Text, nullable=False),
    Column("subscriber_id", Text),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("consent_id", Text),
    Column("service_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("level", Text),
    Column("sha256", Text, index=True),
    Column("issued_sha256", Text, index=True),
    Column("issued_size", Integer),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sealed_pdf", LargeBinary),
    Column("printed_values", LargeBinary),
    Column("due_at", Instant),
    Column("attempts", Integer, nullable=False),
    Index("ix_document_expires_at", "expires_at"),
    Index("ix_document_due_at", "due_at"),
    Index("ix_document_subscriber_id", "subscriber_id"),
    Index("ix_document_comparable", "created_at", sqlite_where=_COMPARABLE, postgresql_where=_COMPARABLE),
)


async def insert_document(
    uow: UnitOfWork,
    record: DocumentRecord,
    *,
    sealed_pdf: bytes | None,
    printed_values: bytes,
    due_at: datetime | None,
) -> None:
    """Keep a document, or its record alone; `due_at` is when there is more to be done for it.

    `printed_values` are the keyed digests of the values on it, which stay longer than the file.
    """
    await uow.execute(
        insert(document).values(
            id=record.id,
            disclosure_id=record.disclosure_id,
            subscriber_id=record.subscriber_id,
            agency_id=record.agency_id,
            client_id=record.client_id,
            consent_id=record.consent_id,
            service_id=record.service_id,
            dataset=record.dataset,
            delivery=record.delivery.value,
            level=None if record.level is None else record.level.value,
            sha256=record.sha256,
            issued_sha256=record.issued_sha256,
            issued_size=record.issued_size,
            created_at=record.created_at,
            expires_at=record.expires_at,
            sealed_pdf=sealed_pdf,
            printed_values=printed_values,
            due_at=due_at,
            attempts=0,
        )
    )


async def find_fetchable(
    uow: UnitOfWork, document_id: DocumentId, *, client_id: ClientId, subscriber_id: SubscriberId | None
) -> Fetchable | None:
    """The document with its sealed file, for the client it was made for, about the person of the token, while
    its basis holds and an agreement in force covers every field of it.
    """
    of_live_agency = exists().where(agency.c.id == document.c.agency_id, live_agency(uow.now))
    statement = select(
        document,
        disclosure.c.subscriber_id.label("owner_id"),
        disclosure.c.fields,
        disclosure.c.basis,
        disclosure.c.juristic_id,
        disclosure.c.agreement_id,
    ).where(
        document.c.id == document_id,
        disclosure.c.id == document.c.disclosure_id,
        document.c.client_id == client_id,
        document.c.subscriber_id.is_not_distinct_from(subscriber_id),
        document.c.expires_at > uow.now,
        document.c.sealed_pdf.is_not(None),
        of_live_agency,
        _basis_holds(uow),
    )
    row = await uow.first(statement)
    if row is None:
        return None
    rights = await uow.all(
        select(agreement.c.fields).where(
            agreement.c.agency_id == row.agency_id,
            agreement.c.service_id == row.service_id,
            agreement.c.dataset == row.dataset,
            live_agreement(uow.now),
        )
    )
    is_covered = any(set(row.fields) <= set(right.fields) for right in rights)
    if not is_covered:
        return None
    return Fetchable(
        record=_record(row),
        owner_id=None if row.owner_id is None else SubscriberId(row.owner_id),
        fields=tuple(row.fields),
        basis=Basis(row.basis),
        juristic_id=row.juristic_id,
        agreement_id=AgreementId(row.agreement_id) if row.agreement_id is not None else None,
        sealed_pdf=row.sealed_pdf,
    )


async def find_document(uow: UnitOfWork, document_id: DocumentId) -> DocumentRecord | None:
    """The record of a document, for verification."""
    row = await uow.first(select(document).where(document.c.id == document_id))
    return None if row is None else _record(row)


async def find_printed_values(uow: UnitOfWork, document_id: DocumentId) -> bytes | None:
    """What is kept of the values on a document; None where nothing is."""
    row = await uow.first(select(document.c.printed_values).where(document.c.id == document_id))
    return None if row is None or row.printed_values is None else bytes(row.printed_values)


async def find_by_sha256(uow: UnitOfWork, sha256: str) -> DocumentRecord | None:
    """The record of exactly this file, as it was issued or as it is now."""
    is_this = or_(document.c.sha256 == sha256, document.c.issued_sha256 == sha256)
    row = await uow.first(select(document).where(is_this).limit(1))
    return None if row is None else _record(row)


async def due_documents(uow: UnitOfWork, *, limit: int) -> Sequence[DocumentId]:
    """Documents for which there is something to be done, those that wait longest first."""
    chosen = select(document.c.id).where(_is_due(uow.now)).order_by(document.c.due_at).limit(limit)
    return [DocumentId(row.id) for row in await uow.all(chosen)]


async def claim_document(
    uow: UnitOfWork, document_id: DocumentId, *, lease: timedelta
) -> tuple[DocumentRecord, int, bytes] | None:
    """For the one worker that takes a due document: its record, which attempt this is, and the sealed content. No other
    takes it before `lease` has passed.
    """
    mine = update(document).where(document.c.id == document_id, _is_due(uow.now))
    taken = {"due_at": uow.now + lease, "attempts": document.c.attempts + 1}
    if await uow.changed(mine.values(taken)) != 1:
        return None
    row = await uow.first(select(document).where(document.c.id == document_id))
    return None if row is None or row.sealed_pdf is None else (_record(row), row.attempts, row.sealed_pdf)


async def replace_file(
    uow: UnitOfWork, record: DocumentRecord, *, attempt: int, sealed_pdf: bytes, due_at: datetime | None
) -> bool:
    """True when the kept file is this one now; False when it was dropped, or another worker took it meanwhile."""
    assert record.level is not None, "only a sealed file takes the place of another"
    now_kept = {
        "level": record.level.value,
        "sha256": record.sha256,
        "issued_sha256": record.issued_sha256,
        "issued_size": record.issued_size,
        "sealed_pdf": sealed_pdf,
        "due_at": due_at,
    }
    return await uow.changed(update(document).where(*_mine(record.id, attempt)).values(now_kept)) == 1


async def put_off_document(uow: UnitOfWork, document_id: DocumentId, *, attempt: int, due_at: datetime) -> None:
    """It could not be done now."""
    await uow.execute(update(document).where(*_mine(document_id, attempt)).values(due_at=due_at))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(document.c.due_at <= now, document.c.expires_at > now, document.c.sealed_pdf.is_not(None))


def _mine(document_id: DocumentId, attempt: int) -> tuple[ColumnElement[bool], ...]:
    # attempts are counted on and never begin anew: whoever slept through several of them is not taken for the last one
    return (document.c.id == document_id, document.c.attempts == attempt, document.c.sealed_pdf.is_not(None))


async def drop_expired_files(uow: UnitOfWork) -> int:
    """Drop the files whose time is over; gives how many. Records and hashes stay."""
    due = and_(document.c.expires_at <= uow.now, document.c.sealed_pdf.is_not(None))
    return await uow.changed(update(document).where(due).values(sealed_pdf=None))


async def forget_printed_values(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Forget what documents made before said, so that there is nothing to compare with; gives of how many. Records and
    hashes stay.
    """
    old = select(document.c.id).where(document.c.created_at <= before, document.c.printed_values.is_not(None))
    oldest = old.order_by(document.c.created_at).limit(limit)
    return await uow.changed(update(document).where(document.c.id.in_(oldest)).values(printed_values=None))


async def drop_files_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """Drop every file about a person whose identity was closed, and the digests of what it says; gives how many.

    Records and hashes stay.
    """
    at_counters = select(disclosure.c.id).where(disclosure.c.subscriber_id == subscriber_id)
    about_them = or_(document.c.subscriber_id == subscriber_id, document.c.disclosure_id.in_(at_counters))
    theirs = and_(about_them, or_(document.c.sealed_pdf.is_not(None), document.c.printed_values.is_not(None)))
    return await uow.changed(update(document).where(theirs).values(sealed_pdf=None, printed_values=None))


def _basis_holds(uow: UnitOfWork) -> ColumnElement[bool]:
    by_consent = exists().where(consent.c.id == document.c.consent_id, live_consent(uow.now))
    of_live_person = exists().where(subscriber.c.id == document.c.subscriber_id, live_subscriber(uow.now))
    return and_(
        or_(document.c.consent_id.is_(None), by_consent),
        or_(document.c.subscriber_id.is_(None), of_live_person),
    )


def _record(row: Row[Any]) -> DocumentRecord:
    return DocumentRecord(
        id=DocumentId(row.id),
        disclosure_id=DisclosureId(row.disclosure_id),
        subscriber_id=SubscriberId(row.subscriber_id) if row.subscriber_id is not None else None,
        agency_id=AgencyId(row.agency_id),
        client_id=ClientId(row.client_id),
        consent_id=ConsentId(row.consent_id) if row.consent_id is not None else None,
        service_id=ServiceId(row.service_id),
        dataset=row.dataset,
        delivery=Delivery(row.delivery),
        level=None if row.level is None else SealLevel(row.level),
        sha256=row.sha256,
        issued_sha256=row.issued_sha256,
        issued_size=row.issued_size,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
