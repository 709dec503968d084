"""Renders a document request to PDF/A-3a and PDF/UA-1, with the record attached; same request, same bytes.

Facts: facts/secured-pdf, sections 1 and 4.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import typst
from bahttext import bahttext

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.contracts.thai_dates import thai_long_date_time
from connectors.documents.content_information import content_information
from connectors.documents.letters import Letters
from connectors.documents.qr import qr_svg

TEMPLATES = Path(__file__).parent / "typst"
NO_PAGES = frozenset({"base", "parts"})  # what the templates share
FONT_FAMILY = "Sarabun"
MONEY_FIELDS = ("registered_capital", "paid_up_capital")
LARGEST_SPELLED_AMOUNT = Decimal("1e13")  # baht; past it the spelling library rounds the satang away
BASIS_TEXTS = {
    "consent": "ความยินยอมของเจ้าของข้อมูล",
    "card_handed_over": "เจ้าของข้อมูลยื่นบัตรประจำตัวประชาชน",
    "signed_form": "แบบคำขอที่ลงลายมือชื่อ",
    "duty": "หน้าที่ตามกฎหมาย",
    "owner": "เจ้าของข้อมูลขอดูข้อมูลของตน",
}
# ISO 19005-3 section 6.1.3: "The keyword Encrypt shall not be used in the trailer dictionary": what will be encrypted
# must not claim to be PDF/A.
STANDARDS: Mapping[Delivery, "list[typst.PDFStandard]"] = {
    Delivery.SEALED: ["a-3a", "ua-1"],
    Delivery.PASSWORD: ["ua-1"],
    Delivery.RECIPIENT: ["a-3a", "ua-1"],
}


def require_typeface(fonts_dir: Path) -> typst.Fonts:
    """The typefaces of the folder. Raises DocumentError without the prepared one: pages would come out blank."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts_dir])
    if FONT_FAMILY not in fonts.families():
        raise DocumentError(f"the typeface {FONT_FAMILY} is not in the fonts folder")
    return fonts


class Renderer:
    """One typesetting engine with its own caches; use one per thread.

    Raises DocumentError when the prepared typeface is not in `fonts_dir`: without it a page would come out blank.
    """

    def __init__(self, *, templates_dir: Path = TEMPLATES, fonts_dir: Path) -> None:
        fonts = require_typeface(fonts_dir)
        self._templates_dir = templates_dir
        self._letters = Letters(fonts_dir, FONT_FAMILY)
        self._compiler = typst.Compiler(root=templates_dir, font_paths=fonts, ignore_system_fonts=True)

    def render(self, request: DocumentRequest, *, delivery: Delivery, seal_name: str) -> bytes:
        """The finished, unsigned file. `seal_name` is whose seal the page announces.

        A letter that the typeface lacks is printed as its Unicode number, and the page says so. Raises DocumentError
        for an unknown template, a record that is not the one attached, or any complaint of the typesetter.
        """
        template = self._template(request.template)
        record = _attached_record(request)
        page = _page(request, record, seal_name)
        shown = self._letters.printable({"page": page, "record": record})
        has_numbers = shown != {"page": page, "record": record}
        inputs = {
            "page": msgspec.json.encode(shown["page"] | {"has_numbers": has_numbers}).decode(),
            "record": request.data_json.decode(),
            "shown": msgspec.json.encode(shown["record"]).decode(),
            "qr": _qr(request),
            "content_information": content_information(request, record["fields"], record["labels"]),
        }
        try:
            pdf, warnings = self._compiler.compile_with_warnings(
                template,
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=STANDARDS[delivery],
                timestamp=int(request.issued_at.timestamp()),
            )
        except typst.TypstError:
            # The typesetter quotes the text it stumbled over, maybe somebody's name: the cause stays out of the error.
            raise DocumentError(f"the template {request.template} could not be typeset with this record") from None
        if warnings:
            raise DocumentError(f"the typesetter warned while setting the template {request.template}")
        if not isinstance(pdf, bytes):
            raise DocumentError("the typesetter gave no file")
        return pdf + b"\n"  # ISO 19005-3 section 6.1.9: what signing appends must begin on a new line

    def _template(self, name: str) -> Path:
        path = self._templates_dir / f"{name}.typ"
        if not name.isidentifier() or name in NO_PAGES or not path.is_file():
            raise DocumentError("there is no such template")
        return path


def _attached_record(request: DocumentRequest) -> dict[str, Any]:
    """The record as it will be attached, proven to be the one that is to be printed."""
    try:
        attached = msgspec.json.decode(request.data_json)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DocumentError("the attached record is not JSON") from None
    if attached != msgspec.json.decode(msgspec.json.encode(request.data)):
        raise DocumentError("the attached record is not the printed one")
    if not isinstance(attached, dict) or not all(isinstance(attached.get(key), dict) for key in ("fields", "labels")):
        raise DocumentError("the record has no fields or no labels")
    return attached


def _qr(request: DocumentRequest) -> str:
    try:
        return qr_svg(request.verify_url)
    except ValueError:
        raise DocumentError("the verification address does not fit into a QR code") from None


def _page(request: DocumentRequest, record: dict[str, Any], seal_name: str) -> dict[str, Any]:
    return {
        "title_th": request.title_th,
        "title_en": request.title_en,
        "document_id": request.document_id,
        "agency_name": request.agency_name,
        "purpose": request.purpose,
        "basis": BASIS_TEXTS.get(request.basis, request.basis),
        "case_no": request.case_no,
        "source": request.source,
        "issued_at": thai_long_date_time(request.issued_at),
        "audit_entry_id": request.audit_entry_id,
        "seal_name": seal_name,
        "sources": _sources(record),
        "money": {name: amount for name in MONEY_FIELDS if (amount := _money(record["fields"].get(name))) is not None},
    }


def _sources(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Which service said which fields, and when, in the record's order. Raises DocumentError for what is no moment."""
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
