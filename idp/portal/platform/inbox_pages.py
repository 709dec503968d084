"""What waits for approval, of whatever kind: one list for everybody who decides anything."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.agencies.model import Agency, Member, Role
from idp.agencies.service import Agencies
from idp.approvals.model import ApprovalProblem, Proposal, ProposalId, ProposalState
from idp.approvals.rules import differences
from idp.approvals.service import Approvals
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import NotFound
from idp.kernel.ids import is_id
from idp.portal.platform.model import DECIDED_WITHIN, way_to
from idp.portal.staff import Capacity, StaffGate, decider_of
from idp.storage.storage import Storage, UnitOfWork
from idp.web.pages import Pages
from idp.web.routes import Entry

LIST: Final = "/approvals"
PAGE_LENGTH: Final = 25
ROLES: Final = (
    Role.LOOKUP_OFFICER,
    Role.ENROLMENT_ADMIN,
    Role.AGENCY_ADMIN,
    Role.DATA_OWNER,
    Role.PLATFORM_ADMIN,
)
"""Whom proposals of any kind wait for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal as it is listed. `subject` says in words what it is about where that is not a person."""

    proposal: Proposal
    way: str | None
    asker: Agency | None
    dataset: object
    changes: int
    age: timedelta
    is_late: bool
    is_asked_back: bool


class InboxPages:
    """`/approvals`: for all who decide proposals, in one role at a time."""

    def __init__(
        self, *, pages: Pages, storage: Storage, gate: StaffGate, agencies: Agencies, approvals: Approvals
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._gate = gate
        self._agencies = agencies
        self._approvals = approvals

    def entries(self) -> tuple[Entry, ...]:
        """One path."""
        return self._gate.entries_in_one_role(ROLES, ((LIST, "GET", self.inbox, "approvals"),))

    async def inbox(self, request: Request, member: Member) -> Response:
        """Oldest first; what waits in the person's other roles is counted."""
        after = request.query_params.get("after")
        if after is not None and not is_id("prp", after):
            raise NotFound(ApprovalProblem.UNKNOWN)
        by = decider_of(member)
        async with self._storage.reading() as uow:
            found = await self._approvals.waiting_for(
                uow, by, after=None if after is None else ProposalId(after), limit=PAGE_LENGTH + 1
            )
            own = [one for one in await self._approvals.proposed_by(uow, by) if one.waits(uow.now)]
            rows = await self._rows(uow, found[:PAGE_LENGTH])
            mine = await self._rows(uow, own)
            elsewhere = await self._elsewhere(uow, request)
        return self._pages.render(
            request,
            "platform/inbox.html",
            members=(member,),
            rows=rows,
            own=mine,
            elsewhere=elsewhere,
            next_page=f"{LIST}?after={found[PAGE_LENGTH - 1].id}" if len(found) > PAGE_LENGTH else None,
        )

    async def _rows(self, uow: UnitOfWork, proposals: list[Proposal] | tuple[Proposal, ...]) -> list[Waiting]:
        askers = await self._agencies.agencies_named(uow, {one.proposed_for for one in proposals})
        return [
            Waiting(
                proposal=one,
                way=way_to(one),
                asker=askers.get(one.proposed_for),
                dataset=shown_dataset(one.change.after["dataset"]) if "dataset" in one.change.after else None,
                changes=len(differences(one.change)),
                age=uow.now - one.proposed_at,
                is_late=uow.now - one.proposed_at > DECIDED_WITHIN,
                is_asked_back=one.state is ProposalState.ASKED_BACK,
            )
            for one in proposals
        ]

    async def _elsewhere(self, uow: UnitOfWork, request: Request) -> list[tuple[Capacity, int]]:
        """Of each role that is not acted in, how many wait, at most a page."""
        counted = []
        for capacity in request.state.capacities:
            if capacity.key != request.state.acting_in.key:
                by = decider_of(capacity.alone())
                counted.append((capacity, len(await self._approvals.waiting_for(uow, by, limit=PAGE_LENGTH))))
        return [(capacity, count) for capacity, count in counted if count]
