"""Inviting as an administrator does it: each person once, many from a list, all of the list or none of it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.agencies.model import Role, Standing
from idp.agencies.seats import store
from idp.agencies.seats.model import MOST_WAITING, Invited, SeatProblem, TakenSeat
from idp.agencies.seats.rules import NOT_BY_PROGRAMS, is_reference
from idp.agencies.seats.service import Seats
from idp.audit.model import Actor
from idp.kernel.errors import Conflict, Refused
from idp.kernel.ids import AgencyId
from idp.storage.storage import UnitOfWork

COLUMNS: Final = ("role", "site", "reference", "citizen_id")
"""The first line of a list, in this order; `site` and `citizen_id` may stay empty below it."""


class Fault(StrEnum):
    """What is wrong with a cell of a list, or with the list."""

    EMPTY = "empty"
    HEADING = "heading"
    TOO_MANY = "too_many"
    CELLS = "cells"
    ROLE = "role"
    ROLE_NOT_HERE = "role_not_here"
    SITE = "site"
    NO_SEAT = "no_seat"
    FULL = "full"
    REFERENCE = "reference"
    REFERENCE_TWICE = "reference_twice"
    INVITED_ALREADY = "invited_already"
    CITIZEN_ID = "citizen_id"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong, in which line (as a spreadsheet counts them) and column; nothing of what stands there."""

    line: int
    column: str
    fault: Fault


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """Whom a line of a list invites to which seat."""

    line: int
    role: Role
    site: str
    reference: str
    citizen_id: CitizenId | None


@dataclass(frozen=True, slots=True, repr=False)
class Roll:
    """A list as read: whom it invites, and what is wrong with it."""

    wishes: tuple[Wish, ...]
    faults: tuple[RowFault, ...]


def read_roll(text: str) -> Roll:
    """A list of comma-separated values; what a cell says is judged by itself, seats are not known here."""
    reader = csv.reader(text.lstrip("\ufeff").splitlines())
    rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    if not rows:
        return Roll((), (RowFault(1, "", Fault.EMPTY),))
    (line, heading), body = rows[0], rows[1:]
    if tuple(cell.strip().lower() for cell in heading) != COLUMNS:
        return Roll((), (RowFault(line, "", Fault.HEADING),))
    if not 0 < len(body) <= MOST_WAITING:
        return Roll((), (RowFault(line, "", Fault.TOO_MANY if body else Fault.EMPTY),))
    read = [_read_row(number, [cell.strip() for cell in cells]) for number, cells in body]
    return Roll(
        tuple(one for one in read if isinstance(one, Wish)), tuple(one for one in read if isinstance(one, RowFault))
    )


def _read_row(line: int, cells: Sequence[str]) -> Wish | RowFault:
    if len(cells) != len(COLUMNS):
        return RowFault(line, "", Fault.CELLS)
    role, site, reference, number = cells
    if role not in set(Role):
        return RowFault(line, "role", Fault.ROLE)
    if Role(role) in NOT_BY_PROGRAMS:
        return RowFault(line, "role", Fault.ROLE_NOT_HERE)
    if not reference or not is_reference(reference):
        return RowFault(line, "reference", Fault.REFERENCE)
    try:
        citizen_id = CitizenId.parse(number) if number else None
    except InvalidIdentifier:
        return RowFault(line, "citizen_id", Fault.CITIZEN_ID)
    return Wish(line, Role(role), site, reference, citizen_id)


def faults_of(
    wishes: Sequence[Wish], *, seats: Sequence[TakenSeat], sites: frozenset[str], waiting: frozenset[str]
) -> tuple[RowFault, ...]:
    """What is wrong with a list for this agency: its seats, its sites, who was invited already."""
    free = {(one.seat.site, one.seat.role): one.seat.places - one.taken for one in seats if _is_open(one)}
    seen: set[str] = set()
    faults = []
    for wish in wishes:
        place = (wish.site, wish.role)
        wrong = {
            ("site", Fault.SITE): wish.site not in {"", *sites},
            ("role", Fault.NO_SEAT): place not in free,
            ("role", Fault.FULL): free.get(place, 1) <= 0,
            ("reference", Fault.REFERENCE_TWICE): wish.reference in seen,
            ("reference", Fault.INVITED_ALREADY): wish.reference in waiting,
        }
        found = next((named for named, is_wrong in wrong.items() if is_wrong), None)
        if found is not None:
            faults.append(RowFault(wish.line, *found))
        else:
            free[place] -= 1
        seen.add(wish.reference)
    return tuple(faults)


def _is_open(one: TakenSeat) -> bool:
    return one.seat.status is Standing.ACTIVE


class Invitations:
    """Invitations by an administrator in person: under the agency's own name for whom it is, and never twice."""

    def __init__(self, *, seats: Seats) -> None:
        self._seats = seats

    async def invite(
        self,
        uow: UnitOfWork,
        agency_id: AgencyId,
        *,
        role: Role,
        site: str,
        reference: str,
        citizen_id: CitizenId | None,
        by: Actor,
    ) -> Invited:
        """As `Seats.invite`; who was invited already under this name is not again: a form that is sent twice.

        Raises as it does, and Conflict (INVITED_ALREADY).
        """
        (invited,) = await self.invite_all(uow, agency_id, [Wish(1, role, site, reference, citizen_id)], by=by)
        return invited

    async def faults(
        self, uow: UnitOfWork, agency_id: AgencyId, roll: Roll, *, sites: frozenset[str]
    ) -> list[RowFault]:
        """All that is wrong with a list, by line."""
        found = faults_of(
            roll.wishes,
            seats=await self._seats.of_agency(uow, agency_id),
            sites=sites,
            waiting=await store.waiting_references(uow, agency_id),
        )
        return sorted((*roll.faults, *found), key=lambda one: one.line)

    async def invite_all(
        self, uow: UnitOfWork, agency_id: AgencyId, wishes: Sequence[Wish], *, by: Actor
    ) -> list[Invited]:
        """Every person of the list, or nobody: what one line raises undoes the others. Raises as `invite`."""
        # the seats are held first: what was sent twice comes here one after the other; and in one order at all times:
        # two lists that come at once do not wait for each other for ever
        for site, role in sorted({(one.site, one.role) for one in wishes}):
            await store.hold_seat(uow, agency_id, site, role)
        known = set(await store.waiting_references(uow, agency_id))
        invited = []
        for one in wishes:
            if not one.reference:
                raise Refused(SeatProblem.NOT_POSSIBLE, "reference")
            if one.reference in known:
                raise Conflict(SeatProblem.INVITED_ALREADY)
            known.add(one.reference)
            invited.append(
                await self._seats.invite(
                    uow,
                    agency_id,
                    site=one.site,
                    role=one.role,
                    reference=one.reference,
                    citizen_id=one.citizen_id,
                    by=by,
                )
            )
        return invited
