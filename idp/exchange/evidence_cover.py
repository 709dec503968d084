"""The first page of a bundle of evidence: of what it is evidence, and the digest of every file in it."""

import json
from typing import Any, Final

from connectors.contracts.documents import DocumentRequest
from idp.exchange.evidence import EvidenceBundle

TITLE: Final = ("หลักฐานการเปิดเผยข้อมูล", "Evidence of a disclosure")
TO_WHOM: Final = "ผู้ที่ได้รับหลักฐานตามเหตุผลที่ส่งออก"
SOURCE: Final = "บันทึกการเปิดเผยข้อมูลของดิจิทัลไอดี"
LABELS: Final[dict[str, Any]] = {
    "disclosure": {"th": "เลขที่การเปิดเผย", "en": "Disclosure"},
    "reason": {"th": "เหตุผลที่ส่งออก", "en": "Reason"},
    "files": {
        "th": "ไฟล์ในชุดหลักฐาน",
        "en": "Files of the bundle",
        "columns": {
            "path": {"th": "ไฟล์", "en": "File"},
            "sha256": {"th": "ค่าแฮช SHA-256", "en": "SHA-256"},
        },
    },
}


def cover_of(bundle: EvidenceBundle, disclosure: str, reason: str, gateway: str) -> DocumentRequest:
    """What is printed: names and digests of the files, never what is in them. The manifest is among them.

    `gateway` is the address where papers are verified.
    """
    fields = {
        "disclosure": disclosure,
        "reason": reason,
        "files": [{"path": file.path, "sha256": file.sha256} for file in bundle.files],
    }
    data = {"fields": fields, "labels": LABELS, "order": list(fields)}
    return DocumentRequest(
        template="evidence",
        title_th=TITLE[0],
        title_en=TITLE[1],
        document_id=bundle.audit_entry_id,
        agency_name=TO_WHOM,
        purpose="",
        basis="",
        case_no="",
        source=SOURCE,
        issued_at=bundle.exported_at,
        data=data,
        data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
        verify_url=f"{gateway}/verify",
        audit_entry_id=bundle.audit_entry_id,
    )
