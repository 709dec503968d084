"""The words of the papers that an agency prepares to be connected: what each says, as a request to the typesetter.

Thai as offices write to each other; numbers, dates and signatures that are not there yet are left as dotted lines. The
papers carry no seal: they are of no effect before somebody signed them, and say so.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, assert_never

from connectors.contracts.documents import DocumentRequest
from connectors.contracts.onboarding_papers import (
    AskedOfDopa,
    LetterHead,
    LetterToDbd,
    LetterToDopa,
    OfficerList,
    OnboardingCase,
    OnboardingPaper,
    PersonOnPaper,
    PlacesRequest,
    RequestForm,
    SupervisorOrder,
    WantedData,
)
from connectors.contracts.thai_dates import PartialDate

CASES_TH: Final[Mapping[OnboardingCase, str]] = MappingProxyType(
    {
        OnboardingCase.DOPA_ONLINE: "เชื่อมโยงข้อมูลทะเบียนราษฎร กรมการปกครอง แบบ online",
        OnboardingCase.CARD_ONLY: "เชื่อมโยงข้อมูลทะเบียนราษฎร กรมการปกครอง แบบอ่านข้อมูลจากบัตร",
        OnboardingCase.DBD: "เชื่อมโยงข้อมูลนิติบุคคล กรมพัฒนาธุรกิจการค้า",
    }
)
"""In the words of the source document."""
HUB: Final = "ศูนย์กลางแลกเปลี่ยนข้อมูลภาครัฐ (GDX)"
DGA: Final = "สำนักงานพัฒนารัฐบาลดิจิทัล (องค์การมหาชน) (สพร.)"
ONLY_FOR: Final = "ทั้งนี้ หน่วยงานจะใช้ข้อมูลตามวัตถุประสงค์ที่ได้รับอนุญาตเท่านั้น และจัดให้มีผู้ควบคุมดูแลการเข้าถึงข้อมูลของเจ้าหน้าที่"
DUTIES: Final = (
    "ควบคุมดูแลและติดตามการปฏิบัติงานของเจ้าหน้าที่ในการเข้าถึงและใช้ข้อมูล ให้เป็นไปตามภารกิจและวัตถุประสงค์ที่ได้รับอนุญาต",
    "สอบทานรายการตรวจสอบข้อมูลที่ระบบสุ่มให้ทุกวันทำการ และสอบถามเหตุผลจากเจ้าหน้าที่เมื่อมีข้อสงสัย",
    "สั่งระงับสิทธิการเข้าถึงข้อมูลของเจ้าหน้าที่ และรายงานผู้บังคับบัญชาทันที เมื่อพบการใช้หรือเปิดเผยข้อมูลโดยมิชอบ",
)
FORM_LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "agency": ("ชื่อหน่วยงาน", "Agency"),
        "agency_en": ("ชื่อภาษาอังกฤษ", "In English"),
        "address": ("ที่อยู่", "Address"),
        "admin_name": ("ผู้ดูแลระบบของหน่วยงาน", "Administrator"),
        "admin_position": ("ตำแหน่ง", "Position"),
        "admin_contact": ("ติดต่อ", "Contact"),
        "head_name": ("หัวหน้าหน่วยงาน", "Head of the agency"),
        "officers": ("จำนวนเจ้าหน้าที่ผู้ใช้งาน", "Officers"),
        "readers": ("จำนวนเครื่องอ่านบัตร (หน่วยงานจัดหา)", "Card readers (the agency provides them)"),
        "cases": ("กรณีที่ขอใช้บริการ", "Cases"),
    }
)
WANTED_COLUMNS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "title": ("ข้อมูลที่ขอ", "Data"),
        "service": ("บริการ", "Service"),
        "purpose": ("เพื่อ", "For"),
        "fields": ("รายการ", "Fields"),
    }
)


def request_for(paper: OnboardingPaper, *, now: datetime) -> DocumentRequest:
    """What the typesetter is to print."""
    match paper:
        case RequestForm():
            return _request_form(paper)
        case LetterToDopa():
            return _letter_to_dopa(paper, now=now)
        case LetterToDbd():
            return _letter_to_dbd(paper, now=now)
        case SupervisorOrder():
            return _order(paper, now=now)
        case OfficerList():
            return _officers(paper, now=now)
        case PlacesRequest():
            return _places(paper, now=now)
        case never:
            assert_never(never)


def _request_form(paper: RequestForm) -> DocumentRequest:
    agency, admin = paper.agency, paper.admin
    plain = {
        "agency": agency.name_th,
        "agency_en": agency.name_en,
        "address": " ".join(agency.address),
        "admin_name": admin.name,
        "admin_position": admin.position,
        "admin_contact": _reached_at(admin),
        "head_name": paper.head.name,
        "officers": str(paper.officers),
        "readers": str(paper.readers),
    }
    fields: dict[str, Any] = {name: value for name, value in plain.items() if value}
    fields["cases"] = [CASES_TH[case] for case in paper.cases]
    fields["wanted"] = [
        {
            "title": one.title_th,
            "service": one.wire_service,
            "purpose": one.purpose,
            "fields": ", ".join(one.fields),
        }
        for one in paper.wanted
    ]
    labels: dict[str, Any] = _labels(FORM_LABELS)
    labels["wanted"] = {"th": "ข้อมูลที่ต้องการเชื่อมโยง", "en": "Data wanted", "columns": _labels(WANTED_COLUMNS)}
    titles = ("ใบคำขอใช้บริการระบบ GDX", "Request for the government data exchange")
    return _printed("request_form", titles, paper.application_no, paper.made_at, fields, labels, paper.follow_url)


def _letter_to_dopa(paper: LetterToDopa, *, now: datetime) -> DocumentRequest:
    agency = paper.head.agency.name_th
    asked = {
        AskedOfDopa.PERMISSION: (
            "ขออนุญาตเข้าถึงข้อมูลทะเบียนราษฎร และกำหนดสิทธิ์เจ้าหน้าที่",
            "Request for access to the population registry",
            f"{agency} จึงขออนุญาตเข้าถึงข้อมูลแบบ online ผ่าน{HUB} ของ{DGA} ได้แก่ {_named(paper.wanted)}",
        ),
        AskedOfDopa.MEMORANDUM: (
            "ขอจัดทำบันทึกข้อตกลงการเชื่อมโยงข้อมูลทะเบียนราษฎร",
            "Request for a memorandum on linking the population registry",
            f"{agency} จึงขอจัดทำบันทึกข้อตกลง (MOU) เพื่อให้โปรแกรมของหน่วยงานเชื่อมโยงข้อมูลผ่าน API ของ{HUB} "
            f"ของ{DGA} ได้แก่ {_named(paper.wanted)}",
        ),
    }
    title_th, title_en, wish = asked[paper.asked]
    paragraphs = (
        f"ด้วย {agency} มีภารกิจ{paper.mission} จำเป็นต้องตรวจสอบข้อมูลของผู้ขอรับบริการจากฐานข้อมูลทะเบียนราษฎร "
        "แทนการเรียกสำเนาเอกสารจากประชาชน",
        wish,
        f"ในการนี้ ขอได้โปรดกำหนดสิทธิ์เจ้าหน้าที่ผู้ใช้งานตามบัญชีรายชื่อที่ส่งมาพร้อมนี้ จำนวน {paper.officers} คน "
        f"ซึ่งจะขอ PIN สำหรับเข้าระบบ ณ สำนักทะเบียนในพื้นที่ {ONLY_FOR}",
        "จึงเรียนมาเพื่อโปรดพิจารณา",
    )
    enclosures = (
        f"สำเนาใบคำขอใช้บริการระบบ GDX เลขที่ {paper.head.application_no} จำนวน 1 ฉบับ",
        f"บัญชีรายชื่อเจ้าหน้าที่ จำนวน {paper.officers} คน",
    )
    return _letter(paper.head, (title_th, title_en), "อธิบดีกรมการปกครอง", paragraphs, enclosures, now=now)


def _letter_to_dbd(paper: LetterToDbd, *, now: datetime) -> DocumentRequest:
    agency = paper.head.agency.name_th
    paragraphs = (
        f"ด้วย {agency} มีภารกิจ{paper.mission} จำเป็นต้องตรวจสอบข้อมูลนิติบุคคล "
        "แทนการเรียกสำเนาหนังสือรับรองและเอกสารอื่นจากผู้ประกอบการ",
        f"{agency} จึงขอเชื่อมโยงข้อมูลนิติบุคคล ได้แก่ {_named(paper.wanted)} โดยใช้งานผ่าน{HUB} ของ{DGA}",
        "ในการนี้ ขอได้โปรดออกชื่อผู้ใช้และรหัสผ่าน (user/password) ให้แก่หน่วยงาน เพื่อนำไปติดตั้งในระบบของ สพร. "
        f"โดยแจ้งแก่ผู้ประสานงานท้ายหนังสือนี้ {ONLY_FOR}",
        "จึงเรียนมาเพื่อโปรดพิจารณา",
    )
    titles = ("ขอเชื่อมโยงข้อมูลนิติบุคคลผ่าน สพร.", "Request for linking company data through DGA")
    enclosures = (f"สำเนาใบคำขอใช้บริการระบบ GDX เลขที่ {paper.head.application_no} จำนวน 1 ฉบับ",)
    return _letter(paper.head, titles, "อธิบดีกรมพัฒนาธุรกิจการค้า", paragraphs, enclosures, now=now)


def _letter(
    head: LetterHead,
    titles: tuple[str, str],
    to: str,
    paragraphs: Sequence[str],
    enclosures: Sequence[str],
    *,
    now: datetime,
) -> DocumentRequest:
    fields = _around(head) | {"to": to, "enclosures": list(enclosures), "paragraphs": list(paragraphs)}
    return _printed("letter", titles, head.application_no, now, fields, {})


def _order(paper: SupervisorOrder, *, now: datetime) -> DocumentRequest:
    supervisor = paper.supervisor
    position = f" ตำแหน่ง {supervisor.position}" if supervisor.position else ""
    paragraphs = (
        f"เพื่อให้การเข้าถึงและใช้ข้อมูลผ่าน{HUB} เป็นไปตามภารกิจและวัตถุประสงค์ที่ได้รับอนุญาต "
        "และป้องกันมิให้มีการเปิดเผยข้อมูลโดยไม่ได้รับอนุญาต "
        f"จึงแต่งตั้ง {supervisor.name}{position} เป็นผู้ควบคุมดูแลการเข้าถึงและใช้ข้อมูลของหน่วยงาน มีหน้าที่ ดังนี้",
    )
    fields = {
        "issuer": paper.head.agency.name_th,
        "number": paper.head.number,
        "date": _day_or_open(paper.head.dated),
        **_signed_by(paper.head),
        "paragraphs": list(paragraphs),
        "duties": list(DUTIES),
        "proviso": "ผู้ควบคุมดูแลต้องไม่เป็นเจ้าหน้าที่ผู้ตรวจสอบข้อมูลในหน่วยงานเดียวกัน",
        "from_day": _day_or_open(paper.from_day),
    }
    titles = ("แต่งตั้งผู้ควบคุมดูแลการเข้าถึงและใช้ข้อมูล", "Order naming the supervisor of access to data")
    return _printed("order", titles, paper.head.application_no, now, fields, {})


def _officers(paper: OfficerList, *, now: datetime) -> DocumentRequest:
    fields = {
        "issuer": paper.head.agency.name_th,
        **_signed_by(paper.head),
        "officers": [{"name": one.name, "position": one.position, "phone": one.phone} for one in paper.officers],
    }
    titles = ("บัญชีรายชื่อเจ้าหน้าที่ผู้ขอสิทธิ์เข้าถึงข้อมูล", "Officers for whom rights are asked")
    return _printed("officers", titles, paper.head.application_no, now, fields, {})


def _places(paper: PlacesRequest, *, now: datetime) -> DocumentRequest:
    fields = {
        "issuer": paper.head.agency.name_th,
        **_signed_by(paper.head),
        "asked": [
            {"position": one.position, "site": one.site, "present": str(one.present), "wanted": str(one.wanted)}
            for one in paper.asked
        ],
        "officers": [
            {
                "name": one.name,
                "position": one.position,
                "site": one.site,
                "rights": ", ".join(one.rights),
                "pin": one.pin,
                "until": PartialDate.from_date(one.until).thai(),
            }
            for one in paper.officers
        ],
    }
    titles = ("คำขอปรับจำนวนเจ้าหน้าที่และบัญชีรายชื่อ", "Request for other numbers of officers, with their list")
    return _printed("places", titles, paper.head.application_no, now, fields, {})


def _around(head: LetterHead) -> dict[str, Any]:
    """What stands around the text; what is not known yet is there as an empty line."""
    contact = head.contact
    reached = () if contact is None else (contact.name, contact.position, _reached_at(contact))
    return {
        "number": head.number,
        "office": "\n".join((head.agency.name_th, *head.agency.address)),
        "date": _day_or_open(head.dated),
        **_signed_by(head),
        "contact": [part for part in reached if part],
    }


def _signed_by(head: LetterHead) -> dict[str, str]:
    return {
        "signer_name": head.signer.name,
        "signer_position": head.signer.position,
        "note": "แบบพิมพ์จากระบบ GDX มีผลเมื่อผู้มีอำนาจลงลายมือชื่อ",
    }


def _printed(
    template: str,
    titles: tuple[str, str],
    application_no: str,
    made_at: datetime,
    fields: Mapping[str, Any],
    labels: Mapping[str, Any],
    follow_url: str = "",
) -> DocumentRequest:
    data = {"fields": dict(fields), "labels": dict(labels), "order": list(fields)}
    return DocumentRequest(
        template=template,
        title_th=titles[0],
        title_en=titles[1],
        document_id=application_no,
        agency_name="",
        purpose="",
        basis="",
        case_no="",
        source="",
        issued_at=made_at,
        data=data,
        data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
        verify_url=follow_url or application_no,
        audit_entry_id="",
    )


def _labels(told: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {name: {"th": th, "en": en} for name, (th, en) in told.items()}


def _named(wanted: Sequence[WantedData]) -> str:
    return ", ".join(dict.fromkeys(f"{one.title_th} ({one.wire_service})" for one in wanted)) or "ตามใบคำขอที่ส่งมาพร้อมนี้"


def _reached_at(person: PersonOnPaper) -> str:
    phone = f"โทร. {person.phone}" if person.phone else ""
    return " ".join(part for part in (phone, person.email) if part)


def _day_or_open(day: date | None) -> str:
    """Empty: to be filled in by hand."""
    return "" if day is None else PartialDate.from_date(day).thai()
