"""`/agency`, `/agency/members` and `/agency/invitations`: the agency, its places for members, and who takes them.

A member is known here by an id and by the agency's own reference: no name, no number, and no PIN of anybody.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.agencies.model import Role, Standing
from idp.agencies.seats.model import Invitation, InvitationId, SeatedMember, SeatProblem, TakenSeat
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.gateway.agency.asking import (
    PAGE,
    Asking,
    actor,
    cursor,
    expect_printable,
    named_in_path,
    page_of,
    read_body,
    version_asked_for,
)
from idp.gateway.agency.model import AgencyApiProblem
from idp.kernel.errors import Refused
from idp.kernel.ids import MemberId
from idp.web.routes import Access, Entry

RoleName = Literal[
    "enrolment_officer",
    "enrolment_admin",
    "lookup_officer",
    "agency_admin",
    "supervisor",
    "auditor",
    "data_owner",
    "platform_admin",
]


class InvitationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /agency/invitations`: a seat, and whose it is. A citizen number is sent here alone, if at all:
    then nobody else can accept.
    """

    role: RoleName
    site: Annotated[str, msgspec.Meta(max_length=64)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=32)] = ""
    citizen_id: Annotated[str, msgspec.Meta(max_length=32)] | None = None


class MemberChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PATCH /agency/members/{member_id}`: fewer roles, or an earlier end."""

    roles: Annotated[list[RoleName], msgspec.Meta(min_length=1, max_length=8)] | None = None
    expires_at: datetime | None = None


class MemberEndpoints:
    """The agency's places for members, invitations to them, and its members. `invitation_page` is at the issuer."""

    def __init__(self, *, asking: Asking, agencies: Agencies, seats: Seats, invitation_page: str) -> None:
        self._asking = asking
        self._agencies = agencies
        self._seats = seats
        self._invitation_page = invitation_page

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token, member = Access.ACCESS_TOKEN, "/agency/members/{member_id}"
        return (
            Entry("/agency", ("GET",), self.agency, token, "agency"),
            Entry("/agency/members", ("GET",), self.members, token, "agency_members"),
            Entry(member, ("GET",), self.member, token, "agency_member"),
            Entry(member, ("PATCH",), self.narrow, token, "agency_member_changed"),
            Entry(member, ("DELETE",), self.end, token, "agency_member_ended"),
            Entry("/agency/invitations", ("GET",), self.invitations, token, "agency_invitations"),
            Entry("/agency/invitations", ("POST",), self.invite, token, "agency_invited"),
            Entry(
                "/agency/invitations/{invitation_id}", ("DELETE",), self.withdraw, token, "agency_invitation_withdrawn"
            ),
        )

    async def agency(self, request: Request) -> Response:
        """The agency, its sites, and its seats: which roles its members may hold, where, and how many do."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            agency = await self._agencies.agency(uow, token.agency_id)
            seats = await self._seats.of_agency(uow, token.agency_id)
        return self._asking.answer(
            {
                "id": agency.id,
                "code": agency.code,
                "name_th": agency.name_th,
                "name_en": agency.name_en,
                "kind": agency.kind.value,
                "sites": [
                    {"code": site.code, "name_th": site.name_th, "name_en": site.name_en} for site in agency.sites
                ],
                "seats": [_seat(one) for one in seats],
            }
        )

    async def members(self, request: Request) -> Response:
        """The members of the agency, also those whose time is over."""
        token = await self._asking.reader(request)
        after = cursor(request, "mem")
        async with self._asking.storage.reading() as uow:
            page = await self._seats.members(
                uow, token.agency_id, after=None if after is None else MemberId(after), limit=PAGE
            )
            described = [_member(one, uow.now) for one in page]
        return self._asking.answer(page_of("members", described))

    async def member(self, request: Request) -> Response:
        """One of them; its ETag is what a change names."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            found = await self._seats.member(uow, token.agency_id, _member_id(request))
            return self._asking.answer(_member(found, uow.now), version=found.version)

    async def narrow(self, request: Request) -> Response:
        """Fewer roles, or an earlier end, at once. More than a member accepted nobody gives."""
        token = await self._asking.manager(request)
        wish = await read_body(request, MemberChange)
        of = version_asked_for(request)
        if wish.expires_at is not None and wish.expires_at.tzinfo is None:
            raise Refused(AgencyApiProblem.MALFORMED, "expires_at without a zone")
        async with self._asking.storage.unit_of_work() as uow:
            changed = await self._seats.narrow(
                uow,
                token.agency_id,
                _member_id(request),
                roles=None if wish.roles is None else frozenset(Role(role) for role in wish.roles),
                expires_at=_in_utc(wish.expires_at),
                of=of,
                by=actor(token),
            )
            return self._asking.answer(_member(changed, uow.now), version=changed.version)

    async def end(self, request: Request) -> Response:
        """The end of a membership, at once and for good."""
        token = await self._asking.manager(request)
        of = version_asked_for(request)
        async with self._asking.storage.unit_of_work() as uow:
            await self._seats.end(uow, token.agency_id, _member_id(request), of=of, by=actor(token))
        return self._asking.done()

    async def invitations(self, request: Request) -> Response:
        """The invitations of the agency, without their codes."""
        token = await self._asking.reader(request)
        after = cursor(request, "inv")
        async with self._asking.storage.reading() as uow:
            page = await self._seats.invitations(
                uow, token.agency_id, after=None if after is None else InvitationId(after), limit=PAGE
            )
        return self._asking.answer(page_of("invitations", [_invitation(one) for one in page]))

    async def invite(self, request: Request) -> Response:
        """A link by which one person takes a place, shown this once. Roles over others are not to be had here."""
        token = await self._asking.manager(request)
        wish = await read_body(request, InvitationRequest)
        expect_printable(*(text for text in (wish.site, wish.reference) if text))
        citizen_id = None if wish.citizen_id is None else _number(wish.citizen_id)
        async with self._asking.storage.unit_of_work() as uow:
            invited = await self._seats.invite(
                uow,
                token.agency_id,
                site=wish.site,
                role=Role(wish.role),
                reference=wish.reference,
                citizen_id=citizen_id,
                by=actor(token),
            )
        shown = {"code": invited.code, "link": f"{self._invitation_page}#{invited.code}"}
        return self._asking.answer(_invitation(invited.invitation) | shown, status=201)

    async def withdraw(self, request: Request) -> Response:
        """Nobody takes the invitation up any more."""
        token = await self._asking.manager(request)
        named = named_in_path(request, "invitation_id", prefix="inv", absent=SeatProblem.UNKNOWN)
        async with self._asking.storage.unit_of_work() as uow:
            await self._seats.withdraw(uow, token.agency_id, InvitationId(named), by=actor(token))
        return self._asking.done()


def _number(text: str) -> CitizenId:
    try:
        return CitizenId.parse(text)
    except InvalidIdentifier as error:
        raise Refused(AgencyApiProblem.MALFORMED, error.fault.value) from error


def _in_utc(moment: datetime | None) -> datetime | None:
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise Refused(AgencyApiProblem.MALFORMED, "expires_at") from error


def _seat(one: TakenSeat) -> dict[str, Any]:
    seat = one.seat
    return {
        "role": seat.role.value,
        "site": seat.site,
        "position_th": seat.position_th,
        "position_en": seat.position_en,
        "places": seat.places,
        "taken": one.taken,
        "days": seat.days,
        "status": seat.status.value,
    }


def _member(one: SeatedMember, now: datetime) -> dict[str, Any]:
    member = one.member
    is_over = member.status is Standing.ACTIVE and member.expires_at <= now
    return {
        "id": member.id,
        "reference": one.reference,
        "position_th": member.position_th,
        "position_en": member.position_en,
        "roles": sorted(role.value for role in member.roles),
        "site": member.site,
        "expires_at": member.expires_at.isoformat(timespec="seconds"),
        "status": "expired" if is_over else member.status.value,
    }


def _invitation(one: Invitation) -> dict[str, Any]:
    return {
        "id": one.id,
        "role": one.role.value,
        "site": one.site,
        "reference": one.reference,
        "state": one.state.value,
        "made_at": one.made_at.isoformat(timespec="seconds"),
        "expires_at": one.expires_at.isoformat(timespec="seconds"),
    }


def _member_id(request: Request) -> MemberId:
    return MemberId(named_in_path(request, "member_id", prefix="mem", absent=SeatProblem.UNKNOWN))
