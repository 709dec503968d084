"""Renders a document request to PDF/A-3a and PDF/UA-1, with the record attached; same request, same bytes.

Facts: facts/secured-pdf, sections 1 and 4.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import typst

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.documents.content_information import content_information
from connectors.documents.letters import Letters
from connectors.documents.page import page_of
from connectors.documents.qr import qr_svg
from connectors.documents.tables import plan_tables
from connectors.documents.wording import worded

TEMPLATES = Path(__file__).parent / "typst"
NO_PAGES = frozenset({"base", "parts", "statements"})  # what the templates share
FONT_FAMILY = "Sarabun"
FALLBACK_FAMILY = "Noto Sans"
"""For letters of other scripts; both are prepared by `connectors.documents.fonts`."""
PHOTO_TEMPLATE = "card"
LARGEST_PHOTO = 100_000
JPEG = b"\xff\xd8\xff"
# ISO 19005-3 section 6.1.3: "The keyword Encrypt shall not be used in the trailer dictionary": what will be encrypted
# must not claim to be PDF/A.
STANDARDS: Mapping[Delivery, "list[typst.PDFStandard]"] = {
    Delivery.SEALED: ["a-3a", "ua-1"],
    Delivery.PASSWORD: ["ua-1"],
    Delivery.RECIPIENT: ["a-3a", "ua-1"],
}


class Renderer:
    """One typesetting engine with its own caches; use one per thread.

    Raises DocumentError when the prepared typeface is not in `fonts_dir`.
    """

    def __init__(self, *, templates_dir: Path = TEMPLATES, fonts_dir: Path) -> None:
        fonts = require_typeface(fonts_dir)
        self._templates_dir = templates_dir
        self._letters = Letters(fonts_dir, FONT_FAMILY, fallback=FALLBACK_FAMILY)
        self._compiler = typst.Compiler(root=templates_dir, font_paths=fonts, ignore_system_fonts=True)

    def render(self, request: DocumentRequest, *, delivery: Delivery, seal_name: str) -> bytes:
        """The finished, unsigned file. `seal_name` is whose seal the page announces.

        A letter that the typeface lacks is printed as its Unicode number, and the page says so. Raises DocumentError
        for an unknown template, a record that is not the one attached, or any complaint of the typesetter.
        """
        template = self._template(request.template)
        record = _attached_record(request)
        page, worded_record = page_of(request, record, seal_name=seal_name), worded(record, request.template)
        shown = self._letters.printable({"page": page, "record": worded_record})
        added = {
            "has_numbers": shown != {"page": page, "record": worded_record},
            "typefaces": [FONT_FAMILY, FALLBACK_FAMILY],
            "tables": plan_tables(shown["record"], self._letters),
        }
        inputs = {
            "page": msgspec.json.encode(shown["page"] | added).decode(),
            "record": request.data_json.decode(),
            "shown": msgspec.json.encode(shown["record"]).decode(),
            "qr": _qr(request),
            "photo": _photo(request),
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


def require_typeface(fonts_dir: Path) -> typst.Fonts:
    """The typefaces of the folder. Raises DocumentError without the prepared ones: pages would come out blank."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts_dir])
    for family in (FONT_FAMILY, FALLBACK_FAMILY):
        if family not in fonts.families():
            raise DocumentError(f"the typeface {family} is not in the fonts folder")
    return fonts


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


def _photo(request: DocumentRequest) -> str:
    """The photo as a JSON list of its bytes, the one form in which the typesetter takes them; null without one."""
    photo = request.photo
    if photo is None:
        return "null"
    if request.template != PHOTO_TEMPLATE:
        raise DocumentError("a photo is printed beside what the card says, and nowhere else")
    if not photo.startswith(JPEG) or len(photo) > LARGEST_PHOTO:
        raise DocumentError("the photo is no JPEG of a card's size")
    return msgspec.json.encode(list(photo)).decode()
