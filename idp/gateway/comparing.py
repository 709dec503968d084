"""Comparing with the paper, for whoever holds it: nobody signs in, and nothing that is typed is kept or shown again."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.exchange.document.comparing import Compared, Comparing
from idp.exchange.model import ExchangeProblem
from idp.kernel.errors import Refused
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

VALUES: Final = ("value_1", "value_2", "value_3")
LONGEST_NUMBER: Final = 64


class ComparingPages:
    """`POST /compare`: a page for who accepts HTML, JSON for everybody else."""

    def __init__(self, *, pages: Pages, comparing: Comparing) -> None:
        self._pages = pages
        self._comparing = comparing

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (Entry("/compare", ("POST",), self.compare, Access.ANYONE, "verify_paper"),)

    async def compare(self, request: Request) -> Response:
        """Whether all that was typed stands on the paper of this number."""
        form = await read_form(request)
        number = form.one("number").strip()[:LONGEST_NUMBER]
        as_page = "text/html" in request.headers.get("accept", "")
        try:
            answer = await self._comparing.compare(number, [form.one(name) for name in VALUES])
        except Refused as refused:
            if not as_page or refused.code is not ExchangeProblem.TOO_LITTLE_TYPED:
                raise
            return self._page(request, number, None, status=422)
        return self._page(request, number, answer) if as_page else JSONResponse({"answer": answer.value})

    def _page(self, request: Request, number: str, answer: Compared | None, *, status: int = 200) -> Response:
        """The answer, or without one what is missing; with the form for another try."""
        said = None if answer is None else answer.value
        return self._pages.render(request, "compared.html", status_code=status, number=number, answer=said)
