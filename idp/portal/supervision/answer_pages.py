"""The officer's side: questions of a supervisor about the own look-ups, and their answers."""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.portal.staff import decider_of, memberships_with
from idp.portal.supervision.desk import REFUSALS, Desk, sample_of
from idp.web.forms import read_form
from idp.web.routes import Entry

QUESTIONS: Final = "/look-up-questions"
FORM: Final = "look_up_questions"


class AnswerPages:
    """`/look-up-questions`: for look-up officers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def entries(self) -> tuple[Entry, ...]:
        """The route table of questions."""
        rows = (
            (QUESTIONS, "GET", self.questions, "look_up_questions"),
            (f"{QUESTIONS}/{{sample_id}}", "POST", self.answer, "look_up_answered"),
        )
        return self._desk.gate.entries((Role.LOOKUP_OFFICER,), rows)

    async def questions(self, request: Request, officer: Member) -> Response:
        """What this officer is asked, oldest first."""
        return await self._page(request, officer)

    async def answer(self, request: Request, officer: Member) -> Response:
        """The answer; the supervisor sees it with the look-up."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        places = memberships_with(request, Role.LOOKUP_OFFICER)
        # of several agencies the one that the form stands under
        place = next((one for one in places if one.id == form.one("as")), officer)
        try:
            await self._desk.follow_up.answer(sample_of(request), by=decider_of(place), text=form.one("answer"))
        except REFUSALS as refusal:
            answer = await self._page(request, officer, problem=refusal.code)
            await self._desk.gate.note_refusal(place, request, refusal)
            return answer
        return RedirectResponse(QUESTIONS, 303)

    async def _page(self, request: Request, officer: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._desk.storage.reading() as uow:
            asked = []
            for place in memberships_with(request, Role.LOOKUP_OFFICER):
                views = await self._desk.follow_up.questions(uow, decider_of(place))
                rows = await self._desk.rows(uow, [view.sample for view in views])
                asked += [(view, row, place) for view, row in zip(views, rows, strict=True)]
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "supervision/questions.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            asked=asked,
            answered=request.path_params.get("sample_id", ""),
            problem=text,
        )
