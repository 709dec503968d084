"""The counter's pages for papers: powers of attorney, legal representatives, their second officer and their end.

No name is a key of the list; a person is named by the exact number, in the body of a form.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from connectors.contracts.thai_dates import BANGKOK, InvalidDate, PartialDate
from idp.agencies.model import Member, Service
from idp.agencies.service import Agencies
from idp.approvals.model import Proposal, ProposalId
from idp.approvals.service import Approvals
from idp.catalogue.datasets import FOR_OTHERS
from idp.catalogue.model import DataSet, SubjectKind
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import ServiceId, SubscriberId, is_id
from idp.kernel.randomness import Randomness
from idp.portal.staff import StaffGate, decider_of
from idp.representation.mandates.model import (
    PAPER_KIND,
    LegalPaper,
    LegalSource,
    Mandate,
    MandateState,
    PaperForm,
    PaperPrincipal,
    Terms,
)
from idp.representation.mandates.papers import RECORDING_ROLE, Papers
from idp.representation.mandates.service import Mandates
from idp.representation.model import MandateId, RepresentationProblem, Scope
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web import form_keys
from idp.web.csrf import Csrf
from idp.web.days import typed_day
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/mandates"
FORM: Final = "mandates"
PAGE_LENGTH: Final = 50
REFUSALS: Final = (Refused, NotFound, Conflict)
PAPER, REGISTRY, COURT = "paper", LegalSource.REGISTRY.value, LegalSource.COURT.value


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A recorded mandate as the counter lists it: no name, only the paper's own number and what it is for."""

    mandate: Mandate
    services: tuple[Service, ...]
    datasets: tuple[DataSet, ...]
    is_live: bool
    proposal: Proposal | None
    is_own: bool


class MandatePages:
    """`/mandates…`: for members who serve people at a counter."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        papers: Papers,
        mandates: Mandates,
        approvals: Approvals,
        agencies: Agencies,
        subscribers: Subscribers,
        randomness: Randomness,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._papers = papers
        self._mandates = mandates
        self._approvals = approvals
        self._agencies = agencies
        self._subscribers = subscribers
        self._randomness = randomness

    def entries(self) -> tuple[Entry, ...]:
        """The route table of the papers."""
        rows = (
            (LIST, "GET", self.list_page, "paper_mandates"),
            (f"{LIST}/new", "GET", self.new, "paper_mandate_new"),
            (f"{LIST}/new", "POST", self.record, "paper_mandate_recorded"),
            (f"{LIST}/{{mandate_id}}/decide", "POST", self.decide, "paper_mandate_decided"),
            (f"{LIST}/{{mandate_id}}/end", "POST", self.end, "paper_mandate_ended"),
        )
        return self._gate.entries_at_one_agency(RECORDING_ROLE, rows)

    async def list_page(self, request: Request, officer: Member) -> Response:
        """What this agency recorded, newest first."""
        return await self._list(request, officer)

    async def new(self, request: Request, officer: Member) -> Response:
        """The form for a paper."""
        return await self._form(request, officer)

    async def record(self, request: Request, officer: Member) -> Response:
        """The officer has seen the paper and both persons."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            await self._record(form, officer)
        except REFUSALS as refusal:
            answer = await self._form(request, officer, problem=refusal)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return RedirectResponse(LIST, 303)

    async def decide(self, request: Request, officer: Member) -> Response:
        """The second officer agrees, or does not."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            proposal_id, approves = ProposalId(form.one("proposal")), form.one("decision") == "approve"
            numbers = [_citizen(form, name) for name in ("principal_id", "proxy_id")] if approves else []
            async with self._storage.unit_of_work() as uow:
                if approves:
                    principal, proxy = numbers
                    await self._papers.approve_paper(
                        uow, proposal_id, principal=principal, proxy=proxy, by=decider_of(officer)
                    )
                else:
                    reason = form.one("reason")
                    await self._papers.refuse_paper(uow, proposal_id, by=decider_of(officer), reason=reason)
        except REFUSALS as refusal:
            answer = await self._list(request, officer, problem=refusal)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return RedirectResponse(LIST, 303)

    async def end(self, request: Request, officer: Member) -> Response:
        """The principal came to the counter, or a child came of age by marriage."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.unit_of_work() as uow:
                await self._papers.end_recorded(uow, _mandate_id(request), by=decider_of(officer))
        except REFUSALS as refusal:
            answer = await self._list(request, officer, problem=refusal)
            await self._gate.note_refusal(officer, request, refusal)
            return answer
        return RedirectResponse(LIST, 303)

    async def _record(self, form: Form, officer: Member) -> None:
        """One paper is one mandate, however often its form is sent."""
        by, principal = decider_of(officer), _principal(form)
        async with self._storage.unit_of_work() as uow:
            proxy = await self._subscribers.find_by_citizen_id(uow, _citizen(form, "proxy_id"))
            if proxy is None:
                raise Refused(RepresentationProblem.NOT_ENROLLED)
            terms = _terms(form, proxy.id, now=uow.now)
            if not await form_keys.is_first(uow, form.one("form_key"), by=officer.id, words=form_keys.words_of(form)):
                return
            kind, dated = form.one("kind"), _day(form, "signed_on")
            if kind == PAPER:
                seen = set(form.all("seen"))
                paper = PaperForm(
                    form_no=form.one("paper_no"),
                    signed_on=dated,
                    stamp_duty_seen="stamp_duty" in seen,
                    principal_identity_seen="principal" in seen,
                    proxy_identity_seen="proxy" in seen,
                )
                await self._papers.record_paper(uow, paper, principal, terms, by=by)
            elif kind in (REGISTRY, COURT):
                legal = LegalPaper(LegalSource(kind), form.one("paper_no"), dated, _born(form))
                await self._papers.record_legal_representative(uow, legal, principal, terms, by=by)
            else:
                raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE)

    async def _list(self, request: Request, officer: Member, *, problem: TuatonError | None = None) -> Response:
        named = request.query_params.get("before", "")
        before = MandateId(named) if is_id("mdt", named) else None
        async with self._storage.reading() as uow:
            recorded = await self._mandates.recorded_by_agency(
                uow, officer.agency_id, before=before, limit=PAGE_LENGTH + 1
            )
            rows = [await self._row(uow, mandate, officer) for mandate in recorded[:PAGE_LENGTH]]
        text = None if problem is None else self._problems.about(problem)
        return self._pages.render(
            request,
            "paper_mandates.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            rows=rows,
            answered=request.path_params.get("mandate_id", "") if request.url.path.endswith("/decide") else "",
            next_before=rows[-1].mandate.id if len(recorded) > PAGE_LENGTH else None,
            problem=text,
        )

    async def _row(self, uow: UnitOfWork, mandate: Mandate, officer: Member) -> PaperRow:
        proposal = None
        if mandate.state is MandateState.AWAITING:
            proposal = await self._approvals.waiting_on(uow, kind=PAPER_KIND, target=mandate.id)
        services = await self._agencies.services_named(uow, mandate.terms.scope.services)
        return PaperRow(
            mandate=mandate,
            services=tuple(services.values()),
            datasets=tuple(shown_dataset(one) for one in sorted(mandate.terms.scope.datasets)),
            is_live=mandate.is_live(uow.now),
            proposal=proposal,
            is_own=proposal is not None and proposal.proposed_by_person == officer.subscriber_id,
        )

    async def _form(self, request: Request, officer: Member, *, problem: TuatonError | None = None) -> Response:
        async with self._storage.reading() as uow:
            services = await self._agencies.services_of(uow, officer.agency_id)
            form_key = form_keys.fresh(now=uow.now, randomness=self._randomness)
        text = None if problem is None else self._problems.about(problem)
        return self._pages.render(
            request,
            "paper_mandate_new.html",
            status_code=200 if text is None else text.status,
            members=(officer,),
            services=services,
            datasets=tuple(one for one in FOR_OTHERS if one.subject is SubjectKind.PERSON),
            form_key=form_key,
            problem=text,
        )


def _mandate_id(request: Request) -> MandateId:
    text: str = request.path_params["mandate_id"]
    if not is_id("mdt", text):
        raise NotFound(RepresentationProblem.UNKNOWN_MANDATE)
    return MandateId(text)


def _citizen(form: Form, name: str) -> CitizenId:
    try:
        return CitizenId.parse(ascii_digits(form.one(name)))
    except InvalidIdentifier as error:
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE, name) from error


def _principal(form: Form) -> PaperPrincipal:
    prefix, first, last = (form.one(name).strip() for name in ("prefix", "first_name", "last_name"))
    if not first or not last:
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE, "first_name")
    return PaperPrincipal(_citizen(form, "principal_id"), PersonName(prefix, first, "", last))


def _day(form: Form, name: str) -> date:
    try:
        return typed_day(form, name)
    except ValueError as error:
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE, name) from error


def _born(form: Form) -> PartialDate:
    try:
        return PartialDate.parse_be(form.one("born"))
    except InvalidDate as error:
        raise Refused(RepresentationProblem.PAPER_NOT_COMPLETE, "born") from error


def _terms(form: Form, proxy: SubscriberId, *, now: datetime) -> Terms:
    last = _day(form, "until")
    if last > now.date() + timedelta(days=20 * 366):
        raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "until")
    services = frozenset(ServiceId(one) for one in form.all("services"))
    scope = Scope(services, frozenset(form.all("datasets")), form.one("case").strip()[:64] or None)
    return Terms(proxy, scope, now, datetime.combine(last + timedelta(days=1), time.min, tzinfo=BANGKOK))
