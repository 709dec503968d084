"""The one error of this package: an answer other than the one asked for."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx2

_CHALLENGE_ERROR = re.compile(r'error="([^"]+)"')


class AskRefused(Exception):
    """The provider or the gateway said no, or said nothing that can be trusted.

    `code` is what to tell a help desk; `title`, `detail`, `next_step` are plain words where the other side gave some.
    """

    def __init__(self, code: str, *, title: str = "", detail: str = "", next_step: str = "", status: int = 502) -> None:
        super().__init__(code)
        self.code = code
        self.title = title
        self.detail = detail
        self.next_step = next_step
        self.status = status


def refusal_of(response: httpx2.Response) -> AskRefused:
    """What an error response says: RFC 9457 problem, OAuth error (RFC 6749 §5.2) or challenge (RFC 6750 §3)."""
    body = _json_object(response)
    challenge = _CHALLENGE_ERROR.search(response.headers.get("WWW-Authenticate", ""))
    code = body.get("code") or body.get("error") or (challenge and challenge[1]) or f"HTTP {response.status_code}"
    return AskRefused(
        str(code),
        title=str(body.get("title", "")),
        detail=str(body.get("detail") or body.get("error_description") or ""),
        next_step=str(body.get("next", "")),
        status=response.status_code,
    )


def _json_object(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
