"""Tables of seats and invitations, and their SQL. No code lies here, only digests."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    and_,
    func,
    insert,
    select,
    update,
)

from idp.agencies.member_store import has_role, live_member, member, member_of
from idp.agencies.model import Role, Standing
from idp.agencies.seats.model import Invitation, InvitationId, InvitationState, Seat, SeatedMember
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

seat = Table(
    "seat",
    metadata,
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("site", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("position_th", Text, nullable=False),
    Column("position_en", Text, nullable=False),
    Column("places", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("agency_id", "site", "role"),
)

seat_invitation = Table(
    "seat_invitation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("agency_id", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("person", LargeBinary),
    Column("program", Text),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Index("ix_seat_invitation_agency_id", "agency_id", "id"),
)

_WAITING = InvitationState.WAITING.value


async def put_seat(uow: UnitOfWork, record: Seat) -> None:
    """Save a seat, new or with other terms."""
    terms: dict[str, Any] = {
        "position_th": record.position_th,
        "position_en": record.position_en,
        "places": record.places,
        "days": record.days,
        "status": record.status.value,
    }
    key = {"agency_id": record.agency_id, "site": record.site, "role": record.role.value}
    statement = insert_on_conflict(seat, uow.dialect).values(**key, **terms)
    await uow.execute(statement.on_conflict_do_update(index_elements=list(key), set_=terms))


async def hold_seat(uow: UnitOfWork, agency_id: AgencyId, site: str, role: Role) -> Seat | None:
    """The seat, and nobody else takes it until this unit of work ends: the last place goes once over all nodes."""
    await uow.execute(update(seat).where(_is(agency_id, site, role)).values(places=seat.c.places))
    row = await uow.first(select(seat).where(_is(agency_id, site, role)))
    return None if row is None else _seat(row)


async def find_seat(uow: UnitOfWork, agency_id: AgencyId, site: str, role: Role) -> Seat | None:
    """The seat, whatever its standing."""
    row = await uow.first(select(seat).where(_is(agency_id, site, role)))
    return None if row is None else _seat(row)


async def find_seats(uow: UnitOfWork, agency_id: AgencyId | None = None) -> tuple[Seat, ...]:
    """The seats of an agency, or of all, by site and role."""
    statement = select(seat) if agency_id is None else select(seat).where(seat.c.agency_id == agency_id)
    rows = await uow.all(statement.order_by(seat.c.agency_id, seat.c.site, seat.c.role))
    return tuple(_seat(row) for row in rows)


async def count_holders(uow: UnitOfWork, agency_id: AgencyId) -> Counter[tuple[str, Role]]:
    """How many live memberships of an agency there are by site and role; one with two roles counts for both."""
    of_agency = select(member.c.site, member.c.roles, func.count().label("held")).where(
        member.c.agency_id == agency_id, live_member(uow.now)
    )
    held: Counter[tuple[str, Role]] = Counter()
    for row in await uow.all(of_agency.group_by(member.c.site, member.c.roles)):
        held.update({(row.site, Role(role)): row.held for role in row.roles})
    return held


async def is_held_by(uow: UnitOfWork, record: Seat, subscriber_id: SubscriberId) -> bool:
    """True when this person has the seat now."""
    theirs = (member.c.subscriber_id == subscriber_id, member.c.agency_id == record.agency_id)
    of_seat = (member.c.site == record.site, has_role(member, record.role), live_member(uow.now))
    return await uow.first(select(member.c.id).where(*theirs, *of_seat)) is not None


async def insert_invitation(uow: UnitOfWork, record: Invitation, *, digest: bytes) -> None:
    """Keep a new invitation."""
    await uow.execute(
        insert(seat_invitation).values(
            id=record.id,
            digest=digest,
            agency_id=record.agency_id,
            site=record.site,
            role=record.role.value,
            reference=record.reference,
            person=record.person,
            program=record.program,
            made_at=record.made_at,
            expires_at=record.expires_at,
            state=record.state.value,
        )
    )


async def count_waiting(uow: UnitOfWork, agency_id: AgencyId) -> int:
    """How many invitations of this agency can still be accepted."""
    counted = select(func.count()).where(seat_invitation.c.agency_id == agency_id, _usable(uow.now))
    row = await uow.first(counted)
    return 0 if row is None else int(row[0])


async def waiting_references(uow: UnitOfWork, agency_id: AgencyId) -> frozenset[str]:
    """By what name of the agency's own those are known who were invited and may still accept."""
    waiting = select(seat_invitation.c.reference).where(seat_invitation.c.agency_id == agency_id, _usable(uow.now))
    return frozenset(row.reference for row in await uow.all(waiting))


async def find_usable(uow: UnitOfWork, digest: bytes) -> Invitation | None:
    """The invitation of a code while it can be accepted."""
    row = await uow.first(select(seat_invitation).where(seat_invitation.c.digest == digest, _usable(uow.now)))
    return None if row is None else _invitation(row, uow.now)


async def find_invitations(
    uow: UnitOfWork, agency_id: AgencyId, *, after: InvitationId | None, limit: int
) -> tuple[Invitation, ...]:
    """An agency's invitations, oldest first; `after` is the last of the page before."""
    statement = select(seat_invitation).where(seat_invitation.c.agency_id == agency_id)
    if after is not None:
        statement = statement.where(seat_invitation.c.id > after)
    rows = await uow.all(statement.order_by(seat_invitation.c.id).limit(limit))
    return tuple(_invitation(row, uow.now) for row in rows)


async def settle(uow: UnitOfWork, invitation_id: InvitationId, into: InvitationState, *, agency_id: AgencyId) -> bool:
    """Take an invitation out of waiting: once over all nodes, one statement."""
    this = and_(seat_invitation.c.id == invitation_id, seat_invitation.c.agency_id == agency_id, _usable(uow.now))
    # whom it was for is of no use any more
    return await uow.changed(update(seat_invitation).where(this).values(state=into.value, person=None)) == 1


async def forget_persons(uow: UnitOfWork) -> int:
    """Whom invitations were for whose time is over; gives how many."""
    over = (seat_invitation.c.expires_at <= uow.now, seat_invitation.c.person.is_not(None))
    return await uow.changed(update(seat_invitation).where(*over).values(person=None))


async def find_member(uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId) -> SeatedMember | None:
    """A member of an agency, live or not."""
    row = await uow.first(select(member).where(member.c.id == member_id, member.c.agency_id == agency_id))
    return None if row is None else seated_member(row)


async def find_members(
    uow: UnitOfWork, agency_id: AgencyId, *, after: MemberId | None, limit: int
) -> tuple[SeatedMember, ...]:
    """The members of an agency, live or not, oldest first; `after` is the last of the page before."""
    statement = select(member).where(member.c.agency_id == agency_id)
    if after is not None:
        statement = statement.where(member.c.id > after)
    return tuple(seated_member(row) for row in await uow.all(statement.order_by(member.c.id).limit(limit)))


async def change_member(
    uow: UnitOfWork,
    member_id: MemberId,
    *,
    of: int,
    roles: frozenset[Role],
    expires_at: datetime,
    status: Standing,
    site: str,
) -> bool:
    """Save other terms of the membership; False when it is another version by now."""
    this = (member.c.id == member_id, member.c.version == of)
    values = {
        "roles": sorted(role.value for role in roles),
        "expires_at": expires_at,
        "status": status.value,
        "site": site,
    }
    return await uow.changed(update(member).where(*this).values(**values, version=member.c.version + 1)) == 1


async def leave(uow: UnitOfWork, member_id: MemberId, *, subscriber_id: SubscriberId) -> AgencyId | None:
    """End one's own membership; its agency, or None when it is none of this person's, or had ended."""
    own = (member.c.subscriber_id == subscriber_id, member.c.status != Standing.ENDED.value)
    row = await uow.first(
        update(member)
        .where(member.c.id == member_id, *own)
        .values(status=Standing.ENDED.value, version=member.c.version + 1)
        .returning(member.c.agency_id)
    )
    return None if row is None else AgencyId(row.agency_id)


def _is(agency_id: AgencyId, site: str, role: Role) -> ColumnElement[bool]:
    return and_(seat.c.agency_id == agency_id, seat.c.site == site, seat.c.role == role.value)


def _usable(now: datetime) -> ColumnElement[bool]:
    return and_(seat_invitation.c.state == _WAITING, seat_invitation.c.expires_at > now)


def _seat(row: Row[Any]) -> Seat:
    return Seat(
        agency_id=AgencyId(row.agency_id),
        site=row.site,
        role=Role(row.role),
        position_th=row.position_th,
        position_en=row.position_en,
        places=row.places,
        days=row.days,
        status=Standing(row.status),
    )


def _invitation(row: Row[Any], now: datetime) -> Invitation:
    state = InvitationState(row.state)
    is_over = state is InvitationState.WAITING and row.expires_at <= now
    return Invitation(
        id=InvitationId(row.id),
        agency_id=AgencyId(row.agency_id),
        site=row.site,
        role=Role(row.role),
        reference=row.reference,
        person=None if row.person is None else bytes(row.person),
        program=row.program,
        made_at=row.made_at,
        expires_at=row.expires_at,
        state=InvitationState.EXPIRED if is_over else state,
    )


def seated_member(row: Row[Any]) -> SeatedMember:
    """The member of a whole row, with what only the agency says of them."""
    return SeatedMember(member_of(row), row.reference, row.version)
