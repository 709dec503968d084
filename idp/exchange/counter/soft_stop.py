"""The soft stop: an officer who named as many as an hour allows goes on when the supervisor says so, once a day.

Counted where look-ups are counted. After that hour the usual limit holds, and nobody lets the officer go on before the
next day (facts/security-and-reliability, row 48: "soft stop at quota, supervisor release, then block").
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from idp.exchange.counter.store import citizen_ref
from idp.exchange.pull.counting import HANDLES_AN_HOUR, KEPT_FOR, day_of, hour_counter, release_count
from idp.kernel.ids import AgencyId, MemberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.storage import UnitOfWork

RELEASED_TO: Final = 2 * HANDLES_AN_HOUR


@dataclass(frozen=True, slots=True)
class Stopped:
    """An officer at the limit of this hour; `may_be_released`: nobody let them go on today."""

    officer_id: MemberId
    named: int
    may_be_released: bool


async def limit_of(uow: UnitOfWork, officer_id: MemberId) -> int:
    """How many persons this officer may name in this hour."""
    row = await uow.first(select(release_count.c.released).where(release_count.c.counter == _released(uow, officer_id)))
    return RELEASED_TO if row is not None and row.released == uow.now.hour else HANDLES_AN_HOUR


async def release(uow: UnitOfWork, officer_id: MemberId) -> bool:
    """Let the officer go on in this hour; False when somebody did today."""
    row = insert_on_conflict(release_count, uow.dialect).values(
        counter=_released(uow, officer_id), released=uow.now.hour, expires_at=uow.now + KEPT_FOR
    )
    return await uow.changed(row.on_conflict_do_nothing()) == 1


async def stopped_at(uow: UnitOfWork, agency_id: AgencyId) -> Sequence[Stopped]:
    """Who cannot name anybody more in this hour, of those who name people for this agency.

    By what they named, not by who is a member: of a large agency a few name many.
    """
    hour = uow.now.replace(minute=0, second=0, microsecond=0)
    named = select(citizen_ref.c.member_id).where(citizen_ref.c.agency_id == agency_id, citizen_ref.c.opened_at >= hour)
    many = named.group_by(citizen_ref.c.member_id).having(func.count() >= HANDLES_AN_HOUR)
    return await _stopped_among(uow, [MemberId(row.member_id) for row in await uow.all(many)])


async def _stopped_among(uow: UnitOfWork, officers: Collection[MemberId]) -> Sequence[Stopped]:
    hours = {hour_counter(one, uow.now): one for one in officers}
    days = {_released(uow, one): one for one in officers}
    asked = select(release_count.c.counter, release_count.c.released)
    rows = await uow.all(asked.where(release_count.c.counter.in_([*hours, *days])))
    let_go = {days[row.counter]: row.released for row in rows if row.counter in days}
    named = {hours[row.counter]: row.released for row in rows if row.counter in hours}
    return [
        Stopped(one, count, may_be_released=one not in let_go)
        for one, count in sorted(named.items())
        if count >= (RELEASED_TO if let_go.get(one) == uow.now.hour else HANDLES_AN_HOUR)
    ]


def _released(uow: UnitOfWork, officer_id: MemberId) -> str:
    return f"let_go|{officer_id}|{day_of(uow.now)}"
