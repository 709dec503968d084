"""What is done for documents after they were issued: the time-stamp that could not be had, and what makes them last.

A document is taken by one worker at a time, for as long as a lease lasts; whoever comes late changes nothing. The kept
file is replaced in one transaction with the log's entry; the hash it was issued with stays beside the new one.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from connectors.contracts.documents import Delivery, DocumentWorks, SealLevel
from connectors.contracts.errors import AuthorityUnavailable, DocumentError
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.exchange.document import store
from idp.exchange.document.model import DocumentRecord, DocumentState, Unfinished
from idp.kernel.ids import DocumentId
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.storage.storage import Storage

logger = structlog.get_logger("worker")

LEASE: Final = timedelta(minutes=5)
"""Longer than a document of thousands of rows and three answers of authorities take."""
BATCH: Final = 20
LASTS_AFTER: Final = timedelta(minutes=1)
"""What authorities say has to be said after the seal was made; by then many documents share one answer."""
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)


def first_work(record: DocumentRecord) -> datetime | None:
    """When there is more to be done for a new document; None for one that only its password opens, which stays B-T."""
    if record.state is DocumentState.AWAITING_TIMESTAMP:
        return record.created_at + FIRST_PAUSE
    return None if record.delivery is Delivery.PASSWORD else record.created_at + LASTS_AFTER


class Finishing:
    """The worker's part of documents. Opens its own units of work."""

    def __init__(self, *, storage: Storage, works: DocumentWorks, personal: PersonalData, audit: AuditLog) -> None:
        self._storage = storage
        self._works = works
        self._personal = personal
        self._audit = audit

    async def advance(self) -> int:
        """Work on documents that are due, on any node; gives how many were brought further."""
        async with self._storage.reading() as uow:
            due = await store.due_documents(uow, limit=BATCH)
        done = 0
        for document_id in due:
            unfinished = await self._taken(document_id)
            if unfinished is not None and await self._worked_on(unfinished):
                done += 1
        return done

    async def _taken(self, document_id: DocumentId) -> Unfinished | None:
        """The document for this worker; None when another has it, or its file is gone or can never be read again."""
        async with self._storage.unit_of_work() as uow:
            claimed = await store.claim_document(uow, document_id, lease=LEASE)
            if claimed is None:
                return None
            record, attempt, sealed = claimed
            try:
                content = await self._personal.open(
                    uow, record.key_owner, table="document", column="sealed_pdf", row=record.id, sealed=sealed
                )
            except SealBroken:
                return None
        return Unfinished(record, attempt, content)

    async def _worked_on(self, unfinished: Unfinished) -> bool:
        record = unfinished.record
        try:
            if record.state is DocumentState.AWAITING_TIMESTAMP:
                pdf, level = (await self._works.stamp(unfinished.content)).pdf, SealLevel.B_T
            else:
                pdf, level = await self._works.archive(unfinished.content), SealLevel.B_LTA
        except (AuthorityUnavailable, DocumentError) as error:
            logger.warning("document.put_off", document=record.id, error=type(error).__name__)
            await self._put_off(unfinished)
            return False
        finished = replace(record, level=level, sha256=hashlib.sha256(pdf).hexdigest())
        if record.issued_sha256 is None:
            finished = replace(finished, issued_sha256=finished.sha256, issued_size=len(pdf))
        try:
            return await self._kept(unfinished, finished, pdf)
        except SealBroken:
            return False  # the person closed their identity meanwhile: their key is gone, and the file goes too

    async def _kept(self, unfinished: Unfinished, record: DocumentRecord, pdf: bytes) -> bool:
        async with self._storage.unit_of_work() as uow:
            sealed = await self._personal.seal(
                uow, record.key_owner, table="document", column="sealed_pdf", row=record.id, value=pdf
            )
            lasts_already = record.level is SealLevel.B_LTA or record.delivery is Delivery.PASSWORD
            due_at = None if lasts_already else uow.now + LASTS_AFTER
            if not await store.replace_file(uow, record, attempt=unfinished.attempt, sealed_pdf=sealed, due_at=due_at):
                return False
            await self._audit.append(uow, _event(unfinished.record, record))
        return True

    async def _put_off(self, unfinished: Unfinished) -> None:
        pause: timedelta = FIRST_PAUSE * 2 ** min(unfinished.attempt - 1, 10)
        async with self._storage.unit_of_work() as uow:
            due_at = uow.now + min(pause, LONGEST_PAUSE)
            await store.put_off_document(uow, unfinished.record.id, attempt=unfinished.attempt, due_at=due_at)


def _event(before: DocumentRecord, after: DocumentRecord) -> AuditEvent:
    stamped = before.state is DocumentState.AWAITING_TIMESTAMP
    hashes = {"sha256": after.sha256} if stamped else {"sha256": after.sha256, "before": before.sha256}
    return AuditEvent(
        event="exchange.document_time_stamped" if stamped else "exchange.document_archived",
        actor=SYSTEM,
        subject=after.subscriber_id,
        agency_id=after.agency_id,
        client_id=after.client_id,
        outcome="ok",
        details={"document": after.id, "disclosure": after.disclosure_id, **hashes},
    )
