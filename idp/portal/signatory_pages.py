"""The counter's page for signatories: the registry knows directors by name alone, an officer says who that is.

The person is named by the exact number of the card, in the body of a form; the page shows nothing of anybody.
"""

from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, JuristicId, ascii_digits
from idp.agencies.model import Member
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.portal.staff import StaffGate
from idp.representation.companies.model import SignatoryPaper
from idp.representation.companies.rules import LONGEST_CERTIFICATE_NO
from idp.representation.companies.service import Companies
from idp.representation.mandates.papers import RECORDING_ROLE
from idp.representation.model import RecordingOfficer, RepresentationProblem
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.days import typed_day
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

PAGE: Final = "/signatories"
FORM: Final = "signatories"


class SignatoryPages:
    """`/signatories…`: for members who serve people with papers."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        companies: Companies,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._companies = companies
        self._subscribers = subscribers

    def entries(self) -> tuple[Entry, ...]:
        """The route table of signatories."""
        rows = (
            (PAGE, "GET", self.new, "signatory_new"),
            (PAGE, "POST", self.confirm, "signatory_confirmed"),
            (f"{PAGE}/confirmed", "GET", self.confirmed, "signatory_done"),
        )
        return self._gate.entries_at_one_agency(RECORDING_ROLE, rows)

    async def new(self, request: Request, officer: Member) -> Response:
        """The form."""
        return await self._form(request, officer)

    async def confirm(self, request: Request, officer: Member) -> Response:
        """The officer has seen the person, the card and the company's certificate."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            await self._confirm(form, officer)
        except (Refused, NotFound, Unavailable) as refusal:
            answer = await self._form(request, officer, problem=refusal.code)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return RedirectResponse(f"{PAGE}/confirmed", 303)

    async def confirmed(self, request: Request, officer: Member) -> Response:
        """It is on record; the way to the next."""
        return self._pages.render(request, "signatory_confirmed.html", members=(officer,))

    async def _confirm(self, form: Form, officer: Member) -> None:
        person, company, paper = _citizen(form), _company(form), _paper(form)
        facts = await self._companies.read(company)
        async with self._storage.unit_of_work() as uow:
            subscriber = await self._subscribers.find_by_citizen_id(uow, person)
            if subscriber is None:
                raise Refused(RepresentationProblem.NOT_ENROLLED)
            by = RecordingOfficer(officer.id, officer.subscriber_id)
            await self._companies.confirm_signatory(uow, subscriber.id, facts, paper, by=by)

    async def _form(self, request: Request, officer: Member, *, problem: StrEnum | None = None) -> Response:
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "signatory_new.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            longest=LONGEST_CERTIFICATE_NO,
            problem=text,
        )


def _digits(form: Form, name: str) -> str:
    return ascii_digits(form.one(name))


def _citizen(form: Form) -> CitizenId:
    try:
        return CitizenId.parse(_digits(form, "person_id"))
    except InvalidIdentifier as error:
        raise Refused(RepresentationProblem.SIGNATORY_PAPER_NOT_COMPLETE, "person_id") from error


def _company(form: Form) -> JuristicId:
    try:
        return JuristicId.parse(_digits(form, "juristic_id"))
    except InvalidIdentifier as error:
        raise NotFound(RepresentationProblem.UNKNOWN_COMPANY, "juristic_id") from error


def _paper(form: Form) -> SignatoryPaper:
    try:
        issued_on = typed_day(form, "issued_on")
    except ValueError as error:
        raise Refused(RepresentationProblem.SIGNATORY_PAPER_NOT_COMPLETE, "issued_on") from error
    seen = set(form.all("seen"))
    return SignatoryPaper(
        certificate_no=form.one("certificate_no"),
        issued_on=issued_on,
        card_seen="card" in seen,
        certificate_seen="certificate" in seen,
    )
