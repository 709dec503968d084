"""The verification QR code as SVG: one path, fixed mask (searching for the best mask costs three times the time)."""

from collections.abc import Iterator
from itertools import groupby

import segno

QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 9.1
MASK = 3


def qr_svg(text: str) -> str:
    """`text` as a QR code with error correction M.

    Raises ValueError when `text` is longer than a QR code holds.
    """
    matrix = segno.make_qr(text, error="m", mask=MASK).matrix
    side = len(matrix) + 2 * QUIET_ZONE
    path = "".join(_bars(matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{QUIET_ZONE} -{QUIET_ZONE} {side} {side}">'
        f'<path d="{path}"/></svg>'
    )


def _bars(matrix: tuple[bytearray, ...]) -> Iterator[str]:
    """Each run of dark modules in a row as one rectangle."""
    for y, row in enumerate(matrix):
        x = 0
        for is_dark, run in groupby(row):
            width = len(list(run))
            if is_dark:
                yield f"M{x} {y}h{width}v1h-{width}z"
            x += width
