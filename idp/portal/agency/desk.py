"""What every page of the agency's administrator needs: pages, form tokens, texts of refusals, the store, the gate."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Member, Role
from idp.audit.model import Actor, ActorKind
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.portal.staff import StaffGate, StaffPage
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue, ProblemText
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

FORM: Final = "agency"
PAGE_LENGTH: Final = 50
REFUSALS: Final = (Refused, NotFound, Conflict)

Act = Callable[[Form], Awaitable[Response]]
Again = Callable[[ProblemText], Awaitable[Response]]
"""The page once more, with what was wrong; what was typed stands there by itself (`sent.html`)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The administrator's desk."""

    pages: Pages
    csrf: Csrf
    problems: ProblemCatalogue
    storage: Storage
    gate: StaffGate

    def entries(self, rows: Sequence[tuple[str, str, StaffPage, str]]) -> tuple[Entry, ...]:
        """A route table for administrators; who is one at several agencies acts at one of them at a time."""
        return self.gate.entries_in_one_role((Role.AGENCY_ADMIN,), rows)

    def show(
        self, request: Request, admin: Member, template: str, *, problem: ProblemText | None = None, **context: Any
    ) -> Response:
        """A page of this folder; with the status of what was wrong, where something was."""
        status = 200 if problem is None else problem.status
        return self.pages.render(
            request, f"agency/{template}", status_code=status, members=(admin,), problem=problem, **context
        )

    async def act(self, request: Request, admin: Member, act: Act, *, again: Again) -> Response:
        """Do what a form of ours asks; what is refused is written down and said on the page itself."""
        form = await read_form(request)
        self.csrf.check(request, form, form=FORM)
        try:
            return await act(form)
        except REFUSALS as refusal:
            answer = await again(self.problems.about(refusal))
            await self.gate.note_refusal(admin, request, refusal)
            return answer


def actor(admin: Member) -> Actor:
    """The administrator as the one who acts."""
    return Actor(ActorKind.MEMBER, admin.id)
