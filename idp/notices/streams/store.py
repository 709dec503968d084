"""Tables of streams and deliveries, and the SQL that hands a stream to one worker at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
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

from idp.kernel.ids import AgencyId, ClientId, SsoSessionId, SubscriberId
from idp.notices.streams.model import (
    KEPT_AT_ALL,
    KEPT_IN_FULL,
    LEASE,
    VERIFIED_EVERY,
    Delivery,
    DeliveryId,
    DeliveryState,
    Form,
    Method,
    Signal,
    SignalKind,
    Stream,
    StreamId,
    StreamStatus,
)
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

signal_stream = Table(
    "signal_stream",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False, index=True),
    Column("form", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("endpoint_url", Text),
    Column("sealed", LargeBinary),
    Column("events", JsonText),
    Column("description", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("created_at", Instant, nullable=False),
    Column("verified_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("held_until", Instant),
    UniqueConstraint("client_id", "form"),
)

signal_delivery = Table(
    "signal_delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stream_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
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
)

_waiting = signal_delivery.c.state == DeliveryState.WAITING.value
# few rows wait, many are kept
Index(
    "ix_signal_delivery_waiting",
    signal_delivery.c.stream_id,
    signal_delivery.c.id,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)

signal_muted = Table(
    "signal_muted",
    metadata,
    Column("stream_id", Text, nullable=False),
    Column("subject_digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream_id", "subject_digest"),
)


async def insert_stream(uow: UnitOfWork, stream: Stream) -> bool:
    """False when the client has one of this form already."""
    values = {"id": stream.id, "created_at": uow.now, "due_at": uow.now, "failures": 0, **_columns(stream)}
    statement = insert_on_conflict(signal_stream, uow.dialect).values(values).on_conflict_do_nothing()
    return await uow.changed(statement) == 1


async def save_stream(uow: UnitOfWork, stream: Stream) -> None:
    """Other configuration or status; whatever it rested for is over."""
    changed = update(signal_stream).where(signal_stream.c.id == stream.id)
    await uow.execute(changed.values(**_columns(stream), failures=0, due_at=uow.now))


async def disable_at(uow: UnitOfWork, stream_id: StreamId, *, endpoint_url: str | None, reason: str) -> bool:
    """Stop a stream while it still leads to this address; False when it was changed meanwhile."""
    unchanged = (signal_stream.c.id == stream_id, signal_stream.c.endpoint_url == endpoint_url)
    stopped = update(signal_stream).where(*unchanged).values(status=StreamStatus.DISABLED.value, reason=reason)
    return await uow.changed(stopped) == 1


async def delete_stream(uow: UnitOfWork, stream_id: StreamId) -> None:
    """The stream is no more, nor is what it was not to be told."""
    await uow.execute(delete(signal_muted).where(signal_muted.c.stream_id == stream_id))
    await uow.execute(delete(signal_stream).where(signal_stream.c.id == stream_id))


async def find_stream(uow: UnitOfWork, stream_id: StreamId) -> Stream | None:
    """The stream with this id."""
    row = await uow.first(select(signal_stream).where(signal_stream.c.id == stream_id))
    return None if row is None else _stream(row)


async def stream_of(uow: UnitOfWork, client_id: ClientId, form: Form) -> Stream | None:
    """A client's one stream of a form."""
    mine = (signal_stream.c.client_id == client_id, signal_stream.c.form == form.value)
    row = await uow.first(select(signal_stream).where(*mine))
    return None if row is None else _stream(row)


async def streams_of(uow: UnitOfWork, client_id: ClientId) -> Sequence[Stream]:
    """Every stream of a client that is not disabled."""
    mine = (signal_stream.c.client_id == client_id, signal_stream.c.status != StreamStatus.DISABLED.value)
    return [_stream(row) for row in await uow.all(select(signal_stream).where(*mine))]


async def clients_with_streams(uow: UnitOfWork, *, agency_id: AgencyId | None = None) -> frozenset[ClientId]:
    """Whose programs are told of anything at all."""
    clients = select(signal_stream.c.client_id).distinct()
    if agency_id is not None:
        clients = clients.where(signal_stream.c.agency_id == agency_id)
    return frozenset(ClientId(row.client_id) for row in await uow.all(clients))


async def may_verify(uow: UnitOfWork, stream_id: StreamId) -> bool:
    """Take the turn of a verification; False when the last one was a moment ago. One conditional statement."""
    rested = or_(signal_stream.c.verified_at.is_(None), signal_stream.c.verified_at <= uow.now - VERIFIED_EVERY)
    turn = update(signal_stream).where(signal_stream.c.id == stream_id, rested).values(verified_at=uow.now)
    return await uow.changed(turn) == 1


async def mute(uow: UnitOfWork, stream_id: StreamId, digest: bytes, *, most: int) -> bool:
    """The stream is told no more of this subject; False when it has as many already."""
    muted = select(func.count()).select_from(signal_muted).where(signal_muted.c.stream_id == stream_id)
    row = await uow.first(muted)
    if row is None or row[0] >= most:
        return False
    values = insert_on_conflict(signal_muted, uow.dialect).values(stream_id=stream_id, subject_digest=digest)
    await uow.execute(values.on_conflict_do_nothing())
    return True


async def unmute(uow: UnitOfWork, stream_id: StreamId, digest: bytes) -> None:
    """The stream is told of this subject again."""
    await uow.execute(delete(signal_muted).where(*_muted(stream_id, digest)))


async def is_muted(uow: UnitOfWork, stream_id: StreamId, digest: bytes) -> bool:
    """True when the receiver removed this subject."""
    return await uow.first(select(signal_muted).where(*_muted(stream_id, digest))) is not None


async def insert_delivery(uow: UnitOfWork, delivery_id: DeliveryId, stream: Stream, signal: Signal) -> bool:
    """False when the stream was told of this cause before."""
    statement = insert_on_conflict(signal_delivery, uow.dialect).values(
        id=delivery_id,
        stream_id=stream.id,
        client_id=stream.client_id,
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


async def take_due_streams(uow: UnitOfWork, *, limit: int) -> Sequence[StreamId]:
    """Streams that have something to be sent, taken for `LEASE`: another worker does not see them until then."""
    waits = exists().where(signal_delivery.c.stream_id == signal_stream.c.id, _waiting)
    is_due = and_(
        signal_stream.c.status == StreamStatus.ENABLED.value,
        signal_stream.c.method != Method.POLL.value,
        signal_stream.c.due_at <= uow.now,
        _is_free(uow.now),
    )
    due = select(signal_stream.c.id).where(is_due, waits).order_by(signal_stream.c.due_at).limit(limit)
    if uow.dialect == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = [row.id for row in await uow.all(due)]
    if ids:
        taken = update(signal_stream).where(signal_stream.c.id.in_(ids)).values(held_until=uow.now + LEASE)
        await uow.execute(taken)
    return [StreamId(stream_id) for stream_id in ids]


async def release(uow: UnitOfWork, stream_id: StreamId, *, failures: int, due_at: datetime) -> None:
    """The turn is over; the next one is not before `due_at`."""
    over = update(signal_stream).where(signal_stream.c.id == stream_id)
    await uow.execute(over.values(held_until=None, failures=failures, due_at=due_at))


async def waiting(uow: UnitOfWork, stream_id: StreamId, *, limit: int) -> Sequence[Delivery]:
    """What waits for an enabled stream, in the order in which it happened; nothing for one that is stopped."""
    enabled = exists().where(signal_stream.c.id == stream_id, signal_stream.c.status == StreamStatus.ENABLED.value)
    statement = select(signal_delivery).where(signal_delivery.c.stream_id == stream_id, _waiting, enabled)
    return [_delivery(row) for row in await uow.all(statement.order_by(signal_delivery.c.id).limit(limit))]


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


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(signal_stream.c.held_until.is_(None), signal_stream.c.held_until <= now)


def _muted(stream_id: StreamId, digest: bytes) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return signal_muted.c.stream_id == stream_id, signal_muted.c.subject_digest == digest


def _columns(stream: Stream) -> Mapping[str, Any]:
    return {
        "client_id": stream.client_id,
        "agency_id": stream.agency_id,
        "form": stream.form.value,
        "method": stream.method.value,
        "endpoint_url": stream.endpoint_url,
        "sealed": stream.sealed,
        "events": None if stream.events is None else list(stream.events),
        "description": stream.description,
        "status": stream.status.value,
        "reason": stream.reason,
    }


def _stream(row: Row[Any]) -> Stream:
    return Stream(
        id=StreamId(row.id),
        client_id=ClientId(row.client_id),
        agency_id=AgencyId(row.agency_id),
        form=Form(row.form),
        method=Method(row.method),
        endpoint_url=row.endpoint_url,
        sealed=row.sealed,
        events=None if row.events is None else tuple(row.events),
        description=row.description,
        status=StreamStatus(row.status),
        reason=row.reason,
        failures=row.failures,
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
