"""Requests for papers that are no extracts, and one request for every template."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from connectors.contracts.documents import DocumentRequest
from connectors.documents.onboarding import request_for
from connectors.fictitious import hard_cases
from connectors.fictitious.personas import PERSONAS
from idp.catalogue.datasets import DATASETS
from idp.kernel.ids import AgencyId
from idp.oversight.followup.model import Flag, Standing, Verdict
from idp.oversight.months.model import DayOfLookUps, Month
from idp.portal.supervision.month_paper import PURPOSE, TITLE, printed
from tests.connectors.documents.examples import ISSUED_AT, document_request
from tests.connectors.documents.extracts import (
    address_paper,
    card_paper,
    company_paper,
    financials_paper,
    generic_paper,
    house_paper,
    memorandum_paper,
    names_paper,
    person_paper,
    shareholders_paper,
)
from tests.connectors.documents.onboarding_examples import ONBOARDING


def of_own(
    template: str, titles: tuple[str, str], fields: Mapping[str, Any], labels: Mapping[str, Any], **changes: Any
) -> DocumentRequest:
    """A paper that is no extract of a registry."""
    data = {"fields": dict(fields), "labels": dict(labels), "order": list(fields), **changes.pop("more", {})}
    request = document_request(
        template, {}, title_th=titles[0], title_en=titles[1], data=data, data_json=json.dumps(data).encode()
    )
    return replace(request, **changes)


def _labels(**told: tuple[str, str]) -> dict[str, Any]:
    return {name: {"th": th, "en": en} for name, (th, en) in told.items()}


def receipt_paper() -> DocumentRequest:
    """A consent receipt."""
    labels = _labels(
        consent=("เลขที่ความยินยอม", "Consent no."), agency=("หน่วยงานผู้ขอ", "Agency"), given=("ให้ความยินยอมเมื่อ", "Given")
    )
    fields = {
        "consent": "con_01JD9Z6X5QK3A8",
        "agency": "หน่วยงานจัดหางานสาธิต (ตัวอย่าง)",
        "given": "22 พฤศจิกายน พ.ศ. 2569 เวลา 17.05 น.",
    }
    group = {
        "title": {"th": "ข้อมูลส่วนบุคคล", "en": "Personal data"},
        "source": {"th": "กรมการปกครอง", "en": "DOPA"},
        "rows": [{"th": "ชื่อ-นามสกุล", "en": "Name", "optional": False}, {"th": "เพศ", "en": "Sex", "optional": True}],
    }
    return of_own(
        "consent_receipt", ("ใบรับความยินยอม", "Consent receipt"), fields, labels,
        agency_name="เจ้าของความยินยอม", case_no="", more={"groups": [group]},
    )  # fmt: skip


def slip_paper() -> DocumentRequest:
    """A counter slip."""
    labels = _labels(
        agency=("หน่วยงาน", "Agency"), ground=("ขอข้อมูลโดยอาศัย", "On the ground of"), data=("ข้อมูลที่ให้ไป", "Data given")
    )
    fields = {
        "agency": "สำนักงานประปานคร (ตัวอย่าง)",
        "ground": "ท่านยื่นบัตรประจำตัวประชาชนให้เจ้าหน้าที่",
        "data": "ข้อมูลที่อยู่: ที่อยู่ตามทะเบียนบ้าน, ตำบล/แขวง, อำเภอ/เขต",
    }
    return of_own(
        "slip",
        ("ใบแจ้งการขอข้อมูลของท่าน", "Notice that your data were asked for"),
        fields,
        labels,
        agency_name="เจ้าของข้อมูล",
    )


def month_paper() -> DocumentRequest:
    """The month of an agency's look-ups, for its head."""
    first = date(2026, 11, 1)
    days = tuple(DayOfLookUps(first + timedelta(days=one), one % 7, one % 5, one % 3) for one in range(30))
    month = Month(
        agency_id=AgencyId("agc_1"),
        first=first,
        last=date(2026, 11, 30),
        days=days,
        officers=4,
        reviewed=17,
        flags={Flag.NIGHT: 2, Flag.BULK: 31},
        findings={Verdict.FINE: 15, Verdict.MISUSE: 1},
        asked=3,
        standing=Standing(waiting=1, overdue=0, next_due=None),
    )
    data = printed(month)
    more = {"agency_name": "หน่วยงานจัดหางานสาธิต (ตัวอย่าง)", "purpose": PURPOSE[0], "purpose_en": PURPOSE[1]}
    return of_own("month_report", TITLE, data["fields"], data["labels"], **more)


def access_paper(entries: int = 40) -> DocumentRequest:
    """Who saw my data."""
    labels: dict[str, Any] = _labels(
        since=("ตั้งแต่", "Since"), until=("ถึง", "Until"), entry_count=("จำนวนครั้ง", "Entries")
    )
    columns = _labels(
        at=("เมื่อ", "When"), agency=("หน่วยงาน", "Agency"), purpose=("เพื่อ", "For"), fields=("รายการข้อมูล", "Fields"),
        outcome=("ผล", "Outcome"),
    )  # fmt: skip
    labels["entries"] = {"th": "รายการทั้งหมด", "en": "All entries", "columns": columns}
    rows = [
        {
            "at": f"{place % 28 + 1} ตุลาคม พ.ศ. 2569 เวลา 09.{place:02d} น.",
            "agency": "หน่วยงานจัดหางานสาธิต (ตัวอย่าง)",
            "purpose": "ขึ้นทะเบียนผู้ว่างงานและรายงานตัวทางอินเทอร์เน็ต",
            "fields": "เลขประจำตัวประชาชน, ชื่อ-นามสกุล, วันเดือนปีเกิด, ที่อยู่ตามทะเบียนบ้าน" if place % 3 else "ชื่อ-นามสกุล",
            "outcome": "ให้ข้อมูล" if place % 5 else "ปฏิเสธ",
        }
        for place in range(entries)
    ]
    fields = {
        "since": "1 ตุลาคม พ.ศ. 2569", "until": "22 พฤศจิกายน พ.ศ. 2569", "entry_count": str(entries), "entries": rows
    }  # fmt: skip
    return of_own(
        "access_report", ("รายงานการเข้าถึงข้อมูลของฉัน", "Who saw my data"), fields, labels, agency_name="เจ้าของข้อมูล"
    )


def evidence_paper() -> DocumentRequest:
    """The first page of a bundle of evidence."""
    labels: dict[str, Any] = _labels(disclosure=("เลขที่การเปิดเผย", "Disclosure"), reason=("เหตุผลที่ส่งออก", "Reason"))
    labels["files"] = {
        "th": "ไฟล์ในชุดหลักฐาน", "en": "Files of the bundle",
        "columns": _labels(path=("ไฟล์", "File"), sha256=("ค่าแฮช SHA-256", "SHA-256")),
    }  # fmt: skip
    files = (
        "README.txt",
        "jwks.json",
        "disclosure.json",
        "log/disclosure.json",
        "consent/receipt-given.jwt",
        "agreement.json",
    )
    fields = {
        "disclosure": "dis_01JD9Z6X5QK3A8",
        "reason": "คำสั่งศาลตัวอย่าง ที่ 1/2569",
        "files": [{"path": path, "sha256": hashlib.sha256(path.encode()).hexdigest()} for path in files],
    }
    return of_own("evidence", ("หลักฐานการเปิดเผยข้อมูล", "Evidence of a disclosure"), fields, labels)


LETTERS = {
    "population": (
        "ขออนุญาตเชื่อมโยงข้อมูลทะเบียนราษฎร",
        "อธิบดีกรมการปกครอง",
        (
            "ด้วยสำนักงานประปานคร (ตัวอย่าง) มีภารกิจให้บริการติดตั้งมาตรน้ำประปาแก่ประชาชน "
            "จำเป็นต้องตรวจสอบข้อมูลทะเบียนราษฎรของผู้ขอใช้บริการ "
            "แทนการเรียกสำเนาบัตรประจำตัวประชาชนและสำเนาทะเบียนบ้าน ตามมติคณะรัฐมนตรีเมื่อวันที่ 2 ตุลาคม 2561",
            "จึงเรียนมาเพื่อโปรดพิจารณาอนุญาต และกำหนดสิทธิ์เจ้าหน้าที่ตามบัญชีรายชื่อที่ส่งมาพร้อมนี้ จำนวน 12 คน",
        ),
    ),
    "company": (
        "ขอเชื่อมโยงข้อมูลนิติบุคคล",
        "อธิบดีกรมพัฒนาธุรกิจการค้า",
        ("ด้วยสำนักงานประปานคร (ตัวอย่าง) ประสงค์จะตรวจสอบข้อมูลนิติบุคคลผ่านศูนย์กลางแลกเปลี่ยนข้อมูลภาครัฐ และขอรับรหัสผู้ใช้งาน 1 ชุด",),
    ),
    "supervisor": (
        "แต่งตั้งผู้ควบคุมดูแลการเข้าถึงข้อมูล",
        "ผู้อำนวยการฝ่ายบริการ",
        ("ขอแต่งตั้งท่านเป็นผู้ควบคุมดูแลและติดตามการปฏิบัติงานของเจ้าหน้าที่ในการเข้าถึงและใช้ข้อมูล ตั้งแต่วันที่ 1 ธันวาคม 2569 เป็นต้นไป",),
    ),
}


def letter_paper(kind: str = "population") -> DocumentRequest:
    """A letter of the onboarding."""
    title, to, paragraphs = LETTERS[kind]
    fields = {
        "number": "ปน 0123/456",
        "office": "สำนักงานประปานคร (ตัวอย่าง)\n99/9 ถนนตัวอย่าง กรุงเทพมหานคร 10999",
        "date": "22 พฤศจิกายน 2569",
        "to": to,
        "reference": "มติคณะรัฐมนตรี วันที่ 2 ตุลาคม 2561",
        "enclosures": ["ใบคำขอใช้บริการระบบ GDX 1 ฉบับ", "บัญชีรายชื่อเจ้าหน้าที่ 12 คน"],
        "paragraphs": list(paragraphs),
        "signer_name": "นายตัวอย่าง ผู้บริหารดี",
        "signer_position": "ผู้อำนวยการสำนักงานประปานคร",
        "contact": ["ฝ่ายเทคโนโลยีสารสนเทศ", "โทร. 0 0000 0000", "contact@waterworks.example"],
    }
    return of_own("letter", (title, "Letter"), fields, {}, purpose="", basis="", case_no="", source="")


def form_paper() -> DocumentRequest:
    """The request form of the data exchange."""
    labels: dict[str, Any] = _labels(
        agency=("ชื่อหน่วยงาน", "Agency"), case=("กรณี", "Case"), admin_name=("ผู้ดูแลระบบ", "Administrator"),
        admin_contact=("ติดต่อ", "Contact"), head_name=("หัวหน้าหน่วยงาน", "Head"),
        readers=("จำนวนเครื่องอ่านบัตร", "Card readers"),
    )  # fmt: skip
    answers = {"yes": {"th": "[X]", "en": "wanted"}, "no": {"th": "[  ]", "en": "not wanted"}}
    columns: dict[str, Any] = _labels(title=("ข้อมูลที่ขอ", "Data"), service=("บริการ", "Service"))
    columns["wanted"] = {"th": "ขอ", "en": "Wanted", "codes": answers}
    labels["datasets"] = {"th": "ข้อมูลที่ต้องการเชื่อมโยง", "en": "Data wanted", "columns": columns}
    fields = {
        "agency": "สำนักงานประปานคร (ตัวอย่าง)",
        "case": "1. เชื่อมโยงข้อมูลทะเบียนราษฎรแบบออนไลน์",
        "admin_name": "นางสาวพิมพ์ใจ ตัวอย่างศรี",
        "admin_contact": "0 0000 0000 admin@waterworks.example",
        "head_name": "นายตัวอย่าง ผู้บริหารดี",
        "readers": "24",
        "datasets": [
            {"title": dataset.title_th, "service": dataset.service, "wanted": "yes" if place % 3 else "no"}
            for place, dataset in enumerate(DATASETS.values())
        ],
    }
    return of_own(
        "request_form", ("ใบคำขอใช้บริการระบบ GDX", "Request for the government data exchange"), fields, labels,
        purpose="", basis="", case_no="", source="",
    )  # fmt: skip


def every_paper() -> Iterator[tuple[str, DocumentRequest]]:
    """One of each template, about ordinary people."""
    person, company = PERSONAS["somchai"].person, hard_cases.COMPANIES["signing_8"]
    yield "person", person_paper(person)
    yield "address", address_paper(person)
    yield "card", card_paper(person)
    yield "house", house_paper(hard_cases.CROWDED_HOUSE)
    yield "name_changes", names_paper(hard_cases.PEOPLE["five_names"])
    yield "company", company_paper(company)
    yield "memorandum", memorandum_paper(company)
    yield "shareholders", shareholders_paper(hard_cases.COMPANIES["many_holders"], most=90)
    yield "financials", financials_paper(company)
    yield "record", generic_paper()
    yield "consent_receipt", receipt_paper()
    yield "slip", slip_paper()
    yield "access_report", access_paper()
    yield "month_report", month_paper()
    yield "evidence", evidence_paper()
    yield "letter", letter_paper()
    yield "request_form", form_paper()
    yield "order", request_for(ONBOARDING["order"], now=ISSUED_AT)
    yield "officers", request_for(ONBOARDING["officers"], now=ISSUED_AT)
    yield "places", request_for(ONBOARDING["places"], now=ISSUED_AT)
