"""How large the letters of a page are: chosen by a link in the header, kept in a cookie, needing no script.

Everything is measured in `rem`, so that one rule on the root makes letters and spaces grow together (WCAG 2.2, 1.4.4).
"""

from enum import StrEnum

from starlette.requests import Request

TEXT_SIZE = "text_size"
"""The name of the query's parameter and of the cookie."""


class TextSize(StrEnum):
    """The sizes on offer."""

    NORMAL = "normal"
    LARGE = "large"

    @property
    def other(self) -> "TextSize":
        """The size that the link offers."""
        return TextSize.NORMAL if self is TextSize.LARGE else TextSize.LARGE


def chosen_text_size(request: Request) -> TextSize | None:
    """The size asked for in this address, None when none is."""
    return _known(request.query_params.get(TEXT_SIZE, ""))


def page_text_size(request: Request) -> TextSize:
    """The size of the answer: of the address, of the cookie, or the normal one."""
    return chosen_text_size(request) or _known(request.cookies.get(TEXT_SIZE, "")) or TextSize.NORMAL


def _known(text: str) -> TextSize | None:
    return next((size for size in TextSize if size.value == text), None)
