"""The pages of an agency's administrator, with the counts and proposals that other rooms give them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from idp.agencies.seats.attendance import MemberReviews
from idp.agencies.seats.inviting import Invitations
from idp.app.agency_door import INVITATION_PATH
from idp.app.configuration.self_service import ProgramProposals
from idp.app.door_kit import DoorKit
from idp.app.onboarding_papers import LazyPapers
from idp.app.rooms import Rooms
from idp.approvals.model import Decider, Proposal
from idp.approvals.rules import is_approver
from idp.approvals.service import Approvals
from idp.exchange.papers import papers_counted
from idp.exchange.usage import GAVE, usage_by_officer, usage_of
from idp.kernel.ids import AgencyId, ServiceId
from idp.oversight.followup.store import flags_noticed
from idp.portal.agency.desk import Desk
from idp.portal.agency.invitation_pages import InvitationPages
from idp.portal.agency.model import AlertCount, NewProgram, OfficerCount, PaperRow, UsageRow
from idp.portal.agency.new_program_pages import NewProgramPages
from idp.portal.agency.officer_pages import OfficerPages
from idp.portal.agency.overview_pages import OverviewPages
from idp.portal.agency.program_pages import ProgramPages
from idp.portal.agency.request_pages import RequestPages
from idp.portal.agency.right_pages import RightPages
from idp.portal.agency.seat_pages import SeatPages
from idp.portal.agency.usage_pages import UsagePages
from idp.portal.staff import StaffGate
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.storage.storage import UnitOfWork

AgencyPages = (
    OverviewPages
    | OfficerPages
    | InvitationPages
    | SeatPages
    | ProgramPages
    | NewProgramPages
    | RequestPages
    | UsagePages
    | RightPages
)


class ExchangeBook:
    """Counts of the data exchange and of the follow-up."""

    async def usage(self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> Sequence[UsageRow]:
        """What was asked for, by day."""
        counted = await usage_of(uow, agency_id, first=first, last=last)
        return [
            UsageRow(one.day, one.service_id, one.dataset, one.outcome, one.pulls, gave=one.outcome in GAVE)
            for one in counted
        ]

    async def officers(
        self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date
    ) -> Sequence[OfficerCount]:
        """Who asked how often, the most first."""
        return [OfficerCount(*one) for one in await usage_by_officer(uow, agency_id, first=first, last=last)]

    async def alerts(self, uow: UnitOfWork, agency_id: AgencyId, *, first: date, last: date) -> Sequence[AlertCount]:
        """What was noticed how often."""
        noticed = await flags_noticed(uow, agency_id, first=first, last=last)
        return [AlertCount(flag.value, count) for flag, count in noticed.items()]

    async def papers(self, uow: UnitOfWork, service_ids: Sequence[ServiceId]) -> Sequence[PaperRow]:
        """Papers that nobody was asked for."""
        counted = await papers_counted(uow, service_ids)
        return [PaperRow(one.service_id, one.month, one.dataset, one.releases, one.papers) for one in counted]


class ProgramsByAdministrators:
    """New programs: proposals of configuration, by a person who is one of the two."""

    def __init__(self, *, proposals: ProgramProposals, approvals: Approvals) -> None:
        self._proposals = proposals
        self._approvals = approvals

    async def propose_program(
        self, uow: UnitOfWork, agency_id: AgencyId, wishes: Mapping[str, Any], *, by: Decider
    ) -> NewProgram:
        """Propose it; where one person suffices it stands."""
        made = await self._proposals.add_in_person(uow, agency_id, wishes, by=by)
        return NewProgram(made.client_id, made.proposal_id)

    async def waiting(self, uow: UnitOfWork, by: Decider) -> Sequence[Proposal]:
        """Those to decide, and the own ones."""
        found = {one.id: one for one in await self._approvals.waiting_for(uow, by)}
        found |= {one.id: one for one in await self._approvals.proposed_by(uow, by) if one.waits(uow.now)}
        of_agency = (one for one in found.values() if one.change.target.startswith("program/"))
        return [one for one in of_agency if one.proposed_by == by.member_id or is_approver(one.approvers, by)]


def agency_pages(kit: DoorKit, gate: StaffGate, rooms: Rooms, settings: Settings) -> tuple[AgencyPages, ...]:
    """Every page below `/agency`."""
    ground = rooms.ground
    desk = Desk(pages=kit.pages, csrf=kit.csrf, problems=kit.problems, storage=ground.storage, gate=gate)
    book = ExchangeBook()
    new = ProgramsByAdministrators(
        proposals=ProgramProposals(
            configurations=rooms.configurations,
            agencies=rooms.agencies,
            clients=rooms.clients,
            approvals=rooms.representation.approvals,
            randomness=ground.randomness,
            two_persons=settings.profile is Profile.PRODUCTION,
        ),
        approvals=rooms.representation.approvals,
    )
    return (
        OverviewPages(
            desk=desk,
            agencies=rooms.agencies,
            stations=rooms.stations,
            accounts=rooms.company_accounts,
            new=new,
            book=book,
        ),
        OfficerPages(
            desk=desk,
            agencies=rooms.agencies,
            seats=rooms.seats,
            reviews=MemberReviews(audit=ground.audit),
            names=rooms.subscribers,
        ),
        InvitationPages(
            desk=desk,
            agencies=rooms.agencies,
            seats=rooms.seats,
            invitations=Invitations(seats=rooms.seats),
            invitation_page=f"{settings.issuer}{INVITATION_PATH}",
        ),
        SeatPages(
            desk=desk,
            agencies=rooms.agencies,
            seats=rooms.seats,
            asking=rooms.seat_requests,
            names=rooms.subscribers,
            papers=LazyPapers(settings, ground.clock),
        ),
        ProgramPages(desk=desk, programs=rooms.programs, new=new, addresses=rooms.addresses),
        NewProgramPages(desk=desk, agencies=rooms.agencies, new=new),
        RequestPages(desk=desk, programs=rooms.programs),
        UsagePages(desk=desk, agencies=rooms.agencies, book=book, names=rooms.subscribers),
        RightPages(
            desk=desk, agencies=rooms.agencies, book=book, host=urlsplit(settings.portal_url).hostname or "portal"
        ),
    )
