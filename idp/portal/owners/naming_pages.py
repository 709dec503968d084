"""Which agencies the owner of the photos named: two persons name, one ends, at once."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Agency, AgencyKind, Member, Standing
from idp.agencies.namings.model import KIND, NamingProblem
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.sought import find_agency_sought
from idp.approvals.model import Proposal, ProposalId
from idp.approvals.service import Approvals
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId, is_id
from idp.portal.owners.desk import FORM, REFUSALS, ROLES, TERMS, Desk, until
from idp.portal.staff import decider_of
from idp.storage.storage import UnitOfWork
from idp.web.forms import Form, read_form
from idp.web.routes import Entry

NAMINGS: Final = "/namings"
Act = Callable[[UnitOfWork, Form], Awaitable[None]]


class NamingPages:
    """`/namings…`: for the staff of the owner of the photos."""

    def __init__(self, desk: Desk, *, namings: SecurityNamings, approvals: Approvals) -> None:
        self._desk = desk
        self._namings = namings
        self._approvals = approvals

    def entries(self) -> tuple[Entry, ...]:
        """The route table of namings."""
        rows = (
            (NAMINGS, "GET", self.show, "namings"),
            (NAMINGS, "POST", self.propose, "naming_proposed"),
            (f"{NAMINGS}/decided", "POST", self.decide, "naming_decided"),
            (f"{NAMINGS}/ended", "POST", self.end, "naming_ended"),
        )
        return self._desk.gate.entries_in_one_role(ROLES, rows)

    async def show(self, request: Request, member: Member) -> Response:
        """Who is named until when, what waits for a second person, and the form to name one more."""
        return await self._page(request, member, typed=request.query_params.get("agency", ""))

    async def propose(self, request: Request, member: Member) -> Response:
        """Name an agency; a colleague approves."""

        async def propose(uow: UnitOfWork, form: Form) -> None:
            agency = await self._desk.agencies.agency_by_code(uow, form.one("agency"))
            if agency is None:
                raise Refused(NamingProblem.NOT_POSSIBLE, "agency")
            await self._namings.propose(
                uow,
                agency.id,
                reference_no=form.one("reference_no").strip(),
                valid_until=until(form, now=uow.now),
                by=decider_of(member),
            )

        return await self._act(request, member, propose)

    async def decide(self, request: Request, member: Member) -> Response:
        """The second person approves, or says no with a reason."""

        async def decide(uow: UnitOfWork, form: Form) -> None:
            proposal_id = ProposalId(form.one("proposal"))
            if not is_id("prp", proposal_id) or (await self._approvals.get(uow, proposal_id)).change.kind != KIND:
                raise NotFound(NamingProblem.UNKNOWN, "proposal")
            if form.one("decision") == "approve":
                await self._namings.approve(uow, proposal_id, by=decider_of(member))
            else:
                await self._approvals.refuse(uow, proposal_id, by=decider_of(member), reason=form.one("reason"))

        return await self._act(request, member, decide)

    async def end(self, request: Request, member: Member) -> Response:
        """No photo from this moment."""

        async def end(uow: UnitOfWork, form: Form) -> None:
            if not is_id("agc", form.one("agency")):
                raise NotFound(NamingProblem.UNKNOWN, "naming")
            await self._namings.end(uow, AgencyId(form.one("agency")), by=decider_of(member))

        return await self._act(request, member, end)

    async def _act(self, request: Request, member: Member, act: Act) -> Response:
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            async with self._desk.storage.unit_of_work() as uow:
                await act(uow, form)
        except REFUSALS as refusal:
            # an end names its agency by id, which nobody typed
            typed = "" if is_id("agc", form.one("agency")) else form.one("agency")
            answer = await self._page(request, member, typed=typed, problem=refusal.code)
            await self._desk.gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(NAMINGS, 303)

    async def _page(self, request: Request, member: Member, *, typed: str, problem: StrEnum | None = None) -> Response:
        by = decider_of(member)
        async with self._desk.storage.reading() as uow:
            named = await self._namings.named(uow, by=by)
            waiting = [one for one in await self._approvals.waiting_for(uow, by) if one.change.kind == KIND]
            own = [
                one
                for one in await self._approvals.proposed_by(uow, by)
                if one.change.kind == KIND and one.waits(uow.now)
            ]
            ids = [one.agency_id for one in named] + [AgencyId(one.change.target) for one in (*waiting, *own)]
            agencies = await self._desk.agencies.agencies_named(uow, ids)
            sought = await find_agency_sought(uow, typed)
            now = uow.now
        text = None if problem is None else self._desk.problems.text(problem)
        return self._desk.pages.render(
            request,
            "owners/namings.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            named=[(one, agencies[one.agency_id]) for one in named],
            waiting=_proposed(waiting, agencies),
            own=_proposed(own, agencies),
            sought=sought,
            possible=[one for one in sought.found if _is_possible(one, member)],
            terms=TERMS,
            now=now,
            problem=text,
        )


def _is_possible(agency: Agency, member: Member) -> bool:
    is_other = agency.id != member.agency_id
    return is_other and agency.kind is AgencyKind.STATE and agency.status is Standing.ACTIVE


def _proposed(proposals: list[Proposal], agencies: dict[AgencyId, Agency]) -> list[tuple[Proposal, Agency]]:
    return [(one, agencies[AgencyId(one.change.target)]) for one in proposals]
