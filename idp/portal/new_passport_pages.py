"""New passports of people who are known: the first officer's proposal, and the second officer's decision."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Role
from idp.enrolment.new_passport.model import OldPassport
from idp.enrolment.new_passport.service import NewPassports
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import EnrolmentId
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.subscribers.model import ActingMember, LookKind
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/passports"
FORM: Final = "enrolment"
REFUSALS: Final = (Refused, Conflict)


class NewPassportPages:
    """`/enrolments/{id}/holder` for the officer of the journey, `/passports…` for a colleague."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        new_passports: NewPassports,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._new_passports = new_passports
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        rows = (
            ("/enrolments/{enrolment_id}/holder", "POST", self.propose, "enrolment_holder"),
            (LIST, "GET", self.list_page, "new_passports"),
            (f"{LIST}/{{enrolment_id}}", "GET", self.show, "new_passport"),
            (f"{LIST}/{{enrolment_id}}", "POST", self.decide, "new_passport_decided"),
        )
        return self._gate.entries((Role.ENROLMENT_OFFICER,), rows)

    async def propose(self, request: Request, officer: Member) -> Response:
        """The first officer says whose the passport is. What cannot be is said on the journey's own page."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        enrolment_id, was = _enrolment_id(request), form.one("was")
        if was not in set(OldPassport):
            raise Refused(WebProblem.MALFORMED, "was")
        try:
            await self._new_passports.propose(
                enrolment_id,
                officer=officer,
                old_number=form.one("old_number"),
                was=OldPassport(was),
                is_unrelated=form.one("unrelated") == "yes",
            )
        except REFUSALS as refusal:
            await self._gate.note_refusal(officer, request, refusal)
            return RedirectResponse(f"/enrolments/{enrolment_id}?holder={refusal.code}", 303)
        return RedirectResponse(f"/enrolments/{enrolment_id}", 303)

    async def list_page(self, request: Request, officer: Member) -> Response:
        """What waits for a second officer."""
        waiting = await self._new_passports.waiting(officer=officer)
        return self._pages.render(request, "new_passports.html", members=(officer,), waiting=waiting)

    async def show(self, request: Request, officer: Member) -> Response:
        """What is compared; opening it is a look at that person, which the person sees."""
        return await self._show(request, officer, problem=None)

    async def decide(self, request: Request, officer: Member) -> Response:
        """The second officer agrees, or does not."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        enrolment_id, seen = _enrolment_id(request), set(form.all("seen"))
        try:
            match form.one("decision"):
                case "agree":
                    await self._new_passports.approve(
                        enrolment_id,
                        officer=officer,
                        number=form.one("number"),
                        person_seen="person" in seen,
                        old_seen="old" in seen,
                    )
                case "refuse":
                    await self._new_passports.refuse(enrolment_id, officer=officer, reason=form.one("reason"))
                case _:
                    raise Refused(WebProblem.MALFORMED, "decision")
        except REFUSALS as refusal:
            answer = await self._show(request, officer, problem=refusal)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return self._pages.render(
            request, "new_passport_decided.html", members=(officer,), agreed=form.one("decision") == "agree"
        )

    async def _show(self, request: Request, officer: Member, *, problem: Refused | Conflict | None) -> Response:
        async with self._storage.unit_of_work() as uow:
            compared = await self._new_passports.compared(uow, _enrolment_id(request), officer=officer)
            by = ActingMember(member_id=officer.id, person=officer.subscriber_id, agency_id=officer.agency_id)
            await self._subscribers.note_look(uow, compared.holder_id, by=by, what=LookKind.CASE)
        text = None if problem is None else self._problems.text(problem.code)
        return self._pages.render(
            request,
            "new_passport.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            compared=compared,
            problem=text,
        )


def _enrolment_id(request: Request) -> EnrolmentId:
    return EnrolmentId(request.path_params["enrolment_id"])
