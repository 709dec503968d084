"""Pages of proposals about rights: the difference, and what the second person or the proposer may do with it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.agreements.model import KIND, terms_from_json
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import Agency, AgencyProblem, Agreement, Member, Service, Standing
from idp.agencies.seats import asking
from idp.agencies.seats.asking import SeatRequests
from idp.agencies.seats.model import Seat
from idp.agencies.service import Agencies
from idp.approvals.model import ApprovalProblem, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.rules import is_approver
from idp.approvals.service import Approvals
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import DataSet
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.portal.agreement_rows import FORM, LIST, REFUSALS, ROLES, deciders_of
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form, read_form
from idp.web.pages import Pages
from idp.web.routes import Entry

PATH: Final = "/proposals/{proposal_id}"
UNSHOWN: Final = frozenset({"id", "agency_id", "service_id", "dataset", "version"})
"""Said in the heading, or nobody's choice."""


class ApplyConfiguration(Protocol):
    """Whole configurations, which two administrators of the platform approve one after the other."""

    async def take_up(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Proposal:
        """The first one."""

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Sequence[object]:
        """The second one."""

    async def refuse(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider, reason: str) -> None:
        """Either."""


@dataclass(frozen=True, slots=True)
class ProposedRight:
    """A right as it stands (None: it is new) and as it shall, with the terms that differ, in order."""

    before: Agreement | None
    after: Agreement
    names: tuple[str, ...]
    agency: Agency
    service: Service
    dataset: DataSet | None


@dataclass(frozen=True, slots=True)
class ProposedPlaces:
    """Another number of places for officers: how many there are (`present`), and what was asked, in which letter."""

    agency: Agency
    seat: Seat
    site: tuple[str, str] | None
    present: int
    reference_no: str


class ProposalPages:
    """`/proposals/{id}`: for those who may approve it, and for whoever proposed it."""

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
        configurations: ApplyConfiguration,
        seat_requests: SeatRequests,
        draft_kind: str,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._agreements = agreements
        self._approvals = approvals
        self._configurations = configurations
        self._seat_requests = seat_requests
        self._draft_kind = draft_kind

    def entries(self) -> tuple[Entry, ...]:
        """The route table of proposals."""
        rows = ((PATH, "GET", self.detail, "proposal"), (PATH, "POST", self.decide, "proposal_decided"))
        return self._gate.entries_in_one_role(ROLES, rows)

    async def detail(self, request: Request, member: Member) -> Response:
        """What would change, what was said, and who may do what."""
        return await self._detail(request, member)

    async def decide(self, request: Request, member: Member) -> Response:
        """Approve, refuse, ask back; answer or withdraw one's own."""
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        try:
            async with self._storage.unit_of_work() as uow:
                proposal, by = await self._visible(uow, request)
                way_on = await self._act(uow, proposal, form, by)
        except REFUSALS as refusal:
            if refusal.code is ApprovalProblem.UNKNOWN:
                raise
            answer = await self._detail(request, member, problem=refusal.code)
            await self._gate.note_refusal(member, request, refusal)
            return answer
        return RedirectResponse(way_on, 303)

    async def _act(self, uow: UnitOfWork, proposal: Proposal, form: Form, by: Decider) -> str:
        here, words = f"/proposals/{proposal.id}", form.one("words")
        match form.one("act"):
            case "approve":
                return await self._approve(uow, proposal, by)
            case "refuse":
                await self._refuse(uow, proposal, by, words)
            case "ask":
                await self._approvals.ask_back(uow, proposal.id, by=by, question=words)
            case "answer":
                await self._approvals.answer(uow, proposal.id, by=by, text=words)
            case "withdraw":
                await self._approvals.withdraw(uow, proposal.id, by=by)
            case _:
                raise Refused(AgencyProblem.UNKNOWN, "act")
        return here

    async def _approve(self, uow: UnitOfWork, proposal: Proposal, by: Decider) -> str:
        if proposal.change.kind == KIND:
            return f"{LIST}/{(await self._agreements.approve(uow, proposal.id, by=by)).id}"
        if proposal.change.kind == asking.KIND:
            await self._seat_requests.approve(uow, proposal.id, by=by)
            return f"/proposals/{proposal.id}"
        if proposal.change.kind == self._draft_kind:
            return f"/proposals/{(await self._configurations.take_up(uow, proposal.id, by=by)).id}"
        await self._configurations.approve(uow, proposal.id, by=by)
        return LIST

    async def _refuse(self, uow: UnitOfWork, proposal: Proposal, by: Decider, reason: str) -> None:
        if proposal.change.kind == KIND:
            await self._agreements.refuse(uow, proposal.id, by=by, reason=reason)
        elif proposal.change.kind == asking.KIND:
            await self._approvals.refuse(uow, proposal.id, by=by, reason=reason)
        else:
            await self._configurations.refuse(uow, proposal.id, by=by, reason=reason)

    async def _detail(self, request: Request, member: Member, *, problem: StrEnum | None = None) -> Response:
        async with self._storage.reading() as uow:
            proposal, by = await self._visible(uow, request)
            remarks = await self._approvals.remarks(uow, proposal.id)
            right = await self._right(uow, proposal) if proposal.change.kind == KIND else None
            places = await self._places(uow, proposal) if proposal.change.kind == asking.KIND else None
            waits = proposal.waits(uow.now)
        is_own = proposal.proposed_by_person == by.person
        text = None if problem is None else self._problems.text(problem)
        return self._pages.render(
            request,
            "proposal.html",
            status_code=200 if text is None else text.status,
            members=(member,),
            proposal=proposal,
            right=right,
            places=places,
            differences=_things(proposal.change) if right is None and places is None else (),
            is_draft=proposal.change.kind == self._draft_kind,
            remarks=remarks,
            waits=waits,
            is_own=is_own and waits,
            may_decide=waits and not is_own and is_approver(proposal.approvers, by),
            problem=text,
        )

    async def _right(self, uow: UnitOfWork, proposal: Proposal) -> ProposedRight:
        before = dict(proposal.change.before)
        after = terms_from_json(dict(proposal.change.after))
        present = terms_from_json(before) if before else None
        names = (one.name for one in fields(Agreement) if one.name not in UNSHOWN)
        changed = (name for name in names if present is None or getattr(present, name) != getattr(after, name))
        return ProposedRight(
            before=present,
            after=after,
            names=tuple(changed),
            agency=await self._agencies.agency(uow, after.agency_id),
            service=await self._agencies.service(uow, after.service_id),
            dataset=DATASETS.get(after.dataset),
        )

    async def _places(self, uow: UnitOfWork, proposal: Proposal) -> ProposedPlaces:
        seat = asking.seat_asked_for(proposal.change)
        agency = await self._agencies.agency(uow, seat.agency_id)
        named = {site.code: (site.name_th, site.name_en) for site in agency.sites}
        before = proposal.change.before
        return ProposedPlaces(
            agency=agency,
            seat=seat,
            site=named.get(seat.site),
            present=before["places"] if before.get("status") == Standing.ACTIVE.value else 0,
            reference_no=proposal.change.after["reference_no"],
        )

    async def _visible(self, uow: UnitOfWork, request: Request) -> tuple[Proposal, Decider]:
        """The proposal, and with which membership this person meets it.

        Raises NotFound, as for what does not exist, for what this person neither proposed nor may decide.
        """
        text: str = request.path_params["proposal_id"]
        if not is_id("prp", text):
            raise NotFound(ApprovalProblem.UNKNOWN)
        proposal, deciders = await self._approvals.get(uow, ProposalId(text)), deciders_of(request)
        is_ours = proposal.change.kind.startswith(("agencies.", "configuration."))
        proposed = (one for one in deciders if proposal.proposed_by_person == one.person)
        deciding = (one for one in deciders if is_approver(proposal.approvers, one))
        by = next(deciding, None) or next(proposed, None)
        if not is_ours or by is None:
            raise NotFound(ApprovalProblem.UNKNOWN)
        return proposal, by


def _things(change: ProposedChange) -> tuple[tuple[str, str, str, str], ...]:
    """The terms of a configuration that change: thing, term, and both values as they stand in a file."""
    rows = []
    for thing, terms in change.after.items():
        present = change.before.get(thing) or {}
        changed = (name for name in sorted({*present, *terms}) if present.get(name) != terms.get(name))
        rows += [(thing, name, _said(present.get(name)), _said(terms.get(name))) for name in changed]
    return tuple(rows)


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value) or "-"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said(one)}" for name, one in value.items())
    return str(value)
