"""The document table."""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    exists,
    insert,
    or_,
    select,
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
    Column("level", Text, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sealed_pdf", LargeBinary),
    Index("ix_document_expires_at", "expires_at"),
    Index("ix_document_subscriber_id", "subscriber_id"),
)


async def insert_document(uow: UnitOfWork, record: DocumentRecord, *, sealed_pdf: bytes) -> None:
    """Keep a document."""
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
            level=record.level.value,
            sha256=record.sha256,
            created_at=record.created_at,
            expires_at=record.expires_at,
            sealed_pdf=sealed_pdf,
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


async def find_by_sha256(uow: UnitOfWork, sha256: str) -> DocumentRecord | None:
    """The record of exactly this file."""
    row = await uow.first(select(document).where(document.c.sha256 == sha256))
    return None if row is None else _record(row)


async def drop_expired_files(uow: UnitOfWork) -> int:
    """Drop the files whose time is over; gives how many. Records and hashes stay."""
    due = and_(document.c.expires_at <= uow.now, document.c.sealed_pdf.is_not(None))
    return await uow.changed(update(document).where(due).values(sealed_pdf=None))


async def drop_files_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """Drop every file about a person whose identity was closed; gives how many. Records and hashes stay."""
    at_counters = select(disclosure.c.id).where(disclosure.c.subscriber_id == subscriber_id)
    about_them = or_(document.c.subscriber_id == subscriber_id, document.c.disclosure_id.in_(at_counters))
    theirs = and_(about_them, document.c.sealed_pdf.is_not(None))
    return await uow.changed(update(document).where(theirs).values(sealed_pdf=None))


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
        level=SealLevel(row.level),
        sha256=row.sha256,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
