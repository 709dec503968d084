"""Links as pictures, for the camera of another device (ISO/IEC 18004)."""

import segno
from markupsafe import Markup


def qr_picture(link: str) -> Markup:
    """The link as an SVG drawing without styles; segno escapes what it writes, and the drawing holds no text."""
    drawing = segno.make_qr(link, error="m").svg_inline(scale=5, border=4, svgclass=None, lineclass=None)
    return Markup(drawing)  # noqa: S704 - made by segno from our own link, never by a person
