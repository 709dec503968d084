"""The table of what streams are told, and the SQL that hands a stream to one worker at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from idp.kernel.ids import ClientId, SsoSessionId, SubscriberId
from idp.notices.streams.model import (
    KEPT_AT_ALL,
    KEPT_IN_FULL,
    LEASE,
    Delivery,
    DeliveryId,
    DeliveryState,
    Method,
    Signal,
    SignalKind,
    Stream,
    StreamId,
    StreamStatus,
    Turn,
)
from idp.notices.streams.store import signal_stream
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

signal_delivery = Table(
    "signal_delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stream_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("subscriber_id", Text),
    Column("session_id", Text),
    Column("about", Text),
    Column("facts", JsonText),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("outcome", Text),
    Column("created_at", Instant, nullable=False),
    Column("waits_since", Instant, nullable=False),
    Column("settled_at", Instant, index=True),
    UniqueConstraint("stream_id", "cause"),
    Index("ix_signal_delivery_client_id_id", "client_id", "id"),
    Index("ix_signal_delivery_stream_id_place", "stream_id", "place"),
)

_waiting = signal_delivery.c.state == DeliveryState.WAITING.value
# few rows wait, many are kept
Index(
    "ix_signal_delivery_waiting",
    signal_delivery.c.stream_id,
    signal_delivery.c.place,
    signal_delivery.c.id,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)


async def insert_delivery(uow: UnitOfWork, delivery_id: DeliveryId, stream: Stream, signal: Signal) -> bool:
    """False when the stream was told of this cause before.

    `place` is after all that the stream was told: ids of one millisecond are in no order of their own. Two that are
    told at once by two nodes may share a place, and are ordered by their ids then.
    """
    others = select(func.coalesce(func.max(signal_delivery.c.place), 0)).where(signal_delivery.c.stream_id == stream.id)
    statement = insert_on_conflict(signal_delivery, uow.dialect).values(
        id=delivery_id,
        stream_id=stream.id,
        client_id=stream.client_id,
        place=others.scalar_subquery() + 1,
        kind=signal.kind.value,
        cause=signal.cause,
        at=signal.at,
        subscriber_id=signal.subscriber_id,
        session_id=signal.session_id,
        about=signal.about,
        facts=dict(signal.facts),
        state=DeliveryState.WAITING.value,
        attempts=0,
        created_at=uow.now,
        waits_since=uow.now,
    )
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def has_due_streams(uow: UnitOfWork) -> bool:
    """True when there is anything to be sent: asked twice a second, so that an idle worker takes no turn to write."""
    return await uow.first(_due(uow.now).limit(1)) is not None


async def take_due_streams(uow: UnitOfWork, *, limit: int) -> Sequence[Turn]:
    """A turn at each stream that has something to be sent.

    Taken for `LEASE`: another worker does not see them until then, and whoever comes back later than that finds that
    its turn is over (`store.find_in_turn`).
    """
    due = _due(uow.now).order_by(signal_stream.c.due_at).limit(limit)
    if uow.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    found = [Turn(StreamId(row.id), row.turn + 1, row.failures) for row in await uow.all(due)]
    if found:
        taken = update(signal_stream).where(signal_stream.c.id.in_([turn.stream_id for turn in found]))
        await uow.execute(taken.values(held_until=uow.now + LEASE, turn=signal_stream.c.turn + 1))
    return found


async def waiting(uow: UnitOfWork, stream_id: StreamId, *, limit: int) -> Sequence[Delivery]:
    """What waits for an enabled stream, in the order in which it was told; nothing for one that is stopped."""
    enabled = exists().where(signal_stream.c.id == stream_id, signal_stream.c.status == StreamStatus.ENABLED.value)
    statement = select(signal_delivery).where(signal_delivery.c.stream_id == stream_id, _waiting, enabled)
    in_order = statement.order_by(signal_delivery.c.place, signal_delivery.c.id).limit(limit)
    return [_delivery(row) for row in await uow.all(in_order)]


async def note_attempt(uow: UnitOfWork, ids: Sequence[DeliveryId], *, outcome: str) -> None:
    """Tried, or offered, once more; still waiting."""
    tried = update(signal_delivery).where(signal_delivery.c.id.in_(ids), _waiting)
    await uow.execute(tried.values(attempts=signal_delivery.c.attempts + 1, outcome=outcome))


async def settle(
    uow: UnitOfWork, stream_id: StreamId, ids: Sequence[str], state: DeliveryState, *, outcome: str
) -> Sequence[Delivery]:
    """End deliveries of this stream that wait; gives those it ended: ids of others are none of its business."""
    if not ids:
        return ()
    ended = update(signal_delivery).where(
        signal_delivery.c.stream_id == stream_id, signal_delivery.c.id.in_(ids), _waiting
    )
    values = ended.values(state=state.value, outcome=outcome, settled_at=uow.now)
    return [_delivery(row) for row in (await uow.execute(values.returning(signal_delivery))).all()]


async def drop_waiting(uow: UnitOfWork, stream_id: StreamId) -> int:
    """The stream was stopped for good: what waited for it is told to nobody."""
    dropped = update(signal_delivery).where(signal_delivery.c.stream_id == stream_id, _waiting)
    return await uow.changed(dropped.values(state=DeliveryState.DROPPED.value, settled_at=uow.now))


async def give_up_before(uow: UnitOfWork, moment: datetime) -> int:
    """What waited since before this is dead; gives how many."""
    old = update(signal_delivery).where(_waiting, signal_delivery.c.waits_since <= moment)
    return await uow.changed(old.values(state=DeliveryState.DEAD.value, settled_at=uow.now))


async def retry(uow: UnitOfWork, delivery_id: DeliveryId) -> bool:
    """A delivery that came to nothing waits once more, from now on, while it is still known whole."""
    again = update(signal_delivery).where(
        signal_delivery.c.id == delivery_id,
        signal_delivery.c.state.in_([DeliveryState.DEAD.value, DeliveryState.REFUSED.value]),
        signal_delivery.c.facts.is_not(None),
    )
    # not `created_at`: the token of a later attempt says the same as the first one's
    waits = {"state": DeliveryState.WAITING.value, "settled_at": None, "waits_since": uow.now}
    return await uow.changed(again.values(**waits)) == 1


async def find_delivery(uow: UnitOfWork, delivery_id: DeliveryId) -> Delivery | None:
    """The delivery with this id."""
    row = await uow.first(select(signal_delivery).where(signal_delivery.c.id == delivery_id))
    return None if row is None else _delivery(row)


async def deliveries_of(
    uow: UnitOfWork, client_id: ClientId, *, before: DeliveryId | None, limit: int
) -> Sequence[Delivery]:
    """What a client was, is and was not told, newest first."""
    mine = select(signal_delivery).where(signal_delivery.c.client_id == client_id)
    if before is not None:
        mine = mine.where(signal_delivery.c.id < before)
    return [_delivery(row) for row in await uow.all(mine.order_by(signal_delivery.c.id.desc()).limit(limit))]


async def forget(uow: UnitOfWork) -> None:
    """What was settled long ago keeps its ids alone, and in the end goes."""
    settled = signal_delivery.c.settled_at
    empty = {"subscriber_id": None, "session_id": None, "about": None, "facts": None}
    old = and_(settled <= uow.now - KEPT_IN_FULL, signal_delivery.c.facts.is_not(None))
    await uow.execute(update(signal_delivery).where(old).values(**empty))
    await uow.execute(delete(signal_delivery).where(settled <= uow.now - KEPT_AT_ALL))


async def stuck(uow: UnitOfWork, *, since: datetime) -> Sequence[Row[Any]]:
    """Streams for which something waits since before this: id, client_id, method, status, failures, waiting, oldest."""
    counted = (
        select(
            signal_stream.c.id,
            signal_stream.c.client_id,
            signal_stream.c.method,
            signal_stream.c.status,
            signal_stream.c.failures,
            func.count().label("waiting"),
            func.min(signal_delivery.c.waits_since).label("oldest"),
        )
        .join(signal_delivery, signal_delivery.c.stream_id == signal_stream.c.id)
        .where(_waiting)
        .group_by(*[signal_stream.c[name] for name in ("id", "client_id", "method", "status", "failures")])
        .having(func.min(signal_delivery.c.waits_since) <= since)
    )
    return await uow.all(counted.order_by(signal_stream.c.id))


def _due(now: datetime) -> Select[tuple[str, int, int]]:
    waits = exists().where(signal_delivery.c.stream_id == signal_stream.c.id, _waiting)
    return select(signal_stream.c.id, signal_stream.c.turn, signal_stream.c.failures).where(
        signal_stream.c.status == StreamStatus.ENABLED.value,
        signal_stream.c.method != Method.POLL.value,
        signal_stream.c.due_at <= now,
        or_(signal_stream.c.held_until.is_(None), signal_stream.c.held_until <= now),
        waits,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        stream_id=StreamId(row.stream_id),
        kind=SignalKind(row.kind),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        outcome=row.outcome,
        created_at=row.created_at,
        settled_at=row.settled_at,
        signal=None if row.facts is None else _signal(row),
    )


def _signal(row: Row[Any]) -> Signal:
    return Signal(
        kind=SignalKind(row.kind),
        cause=row.cause,
        at=row.at,
        subscriber_id=None if row.subscriber_id is None else SubscriberId(row.subscriber_id),
        session_id=None if row.session_id is None else SsoSessionId(row.session_id),
        about=row.about,
        facts=row.facts,
    )
