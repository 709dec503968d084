"""The table and SQL of members, with the predicate that says in SQL who counts now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    and_,
    exists,
    insert,
    select,
    type_coerce,
    update,
)

from idp.agencies.model import Member, Role, Standing
from idp.agencies.store import agency, live_agency
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("subscriber_id", Text, nullable=False, index=True),
    Column("position_th", Text, nullable=False),
    Column("position_en", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("status", Text, nullable=False),
    Column("site", Text, nullable=False, default=""),
    # the agency's own name for who holds the place, such as a staff number; what its programs know a member by
    Column("reference", Text, nullable=False, default=""),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_member_agency_id", "agency_id", "id"),
    # whom a seat has and who has a role is counted in the index alone, in an agency of any size
    Index("ix_member_agency_id_roles", "agency_id", "roles", "site", "status", "expires_at"),
)


def live_member(now: datetime) -> ColumnElement[bool]:
    """The member acts for a live agency and has not expired.

    Whether the person behind is live is the subscribers' predicate.
    """
    of_live_agency = exists().where(agency.c.id == member.c.agency_id, live_agency(now))
    return and_(member.c.status == Standing.ACTIVE.value, member.c.expires_at > now, of_live_agency)


async def insert_member(uow: UnitOfWork, record: Member, *, reference: str = "") -> None:
    """Save a new member; `reference` is by what the agency's programs know who it is."""
    await uow.execute(
        insert(member).values(
            id=record.id,
            agency_id=record.agency_id,
            subscriber_id=record.subscriber_id,
            position_th=record.position_th,
            position_en=record.position_en,
            roles=sorted(role.value for role in record.roles),
            expires_at=record.expires_at,
            status=record.status.value,
            site=record.site,
            reference=reference,
        )
    )


async def find_live_member(uow: UnitOfWork, member_id: MemberId, *, now: datetime) -> Member | None:
    """The member while live."""
    row = await uow.first(_live_members(now).where(member.c.id == member_id))
    return None if row is None else member_of(row)


async def find_live_members_of(uow: UnitOfWork, subscriber_id: SubscriberId, *, now: datetime) -> tuple[Member, ...]:
    """Every live membership of one person, oldest first."""
    rows = await uow.all(_live_members(now).where(member.c.subscriber_id == subscriber_id).order_by(member.c.id))
    return tuple(member_of(row) for row in rows)


async def find_live_members_named(
    uow: UnitOfWork, member_ids: Collection[MemberId], *, now: datetime
) -> dict[MemberId, Member]:
    """Those of these members that are live."""
    rows = await uow.all(_live_members(now).where(member.c.id.in_(member_ids)))
    return {MemberId(row.id): member_of(row) for row in rows}


async def find_live_members_at(
    uow: UnitOfWork,
    agency_id: AgencyId,
    *,
    role: Role | None = None,
    now: datetime,
    after: MemberId | None = None,
    limit: int | None = None,
) -> tuple[Member, ...]:
    """The live members of an agency, or those with this role, oldest first; `after` is the last of the page before."""
    of_agency = _live_members(now).where(member.c.agency_id == agency_id)
    if role is not None:
        of_agency = of_agency.where(has_role(member, role))
    if after is not None:
        of_agency = of_agency.where(member.c.id > after)
    rows = await uow.all(of_agency.order_by(member.c.id).limit(limit))
    return tuple(member_of(row) for row in rows)


def has_role(members: FromClause, role: Role) -> ColumnElement[bool]:
    """The place comes with this role: the list is JSON, and no role's name holds a quotation mark."""
    return type_coerce(members.c.roles, Text).contains(f'"{role.value}"', autoescape=True)


async def has_members(uow: UnitOfWork) -> bool:
    """True when anybody is or was a member of any agency."""
    return await uow.first(select(member.c.id).limit(1)) is not None


async def end_member(uow: UnitOfWork, member_id: MemberId) -> Member | None:
    """End a membership for good, and give it as it is now; None when there was nothing to end."""
    ended = (
        update(member)
        .where(member.c.id == member_id, member.c.status != Standing.ENDED.value)
        .values(status=Standing.ENDED.value, version=member.c.version + 1)
        .returning(member)
    )
    row = await uow.first(ended)
    return None if row is None else member_of(row)


def _live_members(now: datetime) -> Select[Any]:
    return select(member).where(live_member(now))


def member_of(row: Row[Any]) -> Member:
    """The member of a whole row."""
    return Member(
        id=MemberId(row.id),
        agency_id=AgencyId(row.agency_id),
        subscriber_id=SubscriberId(row.subscriber_id),
        position_th=row.position_th,
        position_en=row.position_en,
        roles=frozenset(Role(role) for role in row.roles),
        expires_at=row.expires_at,
        status=Standing(row.status),
        site=row.site,
    )
