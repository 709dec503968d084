"""The report of accesses as a sealed PDF: names of fields and agencies, never a value; kept nowhere."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, assert_never

from connectors.contracts.documents import Delivery, DocumentRequest, DocumentSealer, SealedDocument
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from connectors.contracts.thai_dates import thai_long_date, thai_long_date_time
from idp.catalogue.model import Basis
from idp.exchange.pull.model import Outcome
from idp.kernel.errors import Unavailable
from idp.kernel.ids import SubscriberId
from idp.oversight.model import AccessRecord, Entry, LookRecord, NamedRecord, SignInRecord
from idp.oversight.reports.model import AccessReport, Period, ReportProblem
from idp.oversight.reports.service import AccessReports
from idp.provider.pages.consent_view import sections_of
from idp.subscribers.model import LookKind
from idp.web.languages import Language
from idp.web.moments import english_long_date, english_long_date_time

PAPERS_AT_ONCE: Final = 2
"""How many one node makes at a time: asking costs nothing, sealing costs a processor and the time-stamp authority."""
TITLE: Final = ("รายงานการเข้าถึงข้อมูลของฉัน", "Who has seen my data")
TO_WHOM: Final = ("เจ้าของข้อมูล", "The person the data are about")
PURPOSE: Final = ("ให้เจ้าของข้อมูลตรวจดูว่าใครขอข้อมูลของตน", "For the owner to see who asked for their data")
SOURCE: Final = "บันทึกการเปิดเผยข้อมูลของดิจิทัลไอดี"

Words = tuple[str, str]

LABELS: Final[Mapping[str, Words]] = {
    "since": ("ตั้งแต่", "Since"),
    "until": ("ถึง", "Until"),
    "entry_count": ("จำนวนรายการ", "Entries"),
    "entries": ("รายการทั้งหมด", "All entries"),
}
COLUMNS: Final[Mapping[str, Words]] = {
    "at": ("เมื่อ", "When"),
    "agency": ("ผู้ขอข้อมูล", "Who asked"),
    "purpose": ("เพื่อ และโดยอาศัย", "For what, and on what grounds"),
    "fields": ("รายการข้อมูล", "Data"),
    "outcome": ("ผล", "Outcome"),
}
BEGINNING: Final = ("รายการแรก", "The first entry")
CUT: Final = ("{} รายการล่าสุด รายการก่อนหน้านี้ดูได้ในบัญชีของท่าน", "The latest {}; earlier ones are in your account")
OUTCOMES: Final[Mapping[Outcome, Words]] = {
    Outcome.RELEASED: ("ได้รับข้อมูล", "Data received"),
    Outcome.FETCHED: ("รับเอกสารแล้ว", "Document collected"),
    Outcome.NAMED: ("มีชื่อท่านในรายการของผู้อื่น", "You are named in another person's record"),
    Outcome.REFUSED: ("ถูกปฏิเสธ ไม่ได้รับข้อมูล", "Refused: nothing was given"),
    Outcome.FAILED: ("ไม่สำเร็จ ไม่ได้รับข้อมูล", "Not completed: nothing was given"),
}
BASES: Final[Mapping[Basis, Words]] = {
    Basis.CONSENT: ("ความยินยอมของท่าน", "Your consent"),
    Basis.CARD_HANDED_OVER: ("ท่านยื่นบัตรประจำตัวประชาชนที่เคาน์เตอร์", "You handed over your ID card at a counter"),
    Basis.SIGNED_FORM: ("แบบคำขอที่ท่านลงนาม", "A form that you signed"),
    Basis.DUTY: ("หน้าที่ของหน่วยงานตามกฎหมาย", "A duty of the agency by law"),
    Basis.OWNER: ("แสดงให้ท่านดูเอง", "Shown to you yourself"),
}
LOOKS: Final[Mapping[LookKind, Words]] = {
    LookKind.RECORD: ("ดิจิทัลไอดีของท่าน: สถานะและหลักฐานที่ใช้", "Your digital ID: its status and its evidence"),
    LookKind.CASE: ("เรื่องที่เกี่ยวกับท่าน", "A case that is about you"),
    LookKind.HISTORY: ("ข้อมูลก่อนหน้าของท่าน", "Your earlier data"),
}
BY_NUMBER: Final = ("ด้วยเลขประจำตัวของท่าน โดยไม่มีบัตร", "By your number, without your card")
BY_A_PROXY: Final = ("มีผู้ทำแทน หรือทำแทนนิติบุคคล", "Somebody acted for you, or you for a company")
TIMES: Final = ("{} ครั้งภายในหนึ่งนาที", "{} times within a minute")
SIGN_IN: Final = ("เพื่อเข้าสู่ระบบ", "To sign you in")
TOLD: Final = ("ให้เมื่อท่านเข้าสู่ระบบ", "Told when you signed in")
NO_DATA: Final = ("ไม่มีข้อมูล มีเพียงรหัสที่บริการใช้จำท่าน", "No data; a code by which the service knows you again")
LOOKED: Final = ("เจ้าหน้าที่เปิดดู", "Opened by the staff")
TO_LOOK_AFTER: Final = ("เพื่อดูแลดิจิทัลไอดี ไม่มีการส่งข้อมูลต่อ", "To look after digital IDs. Nothing was passed on.")


class AccessPapers:
    """Reports as sealed PDF. `issuer` is the address of the provider."""

    def __init__(self, *, reports: AccessReports, sealer: DocumentSealer, issuer: str) -> None:
        self._reports = reports
        self._sealer = sealer
        self._see_at = f"{issuer}/account/activity"
        self._making = 0

    async def paper(self, subscriber_id: SubscriberId, period: Period, language: Language) -> tuple[str, bytes]:
        """Its number and the PDF, for this subscriber alone. Raises Unavailable (NOT_MADE, also when many are made)."""
        # refused at once, not queued: who asks too often waits for nobody
        if self._making >= PAPERS_AT_ONCE:
            raise Unavailable(ReportProblem.NOT_MADE, "busy")
        self._making += 1
        try:
            report = await self._reports.gather(subscriber_id, period)
            return report.id, (await self._sealed(report, language)).pdf
        finally:
            self._making -= 1

    async def _sealed(self, report: AccessReport, language: Language) -> SealedDocument:
        data = printed(report, language)
        request = DocumentRequest(
            template="access_report",
            title_th=TITLE[0],
            title_en=TITLE[1],
            document_id=report.id,
            agency_name=TO_WHOM[0],
            agency_name_en=TO_WHOM[1],
            purpose=PURPOSE[0],
            purpose_en=PURPOSE[1],
            basis="owner",
            case_no="",
            source=SOURCE,
            issued_at=report.until,
            data=data,
            data_json=json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(),
            verify_url=self._see_at,
            audit_entry_id=report.audit_entry_id,
        )
        try:
            return await self._sealer.seal(request, delivery=Delivery.SEALED, password=None)
        except (DocumentError, TimestampUnavailable) as error:
            raise Unavailable(ReportProblem.NOT_MADE) from error


def printed(report: AccessReport, language: Language) -> dict[str, Any]:
    """What the page prints: labels in both languages, what is said in the one of the reader."""
    count = str(len(report.entries))
    fields: dict[str, Any] = {
        "since": _in(BEGINNING, language) if report.since is None else _day(report.since, language),
        "until": _moment(report.until, language),
        "entry_count": _in(CUT, language).format(count) if report.is_cut else count,
        "entries": [cells_of(entry, language) for entry in report.entries],
    }
    labels: dict[str, Any] = {name: _both(words) for name, words in LABELS.items()}
    labels["entries"]["columns"] = {name: _both(words) for name, words in COLUMNS.items()}
    return {"fields": fields, "labels": labels, "order": list(fields)}


def cells_of(entry: Entry, language: Language) -> dict[str, str]:
    """One entry in words, a text for each of `COLUMNS`."""
    agency = _local(entry, "agency_name", language)
    match entry:
        case AccessRecord():
            return _access(entry, agency, language)
        case NamedRecord():
            # neither what for nor when exactly: that would tell something about the other person
            dataset = _local(entry, "dataset_title", language)
            return _cells(_day(entry.day, language), agency, "", dataset, _in(OUTCOMES[Outcome.NAMED], language))
        case SignInRecord():
            fields = (field for section in sections_of((), entry.claims) for field in section.fields)
            told = ", ".join(dict.fromkeys(_local(field, "label", language) for field in fields))
            who = _joined(agency, _local(entry, "client_name", language))
            why = _joined(_in(SIGN_IN, language), _in(BASES[Basis.CONSENT], language))
            return _cells(_moment(entry.at, language), who, why, told or _in(NO_DATA, language), _in(TOLD, language))
        case LookRecord():
            what, why = _in(LOOKS[entry.what], language), _in(TO_LOOK_AFTER, language)
            return _cells(_moment(entry.at, language), agency, why, what, _in(LOOKED, language))
        case never:
            assert_never(never)


def _access(entry: AccessRecord, agency: str, language: Language) -> dict[str, str]:
    """Of an officer the position; of who acted for somebody only that they did: a name is another person's data."""
    position = _local(entry, "officer_position", language) if entry.officer_position_th else ""
    station = _local(entry, "station_name", language) if entry.station_name_th else ""
    is_acting = entry.acted_by is not None or entry.acting_juristic_id is not None
    why = _joined(
        _local(entry, "service_title", language),
        _in(BY_NUMBER, language) if entry.by_number else "",
        _in(BASES[entry.basis], language),
        _in(BY_A_PROXY, language) if is_acting else "",
    )
    fields = ", ".join(_local(field, "label", language) for field in entry.fields)
    what = f"{_local(entry, 'dataset_title', language)}: {fields}"
    often = _in(TIMES, language).format(entry.times) if entry.times > 1 else ""
    became = _joined(_in(OUTCOMES[entry.outcome], language), often)
    return _cells(_moment(entry.at, language), _joined(agency, position, station), why, what, became)


def _cells(at: str, agency: str, purpose: str, fields: str, outcome: str) -> dict[str, str]:
    return dict(zip(COLUMNS, (at, agency, purpose, fields, outcome), strict=True))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _both(words: Words) -> dict[str, Any]:
    return {"th": words[0], "en": words[1]}


def _in(words: Words, language: Language) -> str:
    return words[0] if language is Language.TH else words[1]


def _local(record: object, field: str, language: Language) -> str:
    return str(getattr(record, f"{field}_{language.value}"))


def _moment(at: datetime, language: Language) -> str:
    return thai_long_date_time(at) if language is Language.TH else english_long_date_time(at)


def _day(at: datetime, language: Language) -> str:
    return thai_long_date(at) if language is Language.TH else english_long_date(at)
