"""Attaches the owner's own papers to a document, byte for byte, so that the owner's seal on them stays whole.

ISO 19005-3 section 6.8: any file may be embedded; each is named in the catalogue's /AF with its relationship, its media
type and the day of its last change.
"""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import pikepdf
from pikepdf.models.metadata import encode_pdf_date

from connectors.contracts.documents import Exhibit
from connectors.contracts.errors import DocumentError
from connectors.documents.bound_pages import bind_pages, is_page_image
from connectors.documents.content_information import FILE_NAME as CONTENT_INFORMATION

OWN_ATTACHMENTS = ("data.json", CONTENT_INFORMATION)
"""Attached by the templates; no exhibit may take their place."""


def attach_exhibits(pdf: bytes, exhibits: Sequence[Exhibit], *, at: datetime) -> tuple[bytes, int]:
    """The document with the papers attached as its sources and page images bound behind it; how many pages it has.

    Raises DocumentError when two have one name, or an image cannot be bound.
    """
    names = [*OWN_ATTACHMENTS, *(exhibit.file_name for exhibit in exhibits)]
    if len(set(names)) != len(names):
        raise DocumentError("two attachments have one name")
    written = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        if images := [exhibit for exhibit in exhibits if is_page_image(exhibit)]:
            bind_pages(document, images)
        for exhibit in exhibits:
            if is_page_image(exhibit):
                continue
            paper = pikepdf.AttachedFileSpec(
                document,
                exhibit.data,
                filename=exhibit.file_name,
                mime_type=exhibit.media_type,
                description=exhibit.file_name,
                creation_date=encode_pdf_date(at),
                mod_date=encode_pdf_date(at),
            )
            paper.relationship = pikepdf.Name.Source
            document.attachments[exhibit.file_name] = paper  # names it in /AF too
        pages = len(document.pages)
        document.save(written, deterministic_id=True)
    # ISO 19005-3 section 6.1.9: what signing appends must begin on a new line
    return written.getvalue().rstrip(b"\n") + b"\n", pages
