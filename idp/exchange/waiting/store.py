"""The table of waiting pulls; every step of one is a conditional statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)

from idp.consent.store import consent, live_consent
from idp.exchange.decision.model import Reason
from idp.exchange.model import WaitingPullId
from idp.exchange.pull.store import disclosure
from idp.exchange.waiting.model import WaitingPull, WaitingState
from idp.kernel.ids import AgencyId, ClientId, DisclosureId
from idp.storage.dialects import insert_on_conflict
from idp.storage.hot.operations import Read, Rows
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import Storage, UnitOfWork

waiting_pull = Table(
    "waiting_pull",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("key_owner", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("idempotency_digest", LargeBinary, nullable=False),
    Column("request_digest", LargeBinary, nullable=False),
    Column("sealed_request", LargeBinary),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("accepted_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("disclosure_id", Text),
    UniqueConstraint("client_id", "idempotency_digest"),
    Index("ix_waiting_pull_state_next_at", "state", "next_at"),
    Index("ix_waiting_pull_key_owner", "key_owner"),
    Index("ix_waiting_pull_deadline", "deadline"),
)


async def insert_waiting(
    uow: UnitOfWork, record: WaitingPull, *, idempotency_digest: bytes, sealed_request: bytes
) -> bool:
    """Accept a pull; False when one of this client waits under the same key already."""
    statement = (
        insert_on_conflict(waiting_pull, uow.dialect)
        .values(
            id=record.id,
            client_id=record.client_id,
            agency_id=record.agency_id,
            key_owner=record.key_owner,
            dataset=record.dataset,
            idempotency_digest=idempotency_digest,
            request_digest=record.request_digest,
            sealed_request=sealed_request,
            state=record.state.value,
            reason=None if record.reason is None else record.reason.value,
            attempts=record.attempts,
            accepted_at=record.accepted_at,
            next_at=record.next_at,
            deadline=record.deadline,
        )
        .on_conflict_do_nothing(index_elements=["client_id", "idempotency_digest"])
    )
    return await uow.changed(statement) == 1


async def find_waiting(uow: UnitOfWork, waiting_id: WaitingPullId) -> WaitingPull | None:
    """The pull with this id."""
    row = await uow.first(select(waiting_pull).where(waiting_pull.c.id == waiting_id))
    return None if row is None else _waiting(row)


def _of_key(rows: Rows) -> Select[Any]:
    same = and_(
        waiting_pull.c.client_id == rows.c.client_id,
        waiting_pull.c.idempotency_digest == rows.c.idempotency_digest,
    )
    return select(*waiting_pull.c).join(rows, same)


WAITING_OF_KEY = Read("waiting_of_key", {"client_id": Text(), "idempotency_digest": LargeBinary()}, _of_key)
"""The pull that a client sent under a key."""


async def find_by_key(storage: Storage, client_id: ClientId, idempotency_digest: bytes) -> WaitingPull | None:
    """The pull that this client sent under this key, if it had to wait; outside any unit of work."""
    row = await storage.hot.first(WAITING_OF_KEY, client_id=client_id, idempotency_digest=idempotency_digest)
    return None if row is None else _waiting(row)


async def sealed_request(uow: UnitOfWork, waiting_id: WaitingPullId) -> bytes | None:
    """What was asked, sealed; None once it is over."""
    row = await uow.first(select(waiting_pull.c.sealed_request).where(waiting_pull.c.id == waiting_id))
    return None if row is None else row.sealed_request


async def count_waiting(uow: UnitOfWork, client_id: ClientId) -> int:
    """How many pulls of this client wait."""
    mine = (waiting_pull.c.client_id == client_id, waiting_pull.c.state == WaitingState.WAITING.value)
    row = await uow.first(select(func.count().label("waiting")).select_from(waiting_pull).where(*mine))
    return 0 if row is None else int(row.waiting)


async def due(uow: UnitOfWork, *, limit: int) -> Sequence[WaitingPullId]:
    """Pulls whose time to be tried has come, the oldest first."""
    chosen = select(waiting_pull.c.id).where(_is_due(uow.now)).order_by(waiting_pull.c.next_at).limit(limit)
    return [WaitingPullId(row.id) for row in await uow.all(chosen)]


async def claim(uow: UnitOfWork, waiting_id: WaitingPullId, *, lease: timedelta) -> bool:
    """True for the one worker that takes a due pull: no other tries it before `lease` has passed."""
    mine = update(waiting_pull).where(waiting_pull.c.id == waiting_id, _is_due(uow.now))
    taken = {"next_at": uow.now + lease, "attempts": waiting_pull.c.attempts + 1}
    return await uow.changed(mine.values(taken)) == 1


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(waiting_pull.c.state == WaitingState.WAITING.value, waiting_pull.c.next_at <= now)


async def put_off(uow: UnitOfWork, waiting_id: WaitingPullId, *, reason: Reason, next_at: datetime) -> None:
    """It goes on waiting."""
    still = and_(waiting_pull.c.id == waiting_id, waiting_pull.c.state == WaitingState.WAITING.value)
    await uow.execute(update(waiting_pull).where(still).values(reason=reason.value, next_at=next_at))


async def mark_ready(
    uow: UnitOfWork, waiting_id: WaitingPullId, disclosure_id: DisclosureId, *, deadline: datetime
) -> bool:
    """True for the one release of this pull; in the transaction that discloses."""
    still = and_(waiting_pull.c.id == waiting_id, waiting_pull.c.state == WaitingState.WAITING.value)
    ready = {"state": WaitingState.READY.value, "disclosure_id": disclosure_id, "reason": None, "deadline": deadline}
    return await uow.changed(update(waiting_pull).where(still).values(ready)) == 1


async def mark_delivered(uow: UnitOfWork, waiting_id: WaitingPullId) -> bool:
    """True for the one fetch that gets the answer."""
    is_ready = and_(
        waiting_pull.c.id == waiting_id,
        waiting_pull.c.state == WaitingState.READY.value,
        waiting_pull.c.deadline > uow.now,
    )
    over = {"state": WaitingState.DELIVERED.value, "sealed_request": None}
    return await uow.changed(update(waiting_pull).where(is_ready).values(over)) == 1


async def end(uow: UnitOfWork, waiting_id: WaitingPullId, *, reason: Reason) -> bool:
    """True when a pull that was not over is ended now."""
    open_states = (WaitingState.WAITING.value, WaitingState.READY.value)
    not_over = and_(waiting_pull.c.id == waiting_id, waiting_pull.c.state.in_(open_states))
    over = {"state": WaitingState.ENDED.value, "reason": reason.value, "sealed_request": None}
    return await uow.changed(update(waiting_pull).where(not_over).values(over)) == 1


async def overdue(uow: UnitOfWork, *, limit: int) -> Sequence[WaitingPullId]:
    """Answers that nobody fetched in time."""
    late = and_(waiting_pull.c.state == WaitingState.READY.value, waiting_pull.c.deadline <= uow.now)
    return [WaitingPullId(row.id) for row in await uow.all(select(waiting_pull.c.id).where(late).limit(limit))]


async def without_consent(uow: UnitOfWork, *, limit: int) -> Sequence[WaitingPullId]:
    """Answers that nobody fetched and whose consent has ended: they will never be told."""
    rests_on = (disclosure.c.id == waiting_pull.c.disclosure_id, disclosure.c.consent_id.is_not(None))
    holds = exists().where(consent.c.id == disclosure.c.consent_id, live_consent(uow.now))
    ready = (waiting_pull.c.state == WaitingState.READY.value, waiting_pull.c.deadline > uow.now)
    statement = select(waiting_pull.c.id).join(disclosure, and_(*rests_on)).where(*ready, not_(holds)).limit(limit)
    return [WaitingPullId(row.id) for row in await uow.all(statement)]


async def end_of(uow: UnitOfWork, key_owner: str) -> None:
    """Drop everything that waits about a person whose identity was closed."""
    await uow.execute(delete(waiting_pull).where(waiting_pull.c.key_owner == key_owner))


async def forget_over(uow: UnitOfWork, *, before: datetime, limit: int) -> int:
    """Drop pulls that are over since long; gives how many."""
    open_states = (WaitingState.WAITING.value, WaitingState.READY.value)
    over = and_(waiting_pull.c.state.not_in(open_states), waiting_pull.c.deadline <= before)
    old = select(waiting_pull.c.id).where(over).limit(limit)
    return await uow.changed(delete(waiting_pull).where(waiting_pull.c.id.in_(old)))


def _waiting(row: Row[Any]) -> WaitingPull:
    return WaitingPull(
        id=WaitingPullId(row.id),
        client_id=ClientId(row.client_id),
        agency_id=AgencyId(row.agency_id),
        key_owner=row.key_owner,
        dataset=row.dataset,
        request_digest=row.request_digest,
        state=WaitingState(row.state),
        reason=None if row.reason is None else Reason(row.reason),
        attempts=row.attempts,
        accepted_at=row.accepted_at,
        next_at=row.next_at,
        deadline=row.deadline,
        disclosure_id=None if row.disclosure_id is None else DisclosureId(row.disclosure_id),
    )
