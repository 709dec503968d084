"""Binds page images of the data's owner behind a document: each a page of its own, labelled, with a text for who cannot
see it.

PDF/UA-1 asks that nothing be outside the structure (ISO 14289-1 section 7.1): each image is a Figure with its text, in
the order of the pages. PDF/A asks for colours that the document's profile explains (ISO 19005-3 section 6.2.4): grey
and RGB are, others are refused.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Final

import pikepdf
from PIL import Image, UnidentifiedImageError

from connectors.contracts.documents import Exhibit
from connectors.contracts.errors import DocumentError

IMAGE_TYPES: Final = frozenset({"image/jpeg"})
A4: Final = (595.276, 841.89)
MARGIN: Final = 28.35  # points: one centimetre
COLOURS: Final = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}
LARGEST_SIDE: Final = 10_000
"""Pixels; a page scanned with 600 dots to the inch has 7,000."""
MOST_PAGES: Final = 500
LABEL_PREFIX: Final = "A-"
_PAGES: Final = re.compile(rb"<xmpTPg:NPages>\d+</xmpTPg:NPages>")


def is_page_image(exhibit: Exhibit) -> bool:
    """Whether it is bound behind the document; any other exhibit is attached to it."""
    return exhibit.media_type in IMAGE_TYPES


def bind_pages(document: pikepdf.Pdf, images: Sequence[Exhibit]) -> None:
    """Append the images as pages A-1, A-2 and so on.

    Raises DocumentError for too many, and for what is no JPEG in grey or RGB.
    """
    if len(images) > MOST_PAGES:
        raise DocumentError("there are too many page images")
    covers = len(document.pages)
    for place, image in enumerate(images, start=1):
        _bind(document, image, text=f"หน้า {place} จาก {len(images)} ของเอกสารสแกนจากเจ้าของข้อมูล: {image.file_name}")
    document.Root.PageLabels = pikepdf.Dictionary(
        Nums=pikepdf.Array([
            *(0, pikepdf.Dictionary(S=pikepdf.Name.D)),
            *(covers, pikepdf.Dictionary(S=pikepdf.Name.D, P=pikepdf.String(LABEL_PREFIX))),
        ])
    )  # fmt: skip
    metadata = document.Root.Metadata
    counted = b"<xmpTPg:NPages>%d</xmpTPg:NPages>" % len(document.pages)
    metadata.write(_PAGES.sub(counted, metadata.read_bytes()))


def _bind(document: pikepdf.Pdf, exhibit: Exhibit, *, text: str) -> None:
    width, height, colours = _measured(exhibit.data)
    room = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN
    scale = min(room[0] / width, room[1] / height)
    shown = width * scale, height * scale
    left, bottom = (A4[0] - shown[0]) / 2, (A4[1] - shown[1]) / 2
    page = document.add_blank_page(page_size=A4)
    picture = document.make_stream(
        exhibit.data, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height,
        ColorSpace=pikepdf.Name(colours), BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
    drawn = f"/Figure <</MCID 0>> BDC q {shown[0]:.3f} 0 0 {shown[1]:.3f} {left:.3f} {bottom:.3f} cm /Im0 Do Q EMC"
    page.Contents = document.make_stream(drawn.encode("ascii"))
    box = [round(edge, 3) for edge in (left, bottom, left + shown[0], bottom + shown[1])]
    _name_in_structure(document, page.obj, text=text, box=box)


def _name_in_structure(document: pikepdf.Pdf, page: pikepdf.Object, *, text: str, box: Sequence[float]) -> None:
    """A Figure at the end of the structure, found from the page (ISO 32000-2 sections 14.7.5.4 and 14.8.5.4)."""
    root = document.Root.StructTreeRoot
    parents = root.ParentTree
    if "/Nums" not in parents:
        raise DocumentError("the typesetter's structure is not laid out as it was")
    whole = root.K[0] if isinstance(root.K, pikepdf.Array) else root.K
    figure = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.StructElem,
            S=pikepdf.Name.Figure,
            P=whole,
            Pg=page,
            K=0,
            Alt=pikepdf.String(text),
            A=pikepdf.Dictionary(O=pikepdf.Name.Layout, Placement=pikepdf.Name.Block, BBox=pikepdf.Array(box)),
        )
    )
    whole.K.append(figure)
    key = int(root.ParentTreeNextKey)
    parents.Nums.append(key)
    parents.Nums.append(document.make_indirect(pikepdf.Array([figure])))
    root.ParentTreeNextKey = key + 1
    page.StructParents = key
    page.Tabs = pikepdf.Name.S


def _measured(data: bytes) -> tuple[int, int, str]:
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as image:
            (width, height), mode = image.size, image.mode
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise DocumentError("a page image is no JPEG") from None
    if mode not in COLOURS or not 0 < min(width, height) <= max(width, height) <= LARGEST_SIDE:
        raise DocumentError("a page image is too large, or neither grey nor RGB")
    return width, height, COLOURS[mode]
