"""Errors become answers here and nowhere else.

An answer is a page with code, plain words and the next step, or an RFC 9457 problem.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from idp.kernel.errors import TuatonError
from idp.web.languages import Language, page_language
from idp.web.model import WebProblem
from idp.web.pages import Pages, own_path
from idp.web.routes import ErrorHandler

PASSING = frozenset({429, 500, 502, 503, 504})
"""What may be gone a moment later: the same page can be tried again."""

_BY_STATUS = {404: WebProblem.NOT_FOUND, 405: WebProblem.METHOD_NOT_ALLOWED, 413: WebProblem.TOO_LARGE}


@dataclass(frozen=True, slots=True)
class ProblemText:
    """What people read about one code, in both languages; `next_*` is what they can do now.

    `fields` are the names that fields of forms have which it can be about; those of a day begin with the name.
    """

    code: str
    status: int
    title_th: str
    title_en: str
    text_th: str
    text_en: str
    next_th: str
    next_en: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WayBack:
    """The program that sent somebody here, by its registered names, and the address of ours that leads back to it."""

    name_th: str
    name_en: str
    address: str


class WaysBack(Protocol):
    """Knows who sent the citizen of a request."""

    async def of(self, request: Request) -> WayBack | None:
        """The way back; None for who came by themselves."""


class ProblemCatalogue:
    """Every code there is. ValueError when an entry lacks a text or a code appears twice."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self._texts = _texts_of_the_house() if folder is None else _texts_in(folder)

    @property
    def codes(self) -> frozenset[str]:
        """All codes with an entry."""
        return frozenset(self._texts)

    def find(self, code: str) -> ProblemText | None:
        """What to say about a code that came from elsewhere; None where there is no such code."""
        return self._texts.get(code)

    def text(self, code: StrEnum) -> ProblemText:
        """What to say about a code. KeyError when nobody wrote it: a test prevents that."""
        return self._texts[code.value]

    def about(self, refusal: TuatonError) -> ProblemText:
        """What people read about this refusal; where its code names no field, its detail may be the name of one."""
        text = self.text(refusal.code)
        return text if text.fields or not refusal.detail.isidentifier() else replace(text, fields=(refusal.detail,))


@cache
def _texts_of_the_house() -> Mapping[str, ProblemText]:
    """Read once, however many doors this process has."""
    return _texts_in(resources.files("idp.web") / "problems")


def _texts_in(folder: Traversable) -> Mapping[str, ProblemText]:
    wanted = {field.name for field in fields(ProblemText)} - {"code", "fields"}
    texts: dict[str, ProblemText] = {}
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if not path.name.endswith(".toml"):
            continue
        for code, entry in tomllib.loads(path.read_text("utf-8")).items():
            if set(entry) - {"fields"} != wanted or code in texts or not all(entry.values()):
                raise ValueError(f"{path.name}: entry {code} is incomplete, too long or there twice")
            texts[code] = ProblemText(code=code, **entry | {"fields": tuple(entry.get("fields", ()))})
    return texts


class ErrorAnswers:
    """Answers for one door.

    `usual` is what a caller gets who asks for neither HTML nor JSON: a door of pages or of an API. With `ways_back` a
    page leads back to the service that sent its reader.
    """

    def __init__(
        self,
        *,
        catalogue: ProblemCatalogue,
        pages: Pages,
        usual: Literal["page", "json"],
        ways_back: WaysBack | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._pages = pages
        self._usual = usual
        self._ways_back = ways_back

    def answer(
        self, request: Request, code: StrEnum, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A page or a problem, whichever the caller reads."""
        make = self.problem_json if self._wants_json(request) else self.error_page
        response = make(request, code, status=status)
        response.headers.update(headers or {})
        return response

    def error_page(
        self, request: Request, code: StrEnum, *, status: int | None = None, way_back: WayBack | None = None
    ) -> Response:
        """The page of a code: `#error_code`, what happened, what to do next, ways on, the correlation id."""
        text = self._catalogue.text(code)
        is_passing = (status or text.status) in PASSING and request.method == "GET"
        return self._pages.render(
            request,
            "error.html",
            status_code=status or text.status,
            problem=text,
            correlation_id=_correlation_id(request),
            way_back=way_back,
            again=_address(request) if is_passing else None,
            page_before=_page_before(request),
        )

    def problem_json(self, request: Request, code: StrEnum, *, status: int | None = None) -> Response:
        """The same as `application/problem+json` (RFC 9457 section 3), in the language of the request."""
        text = self._catalogue.text(code)
        language = page_language(request)
        thai = language is Language.TH
        return JSONResponse(
            {
                "type": f"urn:tuaton:problem:{text.code}",
                "title": text.title_th if thai else text.title_en,
                "status": status or text.status,
                "detail": text.text_th if thai else text.text_en,
                "code": text.code,
                "next": text.next_th if thai else text.next_en,
                "correlation_id": _correlation_id(request),
            },
            status or text.status,
            headers={"content-language": language.value},
            media_type="application/problem+json",
        )

    def unexpected(self, request: Request) -> Response:
        """The answer of last resort, WEB-01."""
        return self.answer(request, WebProblem.UNEXPECTED)

    def handlers(self) -> dict[Any, ErrorHandler]:
        """For Starlette's `exception_handlers`."""

        async def on_tuaton_error(request: Request, error: Exception) -> Response:
            assert isinstance(error, TuatonError)
            if self._ways_back is None or self._wants_json(request) or error.code is WebProblem.TOO_LARGE:
                return self.answer(request, error.code)
            return self.error_page(request, error.code, way_back=await self._ways_back.of(request))

        async def on_http_exception(request: Request, error: Exception) -> Response:
            assert isinstance(error, HTTPException)
            code = _BY_STATUS.get(error.status_code, WebProblem.MALFORMED)
            headers = {"Allow": _methods_of_path(request)} if error.status_code == 405 else error.headers
            return self.answer(request, code, status=error.status_code, headers=headers)

        return {TuatonError: on_tuaton_error, HTTPException: on_http_exception}

    def _wants_json(self, request: Request) -> bool:
        accepted = request.headers.get("accept", "")
        if "text/html" in accepted:
            return False
        sends_json = request.headers.get("content-type", "").startswith("application/json")
        return self._usual == "json" or sends_json or "json" in accepted


def _methods_of_path(request: Request) -> str:
    # RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response containing a list of
    # the target resource's currently supported methods." The router knows those of the first row of a path alone.
    rows = [row for row in request.app.routes if isinstance(row, Route) and row.matches(request.scope)[0] != Match.NONE]
    return ", ".join(sorted({method for row in rows for method in row.methods or ()}))


def _address(request: Request) -> str:
    path = own_path(request)
    return f"{path}?{request.url.query}" if request.url.query else path


def _page_before(request: Request) -> str | None:
    """The page of ours on which a form stood that was refused; None where a link could not open it."""
    try:
        before = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # browsers write addresses there, others what they like
        return None
    if request.method != "POST" or before.netloc != request.headers.get("host") or "app" not in request.scope:
        return None
    opened = {**request.scope, "method": "GET", "path": before.path}
    if not any(isinstance(row, Route) and row.matches(opened)[0] is Match.FULL for row in request.app.routes):
        return None
    return f"{before.path}?{before.query}" if before.query else before.path


def _correlation_id(request: Request) -> str:
    return str(getattr(request.state, "correlation_id", ""))
