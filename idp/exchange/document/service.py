"""Use cases of sealed documents: make, keep, fetch, recognise."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentWorks, Exhibit, PrintedBy
from idp.agencies.model import Agency, Service
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, DataSet
from idp.exchange.document import store
from idp.exchange.document.finishing import Finishing, first_work
from idp.exchange.document.model import (
    AwaitedDocument,
    DocumentRecord,
    DocumentState,
    Fetchable,
    FetchedDocument,
    MadeDocument,
    RecipientKeys,
)
from idp.exchange.document.printed_values import digests_of
from idp.exchange.model import ExchangeProblem
from idp.exchange.pull.model import Chain, Disclosure, Outcome
from idp.exchange.pull.records import burst_of
from idp.exchange.pull.store import insert_or_count
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import CROCKFORD, AuditEntryId, ClientId, DisclosureId, DocumentId, SubscriberId, is_id, new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.protocol.encrypted_file import ENCRYPTED_TYPE, encrypt_file, has_key_for_files
from idp.protocol.errors import InvalidRequestError
from idp.storage.storage import Storage, UnitOfWork

PASSWORD_CHARACTERS = 20
GROUP = 5
PDF_TYPE = "application/pdf"

BASIS_TH = {
    Basis.CONSENT: "ความยินยอมของเจ้าของข้อมูล",
    Basis.CARD_HANDED_OVER: "เจ้าของข้อมูลยื่นบัตรประจำตัวประชาชน",
    Basis.SIGNED_FORM: "แบบคำขอที่ลงลายมือชื่อ",
    Basis.DUTY: "หน้าที่ตามกฎหมาย",
    Basis.OWNER: "เจ้าของข้อมูล",
}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a document says besides the data; `printed_by` is the officer who takes it out of the system."""

    agency: Agency
    service: Service
    dataset: DataSet
    basis: Basis
    case: str | None
    decision_entry: AuditEntryId
    issued_at: datetime
    printed_by: PrintedBy | None = None


class Documents:
    """Sealed documents of the exchange. `verify_url` is the public address under which a document is verified."""

    def __init__(
        self,
        *,
        storage: Storage,
        sealer: DocumentWorks,
        recipients: RecipientKeys,
        personal: PersonalData,
        audit: AuditLog,
        randomness: Randomness,
        blind_index: BlindIndex,
        verify_url: str,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._recipients = recipients
        self._personal = personal
        self._audit = audit
        self._randomness = randomness
        self._blind_index = blind_index
        self._verify_url = verify_url.rstrip("/")
        self._finishing = Finishing(storage=storage, works=sealer, personal=personal, audit=audit)

    async def make(
        self, document_id: DocumentId, *, particulars: Particulars, payload: dict[str, Any], payload_json: bytes,
        delivery: Delivery, exhibits: tuple[Exhibit, ...] = (),
    ) -> MadeDocument:  # fmt: skip
        """Seal the payload with the owner's papers, or hold it until there is a time-stamp; nobody has the file yet.

        Raises DocumentError.
        """
        password = self._password() if delivery is Delivery.PASSWORD else None
        made = await self._sealer.seal_or_hold(
            replace(self._request(document_id, particulars, payload, payload_json), exhibits=exhibits),
            delivery=delivery,
            password=password,
        )
        return MadeDocument(document_id, made, password, self._printed_values(document_id, payload))

    async def keep(self, uow: UnitOfWork, made: MadeDocument, disclosure: Disclosure) -> None:
        """Keep the file encrypted, in the transaction that discloses."""
        record = _record_of(made, disclosure, created_at=uow.now, kept_for=_retention(disclosure.dataset))
        sealed_pdf = await self._personal.seal(
            uow, record.key_owner, table="document", column="sealed_pdf", row=made.id, value=made.content
        )
        await store.insert_document(
            uow, record, sealed_pdf=sealed_pdf, printed_values=made.printed_values, due_at=first_work(record)
        )

    async def make_copy(
        self, document_id: DocumentId, *, particulars: Particulars, payload: dict[str, Any], payload_json: bytes,
        delivery: Delivery, photo: bytes | None,
    ) -> MadeDocument:  # fmt: skip
        """An officer's copy: sealed now or not at all, since what waits for a time-stamp is kept meanwhile.

        Raises DocumentError, TimestampUnavailable.
        """
        password = self._password() if delivery is Delivery.PASSWORD else None
        request = replace(self._request(document_id, particulars, payload, payload_json), photo=photo)
        made = await self._sealer.seal(request, delivery=delivery, password=password)
        return MadeDocument(document_id, made, password, self._printed_values(document_id, payload))

    async def note_copy(self, uow: UnitOfWork, made: MadeDocument, disclosure: Disclosure) -> None:
        """Keep number, hash and digests of a copy, by which whoever has it can have it verified; never the file."""
        record = _record_of(made, disclosure, created_at=uow.now, kept_for=timedelta(0))
        await store.insert_document(uow, record, sealed_pdf=None, printed_values=made.printed_values, due_at=None)

    async def require_recipient(self, client_id: ClientId) -> None:
        """Raises Refused (NO_RECIPIENT_KEY) for a program without a key that files can be encrypted to."""
        jwks = await self._recipients.of(client_id)
        if jwks is None or not has_key_for_files(jwks):
            raise Refused(ExchangeProblem.NO_RECIPIENT_KEY)

    async def fetch(
        self, document_id: DocumentId, access_token: VerifiedAccessToken
    ) -> FetchedDocument | AwaitedDocument:
        """The file, for the client and the person of the token, while right and basis hold; audited, and on record
        for the owner. Nothing leaves before it is time-stamped.

        Raises NotFound(DOCUMENT_UNKNOWN), the same for absent, expired, withdrawn, forgotten and another's, and Refused
        (NO_RECIPIENT_KEY) where it was made for a program that has no key any more.
        """
        jwks = await self._keys_for(document_id, access_token.client_id)
        async with self._storage.unit_of_work() as uow:
            found = None
            if is_id("doc", document_id):
                found = await store.find_fetchable(
                    uow, document_id, client_id=access_token.client_id, subscriber_id=access_token.subscriber_id
                )
            if found is not None and found.record.state is DocumentState.AWAITING_TIMESTAMP:
                return AwaitedDocument(found.record)
            try:
                fetched = None if found is None else await self._opened(uow, found, jwks)
            except SealBroken:  # the person's key is gone: what was kept under it is as good as dropped
                found = fetched = None
            entry_id = await self._audit.append(uow, _fetch_event(document_id, access_token, fetched))
            if found is not None and fetched is not None:
                await self._show_to_owner(uow, found, access_token, entry_id)
        if found is None:
            raise NotFound(ExchangeProblem.DOCUMENT_UNKNOWN)
        if fetched is None:
            raise Refused(ExchangeProblem.NO_RECIPIENT_KEY)
        return fetched

    async def _keys_for(self, document_id: DocumentId, client_id: ClientId) -> Mapping[str, Any]:
        """The program's keys, where the document is encrypted to it: they may lie at an address of its own, which is
        asked outside any unit of work.
        """
        async with self._storage.reading() as uow:
            record = await self.find(uow, document_id)
        if record is None or record.delivery is not Delivery.RECIPIENT or record.client_id != client_id:
            return {}
        return await self._recipients.of(client_id) or {}

    async def _opened(self, uow: UnitOfWork, found: Fetchable, jwks: Mapping[str, Any]) -> FetchedDocument | None:
        """The file as it leaves; None when it was made for a recipient who has no key any more."""
        record = found.record
        pdf = await self._personal.open(
            uow, record.key_owner, table="document", column="sealed_pdf", row=record.id, sealed=found.sealed_pdf
        )
        if record.delivery is not Delivery.RECIPIENT:
            return FetchedDocument(record, pdf, PDF_TYPE)
        try:
            return FetchedDocument(record, encrypt_file(pdf, client_jwks=jwks), ENCRYPTED_TYPE)
        except InvalidRequestError:
            return None

    async def refuse_ended(self, access_token: VerifiedAccessToken) -> None:
        """Put on record that a token whose grant has ended was shown for a document."""
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(uow, _fetch_event(None, access_token, None))

    async def _show_to_owner(
        self, uow: UnitOfWork, found: Fetchable, access_token: VerifiedAccessToken, entry_id: AuditEntryId
    ) -> None:
        record = found.record
        collected = Disclosure(
            id=DisclosureId(new_id("dis", now=uow.now, randomness=self._randomness)),
            chain=Chain(
                client_id=record.client_id,
                grant_id=access_token.grant_id,
                subscriber_id=record.subscriber_id,
                consent_id=record.consent_id,
                agreement_id=found.agreement_id,
                about=found.owner_id,
            ),
            agency_id=record.agency_id,
            service_id=record.service_id,
            dataset=record.dataset,
            juristic_id=found.juristic_id,
            fields=found.fields,
            basis=found.basis,
            case=None,
            outcome=Outcome.FETCHED,
            reason=None,
            at=uow.now,
            audit_entry_id=entry_id,
            access_token_id=access_token.token_id,
        )
        await insert_or_count(uow, collected, sealed_case=None, burst=burst_of(collected))

    async def find(self, uow: UnitOfWork, document_id: DocumentId) -> DocumentRecord | None:
        """The record of a document, for whoever holds its number."""
        if not is_id("doc", document_id):
            return None
        return await store.find_document(uow, document_id)

    async def recognise(self, uow: UnitOfWork, pdf: bytes) -> DocumentRecord | None:
        """The record of exactly this file, None when it did not leave here byte for byte."""
        return await store.find_by_sha256(uow, hashlib.sha256(pdf).hexdigest())

    async def finish_due(self) -> int:
        """Work on documents that are not finished; gives how many were brought further."""
        return await self._finishing.advance()

    async def drop_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
        """Drop the files about a person whose identity was closed; gives how many."""
        return await store.drop_files_of(uow, subscriber_id)

    async def drop_expired(self, uow: UnitOfWork) -> int:
        """Drop the files whose 30 days are over; gives how many."""
        return await store.drop_expired_files(uow)

    def new_document_id(self, uow: UnitOfWork) -> DocumentId:
        """A fresh document number."""
        return DocumentId(new_id("doc", now=uow.now, randomness=self._randomness))

    def _request(
        self, document_id: DocumentId, particulars: Particulars, payload: dict[str, Any], payload_json: bytes
    ) -> DocumentRequest:
        dataset, service = particulars.dataset, particulars.service
        law = f" ({service.law_th})" if particulars.basis is Basis.DUTY else ""
        return DocumentRequest(
            template=dataset.template,
            title_th=dataset.title_th,
            title_en=dataset.title_en,
            document_id=document_id,
            agency_name=particulars.agency.name_th,
            purpose=service.purpose_th,
            basis=BASIS_TH[particulars.basis] + law,
            case_no=particulars.case or "",
            source=f"{dataset.owner_th} · {payload['source']['service']}",
            issued_at=particulars.issued_at,
            data=payload,
            data_json=payload_json,
            verify_url=f"{self._verify_url}/{document_id}",
            audit_entry_id=particulars.decision_entry,
            agency_name_en=particulars.agency.name_en,
            purpose_en=service.purpose_en,
            printed_by=particulars.printed_by,
        )

    def _printed_values(self, document_id: DocumentId, payload: dict[str, Any]) -> bytes:
        return digests_of(self._blind_index, document_id, payload["fields"])

    def _password(self) -> str:
        """100 bits in groups of five characters that nobody confuses when reading them out."""
        characters = "".join(CROCKFORD[byte & 31] for byte in self._randomness(PASSWORD_CHARACTERS))
        return "-".join(characters[start : start + GROUP] for start in range(0, PASSWORD_CHARACTERS, GROUP))


def _record_of(
    made: MadeDocument, disclosure: Disclosure, *, created_at: datetime, kept_for: timedelta
) -> DocumentRecord:
    return DocumentRecord(
        id=made.id,
        disclosure_id=disclosure.id,
        subscriber_id=disclosure.chain.subscriber_id,
        agency_id=disclosure.agency_id,
        client_id=disclosure.chain.client_id,
        consent_id=disclosure.chain.consent_id,
        service_id=disclosure.service_id,
        dataset=disclosure.dataset,
        delivery=made.delivery,
        level=made.level,
        sha256=made.sha256,
        issued_sha256=made.sha256,
        issued_size=made.size,
        created_at=created_at,
        expires_at=created_at + kept_for,
    )


def _retention(dataset: str) -> timedelta:
    return DATASETS[dataset].retention


def _fetch_event(
    document_id: DocumentId | None, access_token: VerifiedAccessToken, fetched: FetchedDocument | None
) -> AuditEvent:
    details = {"document": document_id if fetched is not None else "not available to this caller"}
    if fetched is not None:
        details |= {"disclosure": fetched.record.disclosure_id, "sha256": fetched.record.sha256}
    return AuditEvent(
        event="exchange.document_fetched" if fetched is not None else "exchange.document_refused",
        actor=Actor(ActorKind.CLIENT, access_token.acting_client_id),
        subject=fetched.record.subscriber_id if fetched is not None else None,
        agency_id=access_token.agency_id,
        client_id=access_token.client_id,
        outcome="ok" if fetched is not None else "refused",
        details=details,
    )
