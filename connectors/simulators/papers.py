"""Papers of the fictitious company registry: small PDFs and scanned pages that say they are samples."""

from functools import lru_cache
from io import BytesIO
from typing import Final

import pikepdf
from PIL import Image, ImageDraw, ImageFont

_A4: Final = (595, 842)
_SCAN: Final = (620, 877)
_WHITE: Final = 255
_INK: Final = 30


@lru_cache(maxsize=64)
def sample_pdf(title: str, number: str, pages: int) -> bytes:
    """A PDF of that many pages with title and number in ASCII; the same bytes every time."""
    document = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for page in range(1, pages + 1):
        blank = document.add_blank_page(page_size=_A4)
        blank.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        line = f"BT /F1 14 Tf 60 780 Td (SAMPLE {title} {number} page {page} of {pages}) Tj ET"
        blank.Contents = document.make_stream(line.encode())
    written = BytesIO()
    document.save(written, deterministic_id=True)
    return written.getvalue()


@lru_cache(maxsize=64)
def sample_page(title: str, number: str, page: int) -> bytes:
    """A scanned page as JPEG."""
    image = Image.new("L", _SCAN, _WHITE)
    pen = ImageDraw.Draw(image)
    pen.text((60, 60), f"SAMPLE {title}", fill=_INK, font=ImageFont.load_default(size=28))
    pen.text((60, 110), f"{number}  page {page}", fill=_INK, font=ImageFont.load_default(size=20))
    encoded = BytesIO()
    image.save(encoded, "JPEG", quality=60)
    return encoded.getvalue()
