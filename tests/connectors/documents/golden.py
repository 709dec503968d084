"""How each template looks, kept as one small picture: its first page, a grey block for every hundredth of a page.

`python -m tests.connectors.documents.golden` makes it anew, after the pages were looked at.
"""

import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image

from connectors.contracts.documents import Delivery
from connectors.documents.fonts import prepare_fonts
from connectors.documents.render import Renderer
from tests.connectors.documents.papers import every_paper

GOLDEN = Path(__file__).with_name("golden.png")
BLOCKS = (70, 99)
"""Across and down."""
IN_A_ROW = 8
DOTS_PER_INCH = 60


def looks_of(pdf: bytes) -> Image.Image:
    """The first page in blocks of grey."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].render(scale=DOTS_PER_INCH / 72).to_pil()
    finally:
        document.close()
    return page.convert("L").resize(BLOCKS, Image.Resampling.BOX)


def place_of(position: int) -> tuple[int, int, int, int]:
    """Where the page of the template at this position stands in the picture."""
    left, top = position % IN_A_ROW * BLOCKS[0], position // IN_A_ROW * BLOCKS[1]
    return left, top, left + BLOCKS[0], top + BLOCKS[1]


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_fonts(Path(folder) / "fonts")
        renderer = Renderer(fonts_dir=Path(folder) / "fonts")
        pages = [
            looks_of(renderer.render(request, delivery=Delivery.SEALED, seal_name="ตราประทับ (สาธิต)"))
            for _, request in every_paper()
        ]
    rows = -(-len(pages) // IN_A_ROW)
    picture = Image.new("L", (BLOCKS[0] * IN_A_ROW, BLOCKS[1] * rows), 255)
    for position, page in enumerate(pages):
        picture.paste(page, place_of(position))
    picture.quantize(32).save(GOLDEN, optimize=True)


if __name__ == "__main__":
    main()
