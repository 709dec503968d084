"""Asking for other numbers of places: an administrator asks under the number of a letter, the platform decides."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from idp.agencies.model import Role, Standing
from idp.agencies.seats import rules, store
from idp.agencies.seats.model import Seat, SeatProblem
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.approvals.model import Approvers, Decider, Proposal, ProposalId, ProposedChange
from idp.approvals.service import Approvals
from idp.audit.model import Actor
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork

KIND: Final = "agencies.seats"
LASTING: Final = timedelta(days=30)
DAYS: Final = 365
SHOWN: Final = 5
LONGEST_REFERENCE: Final = 64
OFFICER: Final = ("เจ้าหน้าที่ตรวจสอบข้อมูล", "Look-up officer")
"""What the place of a look-up officer is called where the agency has none yet."""
_CITIZEN_NUMBER: Final = re.compile(r"\d(?:[\s-]*\d){12}")
_BETWEEN: Final = "|"


class SeatRequests:
    """Requests for other numbers of places. Of one seat one request waits."""

    def __init__(self, *, agencies: Agencies, seats: Seats, approvals: Approvals, platform_id: AgencyId) -> None:
        self._agencies = agencies
        self._seats = seats
        self._approvals = approvals
        self._platform_id = platform_id

    async def propose(
        self, uow: UnitOfWork, *, role: Role, site: str, places: int, reference_no: str, by: Decider
    ) -> Proposal:
        """An administrator asks for this many places at the own agency; `reference_no` is the signed letter's number.

        Raises Refused (NOT_INVITED_HERE: nobody chooses who checks them; NOT_POSSIBLE, with the field), NotFound
        (UNKNOWN: no administrator), Conflict (ALREADY_PROPOSED).
        """
        if Role.AGENCY_ADMIN.value not in by.roles:
            raise NotFound(SeatProblem.UNKNOWN, "administrator")
        if role in rules.NOT_BY_PROGRAMS:
            raise Refused(SeatProblem.NOT_INVITED_HERE)
        if not is_letter_number(reference_no):
            raise Refused(SeatProblem.NOT_POSSIBLE, "reference_no")
        present = await store.find_seat(uow, by.agency_id, site, role)
        wanted = replace(await self._blank(uow, by.agency_id, site, role), places=places, status=Standing.ACTIVE)
        if present is not None:
            wanted = replace(present, places=places, status=Standing.ACTIVE)
        await self._expect_possible(uow, wanted)
        if wanted == present:
            raise Refused(SeatProblem.NOT_POSSIBLE, "places")
        change = ProposedChange(
            KIND, _target(wanted), _terms(present), {**_terms(wanted), "reference_no": reference_no.strip()}
        )
        approvers = Approvers(Role.PLATFORM_ADMIN.value, self._platform_id)
        return await self._approvals.propose(uow, change, by=by, approvers=approvers, lasting=LASTING)

    async def approve(self, uow: UnitOfWork, proposal_id: ProposalId, *, by: Decider) -> Seat:
        """Somebody of the platform, who does not work for that agency: the places are there with this transaction.

        Raises as `Approvals.approve`, NotFound (UNKNOWN), Refused (NOT_INVITED_HERE: a member of the agency;
        NOT_POSSIBLE: it has become impossible meanwhile).
        """
        proposal = await self._approvals.get(uow, proposal_id)
        if proposal.change.kind != KIND:
            raise NotFound(SeatProblem.UNKNOWN, "proposal")
        asked = seat_asked_for(proposal.change)
        if asked.agency_id in {one.agency_id for one in await self._agencies.members_of(uow, by.person)}:
            raise Refused(SeatProblem.NOT_INVITED_HERE)
        await self._expect_possible(uow, asked)
        present = await store.find_seat(uow, asked.agency_id, asked.site, asked.role)
        await self._approvals.approve(uow, proposal_id, by=by, present=_terms(present))
        await self._seats.put(uow, asked, by=Actor(by.kind, by.member_id))
        return asked

    async def waiting(
        self, uow: UnitOfWork, agency_id: AgencyId, kinds: Iterable[tuple[Role, str]]
    ) -> dict[tuple[Role, str], Proposal]:
        """The requests that nobody decided yet, for these roles and sites."""
        if not await self._approvals.how_many_wait(uow, kind=KIND, proposed_for=agency_id):
            return {}
        found = {}
        for role, site in kinds:
            target = _target(Seat(agency_id, site, role, "", "", places=0, days=1))
            proposal = await self._approvals.waiting_on(uow, kind=KIND, target=target)
            if proposal is not None:
                found[role, site] = proposal
        return found

    async def decided(self, uow: UnitOfWork, *, by: Decider) -> list[Proposal]:
        """What became of the last requests of this person for this agency, newest first."""
        own = await self._approvals.proposed_by(uow, by)
        over = [one for one in own if one.change.kind == KIND and not one.waits(uow.now)]
        return [one for one in over if one.proposed_for == by.agency_id][:SHOWN]

    async def _blank(self, uow: UnitOfWork, agency_id: AgencyId, site: str, role: Role) -> Seat:
        """A seat that is not there yet, called as the agency calls those of its role.

        Raises Refused (NOT_POSSIBLE): a role that the agency never had is not asked for here, and has no name yet.
        """
        like = [one for one in await store.find_seats(uow, agency_id) if one.role is role]
        if not like and role is not Role.LOOKUP_OFFICER:
            raise Refused(SeatProblem.NOT_POSSIBLE, "seat")
        called = (like[0].position_th, like[0].position_en, like[0].days) if like else (*OFFICER, DAYS)
        return Seat(agency_id, site, role, called[0], called[1], places=0, days=called[2])

    async def _expect_possible(self, uow: UnitOfWork, wanted: Seat) -> None:
        agency = await self._agencies.agency(uow, wanted.agency_id)
        impossible = rules.impossible_seat(wanted, agency=agency)
        if impossible is not None:
            raise Refused(SeatProblem.NOT_POSSIBLE, impossible)
        # who sits there is sent away by name, not by a number
        if wanted.places < (await store.count_holders(uow, wanted.agency_id))[wanted.site, wanted.role]:
            raise Refused(SeatProblem.NOT_POSSIBLE, "places")


def seat_asked_for(change: ProposedChange) -> Seat:
    """The seat as it would be."""
    agency_id, _, place = change.target.partition(_BETWEEN)
    # whatever the code of a site holds: neither a number of ours nor a role holds the sign between them
    site, _, role = place.rpartition(_BETWEEN)
    after: Mapping[str, Any] = change.after
    return Seat(
        agency_id=AgencyId(agency_id),
        site=site,
        role=Role(role),
        position_th=after["position_th"],
        position_en=after["position_en"],
        places=after["places"],
        days=after["days"],
        status=Standing(after["status"]),
    )


def is_letter_number(text: str) -> bool:
    """True for what may be the number of a letter, and is nobody's."""
    said = text.strip()
    return 0 < len(said) <= LONGEST_REFERENCE and said.isprintable() and _CITIZEN_NUMBER.search(said) is None


def _target(seat: Seat) -> str:
    return _BETWEEN.join((seat.agency_id, seat.site, seat.role.value))


def _terms(seat: Seat | None) -> dict[str, Any]:
    if seat is None:
        return {}
    return {
        "position_th": seat.position_th,
        "position_en": seat.position_en,
        "places": seat.places,
        "days": seat.days,
        "status": seat.status.value,
    }
