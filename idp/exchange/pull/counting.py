"""Counting what was released, in the transaction that discloses: a limit holds over all nodes.

One row a counter, taken by one conditional statement; the decision reads the same rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import Column, ColumnElement, Index, Integer, Table, Text, delete, literal, or_, select

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.store import agreement
from idp.kernel.ids import AgreementId, MemberId, ServiceId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

KEPT_FOR: Final = timedelta(days=2)
"""Longer than a day in Bangkok and than any access token: what counts is never forgotten while it counts."""

HANDLES_AN_HOUR: Final = 60
"""How many persons one officer may name by number in an hour: a counter's work, no search (attack row 48)."""

release_count = Table(
    "release_count",
    metadata,
    Column("counter", Text, primary_key=True),
    Column("released", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_release_count_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class TokenScope:
    """One subject's data set under one access token, or in one card session or handle: `holder` is the id of that."""

    holder: str
    dataset: str
    juristic_id: str | None


@dataclass(frozen=True, slots=True)
class ReleasesCounted:
    """Releases under an agreement since midnight in Bangkok, and of one subject's data set under one holder."""

    today: int
    before: int


async def count_releases(uow: UnitOfWork, agreement_id: AgreementId | None, scope: TokenScope) -> ReleasesCounted:
    """What the limits of a release have counted so far; nothing today where there is no agreement."""
    day = None if agreement_id is None else day_counter(agreement_id, day_of(uow.now))
    under_token = token_counter(scope)
    asked = or_(release_count.c.counter == day, release_count.c.counter == under_token)
    rows = await uow.all(select(release_count.c.counter, release_count.c.released).where(asked))
    released = {row.counter: int(row.released) for row in rows}
    return ReleasesCounted(today=0 if day is None else released.get(day, 0), before=released.get(under_token, 0))


async def take_from_quota(uow: UnitOfWork, agreement_id: AgreementId) -> bool:
    """Count one release of today; False when the agreement's daily quota is reached."""
    of_agreement = select(agreement.c.daily_quota).where(agreement.c.id == agreement_id)
    first = select(
        literal(day_counter(agreement_id, day_of(uow.now))), literal(1), literal(uow.now + KEPT_FOR, Instant())
    )
    statement = (
        insert_on_conflict(release_count, uow.dialect)
        .from_select(
            ["counter", "released", "expires_at"],
            first.where(agreement.c.id == agreement_id, agreement.c.daily_quota >= 1),
        )
        .on_conflict_do_update(
            index_elements=["counter"],
            set_={"released": release_count.c.released + 1},
            where=release_count.c.released < of_agreement.scalar_subquery(),
        )
    )
    return await uow.changed(statement) == 1


async def take_under_token(uow: UnitOfWork, scope: TokenScope, *, uses: int) -> bool:
    """Count one release under the token; False when it was used as often as it says."""
    return await _take(uow, token_counter(scope), limit=uses)


async def take_handle(uow: UnitOfWork, member_id: MemberId, service_id: ServiceId, *, an_hour: int, a_day: int) -> bool:
    """Count one person named by number; False when the officer's hour or the service's day is used up."""
    return await _take(uow, hour_counter(member_id, uow.now), limit=an_hour) and await _take(
        uow, f"handles|{service_id}|{day_of(uow.now)}", limit=a_day
    )


async def take_comparison(uow: UnitOfWork, document_id: str, *, a_day: int) -> bool:
    """Count one comparison with the paper of this number, whether there is such a document or not."""
    return await _take(uow, f"compared|{document_id}|{day_of(uow.now)}", limit=a_day)


async def drop_expired_counters(uow: UnitOfWork) -> int:
    """Forget counters that no longer count; gives how many."""
    return await uow.changed(delete(release_count).where(release_count.c.expires_at <= uow.now))


async def _take(uow: UnitOfWork, counter: str, *, limit: int) -> bool:
    if limit < 1:
        return False
    statement = (
        insert_on_conflict(release_count, uow.dialect)
        .values(counter=counter, released=1, expires_at=uow.now + KEPT_FOR)
        .on_conflict_do_update(
            index_elements=["counter"],
            set_={"released": release_count.c.released + 1},
            where=release_count.c.released < limit,
        )
    )
    return await uow.changed(statement) == 1


Name = TypeVar("Name", str, ColumnElement[str])


def day_counter(agreement_id: Name, day: Name) -> Name:
    """The name of an agreement's counter of a day; also of columns of other rows."""
    return "day|" + agreement_id + "|" + day


def hour_counter(member_id: MemberId, now: datetime) -> str:
    """The name of the counter of those whom an officer names in this hour."""
    return f"handles|{member_id}|{now:%Y%m%d%H}"


def day_of(now: datetime) -> str:
    """The day in Bangkok on which a release is counted."""
    return now.astimezone(BANGKOK).date().isoformat()


def token_counter(scope: TokenScope) -> str:
    """The name of the counter of one subject's data set under one holder."""
    return f"token|{scope.holder}|{scope.dataset}|{scope.juristic_id or ''}"
