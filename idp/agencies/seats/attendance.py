"""When members last signed in, and when their administrator last said that they stay: what a review of leavers asks.

Who changed to another desk keeps a membership until somebody looks: every ninety days somebody does
(facts/screens-and-ecosystem, section 2, G1).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Row, Table, Text, and_, func, or_, select

from idp.agencies.member_store import live_member, member
from idp.agencies.seats.model import SeatedMember, SeatProblem
from idp.agencies.seats.store import seated_member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId, MemberId, made_at, new_id
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

REVIEWED_EVERY: Final = timedelta(days=90)
ENDS_SOON: Final = timedelta(days=30)

member_attendance = Table(
    "member_attendance",
    metadata,
    Column("member_id", Text, ForeignKey("member.id"), primary_key=True),
    Column("signed_in_at", Instant),
    Column("reviewed_at", Instant),
)


@dataclass(frozen=True, slots=True)
class AttendedMember:
    """A member, when they last signed in to the staff's pages, and when it was last said that they stay.

    `since` is when they became one; `is_live`: they count now.
    """

    seated: SeatedMember
    is_live: bool
    signed_in_at: datetime | None
    reviewed_at: datetime | None
    since: datetime

    def is_quiet(self, now: datetime) -> bool:
        """True for who has not signed in for as long as a review may wait."""
        return now - (self.signed_in_at or self.since) >= REVIEWED_EVERY

    def ends_soon(self, now: datetime) -> bool:
        """True when the membership ends within a month."""
        return self.seated.member.expires_at - now <= ENDS_SOON


async def note_sign_in(uow: UnitOfWork, member_ids: Collection[MemberId]) -> None:
    """Somebody signed in with these memberships."""
    for member_id in member_ids:
        await _keep(uow, member_id, {"signed_in_at": uow.now})


async def members_attended(
    uow: UnitOfWork, agency_id: AgencyId, *, after: MemberId | None, limit: int, ended: bool = False
) -> tuple[AttendedMember, ...]:
    """An agency's live members, or those whose time is over, oldest first; `after` is the last of the page before."""
    counts = live_member(uow.now)
    return await _find(uow, agency_id, ~counts if ended else counts, after=after, limit=limit)


async def member_attended(uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId) -> AttendedMember:
    """One of them, live or not. Raises NotFound (UNKNOWN)."""
    found = await _find(uow, agency_id, member.c.id == member_id, after=None, limit=1)
    if not found:
        raise NotFound(SeatProblem.UNKNOWN, "member")
    return found[0]


async def members_to_review(
    uow: UnitOfWork, agency_id: AgencyId, *, after: MemberId | None, limit: int
) -> tuple[AttendedMember, ...]:
    """The live members of whom nobody said for ninety days that they stay, oldest first."""
    return await _find(uow, agency_id, _to_review(uow.now), after=after, limit=limit)


async def count_to_review(uow: UnitOfWork, agency_id: AgencyId, *, most: int) -> int:
    """How many of them there are, counted up to `most`."""
    theirs = select(member.c.id).outerjoin(member_attendance, _of_the_member())
    some = theirs.where(member.c.agency_id == agency_id, _to_review(uow.now)).order_by(member.c.id).limit(most)
    row = await uow.first(select(func.count()).select_from(some.subquery()))
    return 0 if row is None else int(row[0])


class MemberReviews:
    """Somebody looked, and the member stays; who does not is ended as any other."""

    def __init__(self, *, audit: AuditLog) -> None:
        self._audit = audit

    async def keep(self, uow: UnitOfWork, agency_id: AgencyId, member_id: MemberId, *, by: Actor) -> None:
        """The member stays for now; asked for again after ninety days. Raises NotFound (UNKNOWN)."""
        await member_attended(uow, agency_id, member_id)
        await _keep(uow, member_id, {"reviewed_at": uow.now})
        entry = AuditEvent("agency.member_reviewed", actor=by, agency_id=agency_id, details={"member": member_id})
        await self._audit.append(uow, entry)


async def _keep(uow: UnitOfWork, member_id: MemberId, values: dict[str, datetime]) -> None:
    statement = insert_on_conflict(member_attendance, uow.dialect).values(member_id=member_id, **values)
    await uow.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))


async def _find(
    uow: UnitOfWork, agency_id: AgencyId, which: Any, *, after: MemberId | None, limit: int
) -> tuple[AttendedMember, ...]:
    attendance = member_attendance.c
    columns = (member, live_member(uow.now).label("is_live"), attendance.signed_in_at, attendance.reviewed_at)
    statement = select(*columns).outerjoin(member_attendance, _of_the_member())
    statement = statement.where(member.c.agency_id == agency_id, which)
    if after is not None:
        statement = statement.where(member.c.id > after)
    return tuple(_attended(row) for row in await uow.all(statement.order_by(member.c.id).limit(limit)))


def _of_the_member() -> Any:
    return member_attendance.c.member_id == member.c.id


def _to_review(now: datetime) -> Any:
    long_ago = now - REVIEWED_EVERY
    # identifiers sort by time: who came later was looked at when they came
    came_before = member.c.id < new_id("mem", now=long_ago, randomness=bytes)
    reviewed = member_attendance.c.reviewed_at
    return and_(live_member(now), came_before, or_(reviewed.is_(None), reviewed <= long_ago))


def _attended(row: Row[Any]) -> AttendedMember:
    return AttendedMember(seated_member(row), row.is_live, row.signed_in_at, row.reviewed_at, made_at(row.id))
