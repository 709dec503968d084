"""Use cases of seats. Each joins the caller's unit of work and is audited in it."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from connectors.contracts.identifiers import CitizenId
from idp.agencies import member_store
from idp.agencies.member_end import tell_of_end
from idp.agencies.model import Agency, Member, Role, Standing
from idp.agencies.seats import rules, store
from idp.agencies.seats.model import (
    INVITATION_LIFE,
    MOST_WAITING,
    NEEDED,
    Invitation,
    InvitationId,
    InvitationState,
    Invited,
    Invitee,
    Offer,
    Seat,
    SeatedMember,
    SeatProblem,
    TakenSeat,
)
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, MemberId, SubscriberId, is_id, new_id
from idp.kernel.randomness import Randomness, random_text
from idp.keys.blind_index import BlindIndex
from idp.storage.storage import UnitOfWork

_PURPOSE = "seat-invitation"

Details: TypeAlias = dict[str, str | int | list[str]]


class InvitingPrograms(Protocol):
    """The programs of agencies, some of which invite members."""

    async def is_live(self, uow: UnitOfWork, program_id: str, *, agency_id: AgencyId) -> bool:
        """True while it is a program of this agency and answered."""


class Seats:
    """Seats, who is invited to them, who holds them."""

    def __init__(
        self,
        *,
        agencies: Agencies,
        programs: InvitingPrograms,
        blind_index: BlindIndex,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._agencies = agencies
        self._programs = programs
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def put(self, uow: UnitOfWork, seat: Seat, *, by: Actor) -> None:
        """Put a seat in place as a configuration says. Raises NotFound (agency), Refused (NOT_POSSIBLE)."""
        agency = await self._agencies.agency(uow, seat.agency_id)
        impossible = rules.impossible_seat(seat, agency=agency)
        if impossible is not None:
            raise Refused(SeatProblem.NOT_POSSIBLE, impossible)
        await store.put_seat(uow, seat)
        terms: Details = {"places": seat.places, "days": seat.days, "status": seat.status.value}
        await self._record(uow, "agency.seat_changed", by, seat.agency_id, _place(seat) | terms)

    async def of_agency(self, uow: UnitOfWork, agency_id: AgencyId) -> tuple[TakenSeat, ...]:
        """The agency's seats, each with how many live members hold it."""
        held = await store.count_holders(uow, agency_id)
        return tuple(TakenSeat(one, held[one.site, one.role]) for one in await store.find_seats(uow, agency_id))

    async def invite(
        self,
        uow: UnitOfWork,
        agency_id: AgencyId,
        *,
        site: str,
        role: Role,
        by: Actor,
        reference: str = "",
        citizen_id: CitizenId | None = None,
        is_by_agency: bool = True,
    ) -> Invited:
        """A code by which one person takes a place of a seat, within three days.

        `citizen_id` is whose it is where the agency says so: kept as a digest under this agency alone, and nobody is
        told whether such a person is known here. `is_by_agency`: one of its programs asks, not whoever runs the house.
        Raises NotFound (UNKNOWN: no such active seat), Refused (NOT_INVITED_HERE, NOT_POSSIBLE, TOO_MANY_INVITATIONS),
        Conflict (FULL).
        """
        if is_by_agency and role in rules.NOT_BY_PROGRAMS:
            raise Refused(SeatProblem.NOT_INVITED_HERE)
        if not rules.is_reference(reference):
            raise Refused(SeatProblem.NOT_POSSIBLE, "reference")
        seat = await self._free(uow, agency_id, site, role)
        if await store.count_waiting(uow, agency_id) >= MOST_WAITING:
            raise Refused(SeatProblem.TOO_MANY_INVITATIONS)
        code = random_text(self._randomness)
        invitation = Invitation(
            id=InvitationId(new_id("inv", now=uow.now, randomness=self._randomness)),
            agency_id=agency_id,
            site=site,
            role=role,
            reference=reference,
            person=None if citizen_id is None else self._digests(agency_id, citizen_id)[0],
            program=by.id if by.kind in (ActorKind.CLIENT, ActorKind.MEMBER) else None,
            made_at=uow.now,
            expires_at=uow.now + INVITATION_LIFE,
            state=InvitationState.WAITING,
        )
        await store.insert_invitation(uow, invitation, digest=_digest(code))
        named: Details = {"invitation": invitation.id, "named_person": "yes" if citizen_id else "no"}
        await self._record(uow, "agency.member_invited", by, agency_id, _place(seat) | named)
        return Invited(invitation, code)

    async def invitations(
        self, uow: UnitOfWork, agency_id: AgencyId, *, after: InvitationId | None, limit: int
    ) -> tuple[Invitation, ...]:
        """The agency's invitations, oldest first."""
        return await store.find_invitations(uow, agency_id, after=after, limit=limit)

    async def withdraw(self, uow: UnitOfWork, agency_id: AgencyId, invitation_id: InvitationId, *, by: Actor) -> None:
        """Nobody takes it up any more. Raises NotFound (UNKNOWN) unless it waits."""
        if not await store.settle(uow, invitation_id, InvitationState.WITHDRAWN, agency_id=agency_id):
            raise NotFound(SeatProblem.UNKNOWN, "invitation")
        await self._record(uow, "agency.invitation_withdrawn", by, agency_id, {"invitation": invitation_id})

    async def forget_overdue(self, uow: UnitOfWork) -> int:
        """Forget whom invitations were for that nobody took up in time; the worker's job. Gives how many."""
        return await store.forget_persons(uow)

    async def offer(self, uow: UnitOfWork, code: str, *, to: Invitee) -> Offer:
        """What a code invites to.

        Raises Refused (INVITATION_UNUSABLE: never made, used, over, for another person, of a seat, an agency or a
        program that counts no more: one answer).
        """
        found = await store.find_usable(uow, _digest(code))
        if found is None or not self._is_for(found, to):
            raise Refused(SeatProblem.INVITATION_UNUSABLE)
        # what a program or an administrator gave out ends with them: they may have been stopped for just that
        if found.program is not None and not await self._may_invite(uow, found.program, found.agency_id):
            raise Refused(SeatProblem.INVITATION_UNUSABLE)
        seat = await store.find_seat(uow, found.agency_id, found.site, found.role)
        agency: Agency = await self._agencies.agency(uow, found.agency_id)
        if seat is None or {seat.status, agency.status} != {Standing.ACTIVE}:
            raise Refused(SeatProblem.INVITATION_UNUSABLE)
        return Offer(found, seat, agency)

    async def accept(self, uow: UnitOfWork, code: str, *, by: Invitee) -> Member:
        """Take the seat: a member from this commit on. Raises as `offer`, Refused (LEVEL_TOO_LOW), Conflict (FULL,
        ALREADY_HELD).
        """
        # 1. an invitation that this person may accept, at a level at which it is this person
        offer = await self.offer(uow, code, to=by)
        if not by.acr.meets(NEEDED):
            raise Refused(SeatProblem.LEVEL_TOO_LOW)
        # 2. a place, which nobody else takes meanwhile, nor this person twice
        seat = await self._free(uow, offer.seat.agency_id, offer.seat.site, offer.seat.role)
        if await store.is_held_by(uow, seat, by.subscriber_id):
            raise Conflict(SeatProblem.ALREADY_HELD)
        # 3. once over all nodes
        if not await store.settle(uow, offer.invitation.id, InvitationState.ACCEPTED, agency_id=seat.agency_id):
            raise Refused(SeatProblem.INVITATION_UNUSABLE)
        member = Member(
            id=MemberId(new_id("mem", now=uow.now, randomness=self._randomness)),
            agency_id=seat.agency_id,
            subscriber_id=by.subscriber_id,
            position_th=seat.position_th,
            position_en=seat.position_en,
            roles=frozenset({seat.role}),
            expires_at=uow.now + timedelta(days=seat.days),
            status=Standing.ACTIVE,
            site=seat.site,
        )
        await member_store.insert_member(uow, member, reference=offer.invitation.reference)
        actor = Actor(ActorKind.SUBSCRIBER, by.subscriber_id)
        told: Details = {"member": member.id, "invitation": offer.invitation.id}
        await self._record(
            uow, "agency.member_added", actor, seat.agency_id, _place(seat) | told, subject=by.subscriber_id
        )
        return member

    async def members(
        self, uow: UnitOfWork, agency_id: AgencyId, *, after: MemberId | None, limit: int
    ) -> tuple[SeatedMember, ...]:
        """The agency's members, live or not, oldest first."""
        return await store.find_members(uow, agency_id, after=after, limit=limit)

    async def member(self, uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId) -> SeatedMember:
        """One of them. Raises NotFound (UNKNOWN)."""
        found = await store.find_member(uow, agency_id, member_id)
        if found is None:
            raise NotFound(SeatProblem.UNKNOWN, "member")
        return found

    async def narrow(
        self,
        uow: UnitOfWork,
        agency_id: AgencyId,
        member_id: MemberId,
        *,
        roles: frozenset[Role] | None,
        expires_at: datetime | None,
        of: int,
        by: Actor,
        site: str | None = None,
    ) -> SeatedMember:
        """Fewer roles, an earlier end, or one place for who works at all; None leaves as it is.

        Raises NotFound (UNKNOWN), Refused (NOT_INVITED_HERE, NOT_NARROWER), Conflict (CHANGED_MEANWHILE).
        """
        present = (await self._changeable(uow, agency_id, member_id, by=by)).member
        roles, expires_at = roles or present.roles, expires_at or present.expires_at
        site = present.site if site is None else site
        if not rules.is_narrower(present, roles=roles, expires_at=expires_at, site=site):
            raise Refused(SeatProblem.NOT_NARROWER)
        if site != present.site:
            agency = await self._agencies.agency(uow, agency_id)
            # only who works at a counter works at one place
            if site not in {one.code for one in agency.sites} or not roles <= rules.AT_COUNTERS:
                raise Refused(SeatProblem.NOT_POSSIBLE, "site")
        await self._change(uow, present, roles=roles, expires_at=expires_at, status=present.status, of=of, site=site)
        details: Details = {"member": member_id, "roles": sorted(role.value for role in roles), "site": site}
        await self._record(uow, "agency.member_changed", by, agency_id, details)
        return await self.member(uow, agency_id, member_id)

    async def end(self, uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId, *, of: int, by: Actor) -> None:
        """The agency ends a membership, at once. Raises as `narrow`."""
        present = (await self._changeable(uow, agency_id, member_id, by=by)).member
        await self._change(
            uow, present, roles=present.roles, expires_at=present.expires_at, status=Standing.ENDED, of=of
        )
        await tell_of_end(uow, present.subscriber_id, randomness=self._randomness)
        await self._record(uow, "agency.member_ended", by, agency_id, {"member": member_id})

    async def leave(self, uow: UnitOfWork, member_id: MemberId, *, subscriber_id: SubscriberId) -> None:
        """Somebody ends the own membership. Raises NotFound (UNKNOWN), for another's as for none."""
        agency_id = await store.leave(uow, member_id, subscriber_id=subscriber_id)
        if agency_id is None:
            raise NotFound(SeatProblem.UNKNOWN, "member")
        await tell_of_end(uow, subscriber_id, randomness=self._randomness)
        actor = Actor(ActorKind.SUBSCRIBER, subscriber_id)
        await self._record(uow, "agency.member_left", actor, agency_id, {"member": member_id}, subject=subscriber_id)

    async def _changeable(
        self, uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId, *, by: Actor
    ) -> SeatedMember:
        found = await self.member(uow, agency_id, member_id)
        if not rules.is_the_agencys_to_change(found.member, by_program=by.kind is ActorKind.CLIENT):
            raise Refused(SeatProblem.NOT_INVITED_HERE)
        return found

    async def _change(
        self,
        uow: UnitOfWork,
        present: Member,
        *,
        roles: frozenset[Role],
        expires_at: datetime,
        status: Standing,
        of: int,
        site: str | None = None,
    ) -> None:
        place = present.site if site is None else site
        if not await store.change_member(
            uow, present.id, of=of, roles=roles, expires_at=expires_at, status=status, site=place
        ):
            raise Conflict(SeatProblem.CHANGED_MEANWHILE)

    async def _free(self, uow: UnitOfWork, agency_id: AgencyId, site: str, role: Role) -> Seat:
        """An active seat with a place left, held. Raises NotFound (UNKNOWN), Conflict (FULL)."""
        seat = await store.hold_seat(uow, agency_id, site, role)
        if seat is None or seat.status is not Standing.ACTIVE:
            raise NotFound(SeatProblem.UNKNOWN, "seat")
        if (await store.count_holders(uow, agency_id))[site, role] >= seat.places:
            raise Conflict(SeatProblem.FULL)
        return seat

    async def _may_invite(self, uow: UnitOfWork, inviter: str, agency_id: AgencyId) -> bool:
        if not is_id("mem", inviter):
            return await self._programs.is_live(uow, inviter, agency_id=agency_id)
        member = await self._agencies.live_member(uow, MemberId(inviter))
        return member is not None and member.agency_id == agency_id and Role.AGENCY_ADMIN in member.roles

    def _is_for(self, invitation: Invitation, person: Invitee) -> bool:
        if invitation.person is None:
            return True
        if person.citizen_id is None:
            return False
        # under every version of the key: an invitation outlives a rotation
        known = self._digests(invitation.agency_id, person.citizen_id)
        return any(hmac.compare_digest(invitation.person, one) for one in known)

    def _digests(self, agency_id: AgencyId, citizen_id: CitizenId) -> list[bytes]:
        """By which an agency's invitation knows a person, newest key first; another agency's digest is another."""
        return [one.digest for one in self._blind_index.digests(_PURPOSE, f"{agency_id}\x1f{citizen_id.digits}")]

    async def _record(
        self,
        uow: UnitOfWork,
        event: str,
        by: Actor,
        agency_id: AgencyId,
        details: Details,
        *,
        subject: SubscriberId | None = None,
    ) -> None:
        entry = AuditEvent(event, actor=by, subject=subject, agency_id=agency_id, details=details)
        await self._audit.append(uow, entry)


def _place(seat: Seat) -> Details:
    return {"site": seat.site, "role": seat.role.value}


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
