"""The month as a sealed paper for the head of the agency: figures alone, in both languages."""

import json
from datetime import date
from typing import Any, Final

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentSealer
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.contracts.thai_dates import PartialDate
from idp.agencies.service import Agencies
from idp.approvals.model import Decider
from idp.kernel.errors import Unavailable
from idp.oversight.followup.model import Flag, Verdict
from idp.oversight.months.model import Month, MonthProblem
from idp.oversight.months.service import Months
from idp.portal.supervision.model import MonthName
from idp.storage.storage import Storage

TITLE: Final = ("รายงานการควบคุมดูแลการตรวจสอบข้อมูลประจำเดือน", "Monthly report on the look-ups of officers")
SOURCE: Final = "บันทึกการตรวจสอบข้อมูลและผลการตรวจของผู้ควบคุมดูแล"
PURPOSE: Final = ("รายงานต่อหัวหน้าหน่วยงานผู้รับผิดชอบ", "For the head of the agency, who answers for it")

LABELS: Final[dict[str, tuple[str, str]]] = {
    "month": ("เดือน", "Month"),
    "named": ("บุคคลที่ตรวจสอบด้วยเลขประจำตัว", "Persons named by number"),
    "officers": ("เจ้าหน้าที่ที่ตรวจสอบ", "Officers who did"),
    "released": ("คำขอที่ได้รับข้อมูล", "Requests answered with data"),
    "refused": ("คำขอที่ไม่ได้รับข้อมูล", "Requests not answered with data"),
    "reviewed": ("รายการที่นำมาตรวจ", "Look-ups taken for review"),
    "fine": ("ผลการตรวจ: ถูกต้อง", "Found: in order"),
    "misuse": ("ผลการตรวจ: ใช้โดยมิชอบ", "Found: misuse"),
    "asked": ("รายการที่ถามเจ้าหน้าที่", "Look-ups an officer was asked about"),
    "waiting": ("รายการที่ยังรอตรวจ ณ เวลาที่ออกรายงาน", "Waiting for review when this was made"),
    "overdue": ("รายการที่เกินกำหนด ณ เวลาที่ออกรายงาน", "Overdue when this was made"),
}
FLAGS: Final[dict[Flag, tuple[str, str]]] = {
    Flag.OWN_NAME: ("นามสกุลเดียวกับเจ้าหน้าที่", "The officer's own family name"),
    Flag.HOUSE_MATE: ("อยู่บ้านเดียวกับเจ้าหน้าที่", "Lives in the officer's house"),
    Flag.SEQUENCE: ("เลขเรียงกัน", "Numbers one after the other"),
    Flag.NIGHT: ("เวลากลางคืน", "At night"),
    Flag.BULK: ("จำนวนมากในหนึ่งชั่วโมงหรือหนึ่งเรื่อง", "Many within an hour, or for one case"),
    Flag.WATCHED: ("บุคคลที่เฝ้าระวัง", "A person who is watched over"),
}


class MonthPapers:
    """Sealed reports. `portal_url` is the address of the staff's pages."""

    def __init__(
        self, *, storage: Storage, months: Months, agencies: Agencies, sealer: DocumentSealer, portal_url: str
    ) -> None:
        self._storage = storage
        self._months = months
        self._agencies = agencies
        self._sealer = sealer
        self._portal_url = portal_url

    async def paper(self, first: date, *, by: Decider) -> tuple[str, bytes]:
        """Its number and the PDF. Raises as `Months.take` does, Unavailable (NOT_SEALED)."""
        report = await self._months.take(first, by=by)
        async with self._storage.reading() as uow:
            agency = await self._agencies.agency(uow, report.month.agency_id)
            now = uow.now
        data = printed(report.month)
        request = DocumentRequest(
            template="month_report",
            title_th=TITLE[0],
            title_en=TITLE[1],
            document_id=report.id,
            agency_name=agency.name_th,
            agency_name_en=agency.name_en,
            purpose=PURPOSE[0],
            purpose_en=PURPOSE[1],
            basis="",
            case_no="",
            source=SOURCE,
            issued_at=now,
            data=data,
            data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
            verify_url=f"{self._portal_url}/supervision/months/{first:%Y-%m}",
            audit_entry_id=report.audit_entry_id,
        )
        try:
            sealed = await self._sealer.seal(request, delivery=Delivery.SEALED, password=None)
        except (DocumentError, TimestampUnavailable) as error:
            raise Unavailable(MonthProblem.NOT_SEALED) from error
        return report.id, sealed.pdf


def printed(month: Month) -> dict[str, Any]:
    """What is printed: figures, labels in both languages."""
    name = MonthName(month.first)
    counted = {
        "named": month.named,
        "officers": month.officers,
        "released": month.released,
        "refused": month.refused,
        "reviewed": month.reviewed,
        "fine": month.findings.get(Verdict.FINE, 0),
        "misuse": month.findings.get(Verdict.MISUSE, 0),
        "asked": month.asked,
        "waiting": month.standing.waiting,
        "overdue": month.standing.overdue,
    }
    fields: dict[str, Any] = {
        "month": f"{name.title_th} / {name.title_en}",
        **{one: str(count) for one, count in counted.items()},
        "flags": [
            {"flag": f"{words[0]} / {words[1]}", "times": str(month.flags.get(flag, 0))}
            for flag, words in FLAGS.items()
        ],
        "days": [
            {
                "day": PartialDate.from_date(one.day).thai(),
                "named": str(one.named),
                "released": str(one.released),
                "refused": str(one.refused),
            }
            for one in month.days
            if one.named or one.released or one.refused
        ],
    }
    labels: dict[str, Any] = {one: _both(words) for one, words in LABELS.items()}
    labels["flags"] = _both(("สิ่งที่ระบบสังเกตพบ", "What was noticed")) | {
        "columns": {"flag": _both(("ข้อสังเกต", "Noticed")), "times": _both(("ครั้ง", "Times"))}
    }
    labels["days"] = _both(("แต่ละวัน", "Day by day")) | {
        "columns": {
            "day": _both(("วันที่", "Day")),
            "named": _both(("ตรวจสอบ", "Named")),
            "released": _both(("ได้ข้อมูล", "Answered")),
            "refused": _both(("ไม่ได้ข้อมูล", "Refused")),
        }
    }
    return {"fields": fields, "labels": labels, "order": list(fields)}


def _both(words: tuple[str, str]) -> dict[str, Any]:
    return {"th": words[0], "en": words[1]}
