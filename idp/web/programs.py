"""Answers to programs at the OAuth endpoints, where a room could not do its work: JSON with `error`, never a page."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.kernel.errors import TuatonError, Unavailable
from idp.web.errors import ProblemCatalogue
from idp.web.routes import Access, Endpoint, Entry

OF_PROGRAMS: Final = frozenset({Access.CLIENT, Access.ACCESS_TOKEN})
RETRY_SECONDS: Final = 1


def oauth_refusal(error: str, description: str, *, status: int, retry_after: int | None = None) -> Response:
    """An error in the form of RFC 6749 §5.2; `description` is ASCII."""
    headers = {"cache-control": "no-store"} | ({} if retry_after is None else {"retry-after": str(retry_after)})
    return JSONResponse({"error": error, "error_description": description}, status, headers=headers)


def answered_in_oauth(entries: Iterable[Entry], catalogue: ProblemCatalogue) -> tuple[Entry, ...]:
    """The entries, those that programs call answering each refusal of a room in the form of OAuth.

    RFC 6749 §4.1.2.1 has `temporarily_unavailable` for the front channel; there is no other word for it here.
    """
    return tuple(
        replace(entry, endpoint=_in_oauth(entry.endpoint, catalogue)) if entry.access in OF_PROGRAMS else entry
        for entry in entries
    )


def _in_oauth(endpoint: Endpoint, catalogue: ProblemCatalogue) -> Endpoint:
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except TuatonError as refusal:
            text = catalogue.text(refusal.code)
            said = f"{text.code} {text.title_en}"
            if isinstance(refusal, Unavailable):
                return oauth_refusal("temporarily_unavailable", said, status=text.status, retry_after=RETRY_SECONDS)
            return oauth_refusal("invalid_request", said, status=text.status)

    return answered
