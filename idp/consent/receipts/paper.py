"""The receipt for people: a sealed PDF with the signed receipt inside; made when it is asked for, kept nowhere."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentSealer, SealedDocument
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.contracts.thai_dates import thai_long_date_time
from idp.consent.model import ConsentProblem, ConsentRecord
from idp.consent.receipts.model import Receipt, Stage
from idp.consent.receipts.rules import consent_uri
from idp.consent.receipts.service import Receipts
from idp.consent.service import Consents
from idp.kernel.errors import Unavailable
from idp.kernel.ids import ConsentId
from idp.storage.storage import Storage

LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "given": ("ให้ความยินยอมเมื่อ", "Given"),
    "until": ("ใช้ได้ถึง", "Valid until"),
    "withdrawn": ("ถอนเมื่อ", "Taken back"),
    "agency": ("หน่วยงานผู้ขอ", "Agency"),
    "recipient": ("ผู้รับข้อมูล", "Recipient"),
    "law": ("กฎหมาย", "Law"),
    "retention": ("หน่วยงานเก็บข้อมูล", "Kept by the agency"),
    "shown": ("ค่าแฮชของข้อความที่แสดง", "Hash of what was shown"),
    "consent": ("เลขที่ความยินยอม", "Consent no."),
}
PAPERS_AT_ONCE: Final = 2
"""How many one node makes at a time: asking costs nothing, sealing costs a processor and the time-stamp authority."""
SIGN_IN: Final = ("เพื่อเข้าสู่ระบบและแสดงว่าบริการติดต่อกับผู้ใด", "To sign in")
SOURCE: Final = "ใบรับนี้ออกโดยดิจิทัลไอดี"
TO_WHOM: Final = "เจ้าของความยินยอม"


class ReceiptPapers:
    """Receipts as sealed PDF."""

    def __init__(
        self,
        *,
        storage: Storage,
        receipts: Receipts,
        consents: Consents,
        sealer: DocumentSealer,
        issuer: str,
    ) -> None:
        self._storage = storage
        self._receipts = receipts
        self._consents = consents
        self._sealer = sealer
        self._issuer = issuer
        self._making = 0

    async def paper(self, consent_id: ConsentId) -> SealedDocument:
        """The PDF of the latest receipt. Raises NotFound, and Unavailable when it cannot be made at present."""
        # refused at once, not queued: who asks too often waits for nobody
        if self._making >= PAPERS_AT_ONCE:
            raise Unavailable(ConsentProblem.PAPER_NOT_MADE, "busy")
        self._making += 1
        try:
            return await self._made(consent_id)
        finally:
            self._making -= 1

    async def _made(self, consent_id: ConsentId) -> SealedDocument:
        receipt = await self._receipts.latest(consent_id)
        async with self._storage.reading() as uow:
            record = await self._consents.get(uow, consent_id)
        assert record is not None, "a receipt was issued for it just now"
        data = printed(record, receipt)
        purpose = claims_of(receipt)["pii_processing"]["purposes"][0].get("purpose", {"th": SIGN_IN[0]})
        request = DocumentRequest(
            template="consent_receipt",
            title_th="ใบรับความยินยอม",
            title_en="Consent receipt",
            document_id=receipt.id,
            agency_name=TO_WHOM,
            purpose=purpose["th"],
            basis="consent",
            case_no="",
            source=SOURCE,
            issued_at=receipt.issued_at,
            data=data,
            data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
            verify_url=consent_uri(self._issuer, record),
            audit_entry_id=receipt.audit_entry_id,
        )
        try:
            return await self._sealer.seal(request, delivery=Delivery.SEALED, password=None)
        except (DocumentError, TimestampUnavailable) as error:
            raise Unavailable(ConsentProblem.PAPER_NOT_MADE) from error


def printed(record: ConsentRecord, receipt: Receipt) -> dict[str, Any]:
    """What the page prints, with the signed receipt itself. Names and texts are the receipt's: as they were then,
    whatever the service is registered with by now.
    """
    claims = claims_of(receipt)
    parties = {one["party_role"]: one for one in claims["party_identification"]}
    purpose = claims["pii_processing"]["purposes"][0]
    fields = {
        "consent": record.id,
        "agency": parties["PII controller"]["party_name"]["th"],
        "recipient": parties["recipient"]["party_name"]["th"],
        "given": thai_long_date_time(record.given_at),
        "until": thai_long_date_time(record.valid_until),
        "withdrawn": thai_long_date_time(record.withdrawn_at)
        if record.withdrawn_at is not None and receipt.stage is Stage.WITHDRAWN
        else "",
        "law": purpose.get("law", {}).get("th", ""),
        "retention": purpose.get("retention", {}).get("th", ""),
        "shown": record.shown_hash,
    }
    said = {name: text for name, text in fields.items() if text}
    return {
        "fields": said,
        "labels": {name: dict(zip(("th", "en"), LABELS[name], strict=True)) for name in said},
        "order": list(said),
        "groups": _groups(purpose["pii_information"]),
        "receipt": receipt.jwt,
    }


def claims_of(receipt: Receipt) -> dict[str, Any]:
    """The claims of our own receipt, as they were signed."""
    payload = receipt.jwt.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _groups(information: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The data, by where they come from."""
    return [
        {"title": dict(title), "source": dict(source), "rows": [_row(one) for one in members]}
        for (title, source), members in groupby(information, key=_heading)
    ]


def _heading(one: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    own = {"th": "ดิจิทัลไอดีของท่าน", "en": "Your digital ID"}
    return tuple(one.get("category", own).items()), tuple(one.get("source", own).items())


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    label = one.get("label", {})
    name = next(iter(label.values()), one["pii_type"])
    return {"th": label.get("th", name), "en": label.get("en", name), "optional": one["optional"]}
