"""Answers that a caller may have already: a strong ETag, and 304 for who names it (RFC 9110, section 13.1.2)."""

from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

REVALIDATE: Final = "no-cache"
"""May be kept, must be asked about."""


class Tagged:
    """Bytes that are the same for everybody, made once."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self.etag = f'"{sha256(content).hexdigest()[:32]}"'

    def answer(self, request: Request) -> Response:
        """The content, or nothing for a caller who has it."""
        headers = {"etag": self.etag, "cache-control": REVALIDATE}
        if self._is_known(request.headers.getlist("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(self._content, media_type=self._media_type, headers=headers)

    def _is_known(self, named: list[str]) -> bool:
        tags = [tag.strip() for field in named for tag in field.split(",")]
        # RFC 9110 §13.1.2: "A recipient MUST use the weak comparison function when comparing entity tags"
        return "*" in tags or self.etag in (tag.removeprefix("W/") for tag in tags)
