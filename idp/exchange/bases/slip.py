"""What a person takes home from a counter: who asked, for what, on which ground, and where to see it and complain.

It names nobody: it may lie on a desk. What was released is read from the disclosure records.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, assert_never

from sqlalchemy import select

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentSealer, SealedDocument
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.contracts.thai_dates import PartialDate, thai_long_date_time
from idp.agencies.model import Agency, Service
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet, Field
from idp.exchange.bases.model import BasisEvidence, CardHandedOver, Ground, LegalDuty, SignedForm
from idp.exchange.bases.service import Bases
from idp.exchange.counter.model import CounterProblem, CounterSession, CounterSessionId
from idp.exchange.counter.store import find_session
from idp.exchange.model import ExchangeProblem
from idp.exchange.pull.model import Outcome
from idp.exchange.pull.store import disclosure
from idp.kernel.errors import NotFound, Unavailable
from idp.kernel.ids import AgencyId, ClientId
from idp.keys.envelope import PersonalData
from idp.storage.storage import Storage, UnitOfWork

COMPLAINT: Final = (
    "แจ้งหน่วยงานนี้ หรือร้องเรียนตามพระราชบัญญัติคุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2562 มาตรา 73",
    "Tell this agency, or complain under section 73 of the Personal Data Protection Act B.E. 2562",
)
LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "agency": ("หน่วยงาน", "Agency"),
        "service": ("บริการ", "Service"),
        "when": ("เมื่อ", "When"),
        "ground": ("ขอข้อมูลโดยอาศัย", "On the ground of"),
        "law": ("กฎหมาย", "Law"),
        "data": ("ข้อมูลที่ให้ไป", "Data given"),
        "see": ("ดูว่าใครดูข้อมูลของท่าน", "See who saw your data"),
        "complain": ("ทางร้องเรียน", "To complain"),
    }
)
SLIPS_AT_ONCE: Final = 4
"""How many one node seals at a time."""
TO_WHOM: Final = "เจ้าของข้อมูล"
NOTHING_GIVEN: Final = "ไม่มีข้อมูลใดถูกส่งให้หน่วยงาน"


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """The slip of one card session. `given` is what was released so far; `see_at` the page of the owner's own log."""

    session: CounterSession
    agency: Agency
    service: Service
    evidence: BasisEvidence
    given: tuple[tuple[DataSet, tuple[Field, ...]], ...]
    see_at: str

    @property
    def case(self) -> str:
        """The case number, as the agency wrote it."""
        return self.session.opened_for.case

    @property
    def opened_at(self) -> datetime:
        """When the session was opened."""
        return self.session.opened_at

    @property
    def ground_th(self) -> str:
        """The ground in Thai."""
        return ground_words(self.evidence.ground)[0]

    @property
    def ground_en(self) -> str:
        """The ground in English."""
        return ground_words(self.evidence.ground)[1]


class Slips:
    """Slips of card sessions, for the program that opened them. `issuer` is the address of the citizens' own pages."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        bases: Bases,
        personal: PersonalData,
        sealer: DocumentSealer,
        issuer: str,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._bases = bases
        self._personal = personal
        self._sealer = sealer
        self._see_at = f"{issuer}/account/activity"
        self._making = 0

    async def slip(self, session_id: CounterSessionId, *, agency_id: AgencyId, client_id: ClientId) -> Slip:
        """The slip, also when the session is over. Raises NotFound (UNKNOWN), the same for another client's."""
        async with self._storage.reading() as uow:
            session = await find_session(uow, self._personal, session_id)
            evidence = None if session is None else await self._bases.of(uow, session.id)
            if session is None or evidence is None or session.opened_for.holder != (agency_id, client_id):
                raise NotFound(CounterProblem.UNKNOWN)
            return Slip(
                session=session,
                agency=await self._agencies.agency(uow, session.opened_for.agency_id),
                service=await self._agencies.service(uow, session.opened_for.service_id),
                evidence=evidence,
                given=await _given(uow, session.id),
                see_at=self._see_at,
            )

    async def paper(self, slip: Slip) -> SealedDocument:
        """The slip as a sealed PDF, kept nowhere. Raises Unavailable (DOCUMENT_NOT_MADE, also when many are made)."""
        # refused at once, not queued: no quota counts slips, and releases need the same processor and authority
        if self._making >= SLIPS_AT_ONCE:
            raise Unavailable(ExchangeProblem.DOCUMENT_NOT_MADE, "busy")
        self._making += 1
        try:
            return await self._sealed(slip)
        finally:
            self._making -= 1

    async def _sealed(self, slip: Slip) -> SealedDocument:
        data = printed(slip)
        request = DocumentRequest(
            template="slip",
            title_th="ใบแจ้งการขอข้อมูลของท่าน",
            title_en="Notice that your data were asked for",
            document_id=slip.session.id,
            agency_name=TO_WHOM,
            purpose=slip.service.purpose_th,
            basis=slip.evidence.basis.value,
            case_no=slip.case,
            source=slip.agency.name_th,
            issued_at=self._storage.clock.now(),
            data=data,
            data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
            verify_url=slip.see_at,
            audit_entry_id=slip.evidence.id,
        )
        try:
            return await self._sealer.seal(request, delivery=Delivery.SEALED, password=None)
        except (DocumentError, TimestampUnavailable) as error:
            raise Unavailable(ExchangeProblem.DOCUMENT_NOT_MADE) from error


def ground_words(ground: Ground) -> tuple[str, str]:
    """What the person reads of the ground, in Thai and English; a duty is a notice, and offers no choice."""
    match ground:
        case CardHandedOver():
            return "ท่านยื่นบัตรประจำตัวประชาชนให้เจ้าหน้าที่", "You handed your ID card to the officer"
        case SignedForm(signed_on=day):
            return (
                f"แบบคำขอที่ท่านลงลายมือชื่อเมื่อ {PartialDate.from_date(day).thai()}",
                f"A form that you signed on {PartialDate.from_date(day).english()}",
            )
        case LegalDuty(law, section):
            return f"หน้าที่ตามกฎหมาย: {law} {section}", f"A duty by law: {law} {section}"
        case never:
            assert_never(never)


def printed(slip: Slip) -> dict[str, Any]:
    """What the page prints; names of fields, never a value."""
    given = "; ".join(
        f"{dataset.title_th}: {', '.join(field.label_th for field in fields)}" for dataset, fields in slip.given
    )
    fields = {
        "agency": slip.agency.name_th,
        "service": slip.service.title_th,
        "when": thai_long_date_time(slip.opened_at),
        "ground": slip.ground_th,
        "law": slip.service.law_th,
        "data": given or NOTHING_GIVEN,
        "see": slip.see_at,
        "complain": COMPLAINT[0],
    }
    labels = {name: {"th": LABELS[name][0], "en": LABELS[name][1]} for name in fields}
    return {"fields": fields, "labels": labels, "order": list(fields)}


async def _given(uow: UnitOfWork, session_id: CounterSessionId) -> tuple[tuple[DataSet, tuple[Field, ...]], ...]:
    released = (disclosure.c.counter_id == session_id, disclosure.c.outcome == Outcome.RELEASED.value)
    rows = await uow.all(select(disclosure.c.dataset, disclosure.c.fields).where(*released).order_by(disclosure.c.id))
    named: dict[str, set[str]] = {}
    for row in rows:
        named.setdefault(row.dataset, set()).update(row.fields)
    return tuple(
        (dataset, tuple(field for field in dataset.fields if field.name in names))
        for dataset, names in ((DATASETS[dataset_id], names) for dataset_id, names in named.items())
    )
