"""Pages of rights to data: what stands, what ends soon, asking for a right, granting, narrowing and stopping it.

For the staff of the data's owner, of the platform, and the administrators of the agencies that use data.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreements.model import Officer
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import (
    AgencyProblem,
    Member,
    Standing,
)
from idp.agencies.service import Agencies
from idp.approvals.model import Decider, Proposal, ProposalId
from idp.approvals.service import Approvals
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgreementId, MemberId, is_id
from idp.portal.agreement_asking import AgreementAsking
from idp.portal.agreement_form import last_day_of, officer_days_of, reference_of, stop_reason_of
from idp.portal.agreement_rows import FORM, LIST, REFUSALS, ROLES, AgreementRows, deciders_of
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

PAGE_LENGTH: Final = 20
STOPS: Final = {"suspend": Standing.SUSPENDED, "end": Standing.ENDED}


class AgreementPages:
    """`/agreements…`: for whoever asks for rights, grants them or stops them."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        gate: StaffGate,
        agencies: Agencies,
        agreements: Agreements,
        approvals: Approvals,
        subscribers: Subscribers,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agreements = agreements
        self._approvals = approvals
        self._subscribers = subscribers
        self._rows = AgreementRows(agencies=agencies, agreements=agreements)
        self._asking = AgreementAsking(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            gate=gate,
            agencies=agencies,
            agreements=agreements,
            rows=self._rows,
        )

    def entries(self) -> tuple[Entry, ...]:
        """The route table of rights."""
        rows = (
            (LIST, "GET", self.list_page, "agreements"),
            (f"{LIST}/new", "GET", self._asking.choose, "agreement_new"),
            (f"{LIST}/terms", "GET", self._asking.terms, "agreement_terms"),
            (f"{LIST}/terms", "POST", self._asking.propose, "agreement_proposed"),
            (f"{LIST}/{{agreement_id}}", "GET", self.detail, "agreement"),
            (f"{LIST}/{{agreement_id}}/stop", "POST", self.stop, "agreement_stopped"),
            (f"{LIST}/{{agreement_id}}/officers", "POST", self.officers, "agreement_officers"),
        )
        return self._gate.entries_in_one_role(ROLES, rows)

    async def list_page(self, request: Request, member: Member) -> Response:
        """What waits for this person, and the rights they may look at, those that end first on top, page by page."""
        deciders = deciders_of(request)
        after, waiting_after = _place(request, "after", "agr"), _place(request, "waiting_after", "prp")
        async with self._storage.reading() as uow:
            waiting = await self._waiting(uow, deciders, waiting_after)
            own = [one for one in await self._approvals.proposed_by(uow, deciders[0]) if one.waits(uow.now)]
            found = await self._agreements.page(
                uow, deciders, after=None if after is None else AgreementId(after), limit=PAGE_LENGTH + 1
            )
            rows = await self._rows.of(uow, found[:PAGE_LENGTH])
        return self._pages.render(
            request,
            "agreements.html",
            members=(member,),
            waiting=_known(waiting[:PAGE_LENGTH]),
            more_waiting=f"{LIST}?waiting_after={waiting[PAGE_LENGTH - 1].id}" if len(waiting) > PAGE_LENGTH else None,
            own=_known(own),
            rows=rows,
            next_page=f"{LIST}?after={rows[-1].agreement.id}" if len(found) > PAGE_LENGTH else None,
            datasets=DATASETS,
        )

    async def _waiting(self, uow: UnitOfWork, deciders: Sequence[Decider], after: str | None) -> list[Proposal]:
        """What waits for any of these memberships, oldest first, one more than a page."""
        last = None if after is None else ProposalId(after)
        found = {
            one.id: one
            for by in deciders
            for one in await self._approvals.waiting_for(uow, by, after=last, limit=PAGE_LENGTH + 1)
        }
        return sorted(found.values(), key=lambda one: one.id)

    async def detail(self, request: Request, member: Member) -> Response:
        """One right with all its terms."""
        return await self._detail(request, member)

    async def stop(self, request: Request, member: Member) -> Response:
        """Suspend it, or end it for good: at once, by one person of the data's owner or the platform."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        to = STOPS.get(form.one("act"))
        try:
            async with self._storage.unit_of_work() as uow:
                act = self._agreements.end if to is Standing.ENDED else self._agreements.suspend
                if to is None or (to is Standing.ENDED and form.one("sure") != "yes"):
                    raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, "act")
                agreement, by = await self._rows.visible(uow, request, _agreement_id(request))
                await act(uow, agreement.id, by=by, reason=stop_reason_of(form))
        except REFUSALS as refusal:
            answer = await self._detail(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{_agreement_id(request)}", 303)

    async def officers(self, request: Request, member: Member) -> Response:
        """The owner gives one officer the data in person, or takes that back: at once, by one person."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.unit_of_work() as uow:
                agreement, by = await self._rows.visible(uow, request, _agreement_id(request))
                officer = await self._agreements.officer(uow, agreement, MemberId(form.one("member")))
                # what the page said, not what stands now: a second click, or a page of before, must not turn it around
                if (form.one("act") == "take_back") is (officer.grant is None):
                    raise Conflict(AgencyProblem.CHANGED_MEANWHILE)
                if officer.grant is not None:
                    await self._agreements.end_officer_grant(uow, officer.grant.id, by=by)
                else:
                    begins, ends = officer_days_of(form)
                    await self._agreements.grant_officer(
                        uow,
                        officer.member.id,
                        dataset=agreement.dataset,
                        reference_no=reference_of(form),
                        valid_from=begins,
                        valid_until=ends,
                        by=by,
                    )
        except REFUSALS as refusal:
            answer = await self._detail(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(f"{LIST}/{_agreement_id(request)}", 303)

    async def _detail(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            agreement, by = await self._rows.visible(uow, request, _agreement_id(request))
            (row,) = await self._rows.of(uow, [agreement])
            may_stop = await self._agreements.may_stop(uow, agreement, by)
            may_grant = await self._agreements.may_grant_officers(uow, agreement, by)
            found: tuple[Officer, ...] = ()
            if may_stop and row.agreement.officers_need_grant:
                after = _place(request, "officers_after", "mem")
                found = await self._agreements.officers(
                    uow, row.agreement, after=None if after is None else MemberId(after), limit=PAGE_LENGTH + 1
                )
            officers = found[:PAGE_LENGTH]
            # whoever gives somebody a right has to know who that is
            names = await self._subscribers.identities(uow, {one.member.subscriber_id for one in officers})
            today = uow.now.astimezone(BANGKOK).date()
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "agreement.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            row=row,
            may_stop=may_stop,
            may_grant=may_grant,
            officers=officers,
            names=names,
            more_officers=f"?officers_after={officers[-1].member.id}" if len(found) > PAGE_LENGTH else None,
            first_day=today.isoformat(),
            last_day=last_day_of(row.agreement.valid_until).isoformat(),
            problem=text,
        )


def _place(request: Request, name: str, kind: str) -> str | None:
    """The last id of the page before. Raises NotFound."""
    text = request.query_params.get(name)
    if text is not None and not is_id(kind, text):
        raise NotFound(AgencyProblem.UNKNOWN, name)
    return text


def _known(proposals: tuple[Proposal, ...] | list[Proposal]) -> list[Proposal]:
    """Those that the pages of this family show."""
    return [one for one in proposals if one.change.kind.startswith(("agencies.", "configuration."))]


def _agreement_id(request: Request) -> AgreementId:
    text: str = request.path_params["agreement_id"]
    if not is_id("agr", text):
        raise NotFound(AgencyProblem.UNKNOWN, "agreement")
    return AgreementId(text)
