"""Files that a page gives."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.responses import Response

TABLE: Final = "text/csv; charset=utf-8"
TABLE_MARK: Final = "\ufeff"
"""What a table begins with: by it spreadsheets know UTF-8, without it Thai is unreadable there."""


def attached(name: str) -> dict[str, str]:
    """The header fields of a file that is taken along and kept in no cache."""
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}


def download(content: bytes | str, *, name: str, media_type: str) -> Response:
    """A file to keep, not to show."""
    return Response(content, media_type=media_type, headers=attached(name))


def table(rows: Iterable[Sequence[str]]) -> str:
    """Comma-separated values that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
