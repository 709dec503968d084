"""Whether whoever asks reads gzip (RFC 9110, section 12.5.3)."""

import re

from starlette.requests import Request

# "A field value of zero means "not acceptable"" (RFC 9110, section 12.4.2)
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE)


def reads_gzip(request: Request) -> bool:
    """True where gzip is named and not refused; `*` alone is answered as it is."""
    return _GZIP.search(request.headers.get("accept-encoding", "")) is not None
