"""DBD's own PDFs and scanned pages, read from their wire (facts/thai-registries, section 4.1)."""

import re
from hashlib import md5
from typing import Final

from connectors.contracts.company_records import OwnerDocument, PageImage, ScannedDocument
from connectors.contracts.errors import RecordNotFound, WrongPerson
from connectors.gdx.fields import Fields, base64_bytes, garbage, part, rows, text, whole_number

_PDF_BEGINS: Final = b"%PDF-"
_MEDIA_TYPES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_SUBJECT: Final = re.compile(r"([0-9]{13})(?![0-9])", re.ASCII)
MOST_PAGES: Final = 2_000


def read_pdf(answer: Fields, *, expected_number: str) -> OwnerDocument:
    """The owner's PDF, byte for byte.

    The file name begins with the number it is about; where it does not, nothing beside the PDF says whose it is. The
    MD5 in the answer is a checksum of the transfer, no proof of anything. Raises RecordNotFound for an answer without
    document, RegistryUnavailable for one that is broken, WrongPerson for another's.
    """
    if not text(answer, "Result"):
        raise RecordNotFound("no such document")
    file_name = text(answer, "FileName")
    named = _SUBJECT.match(file_name)
    if named is not None and named.group(1) != expected_number:
        raise WrongPerson("the registry answered with another company's document")
    pdf = base64_bytes(answer, "Result")
    checksum = text(answer, "Hashes")
    if checksum and checksum.upper() != md5(pdf, usedforsecurity=False).hexdigest().upper():
        raise garbage("the document is not what was sent")
    if not pdf.startswith(_PDF_BEGINS):
        raise garbage("the document is no PDF")
    pages = whole_number(part(answer, "Info"), "NumberOfPage", default=0)
    return OwnerDocument(file_name, pages, pdf, names_subject=named is not None)


def read_scan(answer: Fields) -> ScannedDocument:
    """The scanned pages, all of them in order; nothing in the wire says whose they are.

    Raises RecordNotFound when there is none, RegistryUnavailable when one is missing or is no image.
    """
    contents = rows(answer, "Contents")
    if not contents:
        raise RecordNotFound("no such document")
    if len(contents) > MOST_PAGES:
        raise garbage("more pages than any document has")
    pages = sorted((_page(row) for row in contents), key=lambda page: page.page)
    total = whole_number(contents[0], "Total", default=len(contents))
    if total != len(pages) or [page.page for page in pages] != list(range(1, total + 1)):
        raise garbage("the pages are not all there")
    return ScannedDocument(text(answer, "Type"), tuple(pages))


def _page(row: Fields) -> PageImage:
    data = base64_bytes(row, "Data")
    media_type = next((kind for begins, kind in _MEDIA_TYPES if data.startswith(begins)), None)
    if media_type is None:
        raise garbage("a page is no image")
    return PageImage(whole_number(row, "Page", default=1), media_type, data)
