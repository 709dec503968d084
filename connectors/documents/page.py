"""What a page says beside the record: for whom, for what, on which ground, from which service, printed by whom."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bahttext import bahttext

from connectors.contracts.documents import DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.contracts.thai_dates import thai_long_date_time
from connectors.documents.bound_pages import LABEL_PREFIX, is_page_image
from connectors.documents.wording import IN_THAI_DIGITS, in_thai_digits

MONEY_FIELDS: Final = ("registered_capital", "paid_up_capital")
LARGEST_SPELLED_AMOUNT: Final = Decimal("1e13")
"""Baht; past it the spelling library rounds the satang away."""
BASIS_TEXTS: Final = {
    "consent": "ความยินยอมของเจ้าของข้อมูล",
    "card_handed_over": "เจ้าของข้อมูลยื่นบัตรประจำตัวประชาชน",
    "signed_form": "แบบคำขอที่ลงลายมือชื่อ",
    "duty": "หน้าที่ตามกฎหมาย",
    "owner": "เจ้าของข้อมูลขอดูข้อมูลของตน",
}


def page_of(request: DocumentRequest, record: Mapping[str, Any], *, seal_name: str) -> dict[str, Any]:
    """The page's own texts. `seal_name` is whose seal it announces. Raises DocumentError for what is no moment."""
    issued_at = thai_long_date_time(request.issued_at)
    return {
        "title_th": request.title_th,
        "title_en": request.title_en,
        "document_id": request.document_id,
        "agency_name": request.agency_name,
        "agency_name_en": request.agency_name_en,
        "purpose": request.purpose,
        "purpose_en": request.purpose_en,
        "basis": BASIS_TEXTS.get(request.basis, request.basis),
        "case_no": request.case_no,
        "source": request.source,
        "issued_at": in_thai_digits(issued_at) if request.template in IN_THAI_DIGITS else issued_at,
        "audit_entry_id": request.audit_entry_id,
        "seal_name": seal_name,
        "printed_by": _printed_by(request),
        "sources": _sources(record),
        "exhibits": [
            {
                "file_name": exhibit.file_name,
                "th": exhibit.said_th,
                "en": exhibit.said_en,
                "sha256": hashlib.sha256(exhibit.data).hexdigest(),
            }
            for exhibit in request.exhibits
            if not is_page_image(exhibit)
        ],
        "bound": _bound(sum(map(is_page_image, request.exhibits))),
        "money": {name: amount for name in MONEY_FIELDS if (amount := _money(record["fields"].get(name))) is not None},
    }


def _bound(count: int) -> dict[str, str] | None:
    """How many page images are bound behind the document, and their labels."""
    if not count:
        return None
    return {"count": str(count), "first": f"{LABEL_PREFIX}1", "last": f"{LABEL_PREFIX}{count}"}


def _printed_by(request: DocumentRequest) -> dict[str, str] | None:
    officer = request.printed_by
    if officer is None:
        return None
    return {"name": officer.name, "position": officer.position, "unit": officer.unit}


def _sources(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which service said which fields, and when, in the record's order."""
    told: dict[tuple[str, str], list[str]] = {}
    source = record.get("source")
    for name, said in (source.get("fields", {}) if isinstance(source, dict) else {}).items():
        told.setdefault((said["service"], said["retrieved_at"]), []).append(name)
    try:
        return [
            {"service": service, "retrieved_at": thai_long_date_time(datetime.fromisoformat(at)), "names": names}
            for (service, at), names in told.items()
        ]
    except ValueError:
        raise DocumentError("the record does not say when it was retrieved") from None


def _money(value: object) -> dict[str, str] | None:
    """A plain decimal in figures with separators and in Thai words; None for what is printed as it stands."""
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    if amount is None or not Decimal(0) <= amount < LARGEST_SPELLED_AMOUNT:
        return None
    return {"figures": f"{amount:,.2f}", "words": bahttext(amount)}
