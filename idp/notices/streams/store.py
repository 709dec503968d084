"""The table of streams, and of whom they are not to be told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    update,
)

from idp.kernel.ids import AgencyId, ClientId
from idp.notices.streams.model import (
    VERIFIED_EVERY,
    Form,
    Method,
    Stream,
    StreamId,
    StreamStatus,
    Turn,
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
    Column("turn", Integer, nullable=False),
    UniqueConstraint("client_id", "form"),
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
    values = {"id": stream.id, "created_at": uow.now, "due_at": uow.now, "failures": 0, "turn": 0, **_columns(stream)}
    statement = insert_on_conflict(signal_stream, uow.dialect).values(values).on_conflict_do_nothing()
    return await uow.changed(statement) == 1


async def save_stream(uow: UnitOfWork, stream: Stream) -> None:
    """Other configuration or status; whatever it rested for is over, and so is the turn that somebody has at it: what
    that comes to says nothing of the stream as it is now.
    """
    changed = update(signal_stream).where(signal_stream.c.id == stream.id)
    anew = {"failures": 0, "due_at": uow.now, "held_until": None, "turn": signal_stream.c.turn + 1}
    await uow.execute(changed.values(**_columns(stream), **anew))


async def disable_at(uow: UnitOfWork, stream_id: StreamId, *, endpoint_url: str | None, reason: str) -> bool:
    """Stop a stream while it still leads to this address; False when it was changed meanwhile."""
    unchanged = (signal_stream.c.id == stream_id, signal_stream.c.endpoint_url == endpoint_url)
    stopped = update(signal_stream).where(*unchanged).values(status=StreamStatus.DISABLED.value, reason=reason)
    return await uow.changed(stopped) == 1


async def delete_stream(uow: UnitOfWork, stream_id: StreamId) -> None:
    """The stream is no more, nor is what it was not to be told."""
    await uow.execute(delete(signal_muted).where(signal_muted.c.stream_id == stream_id))
    await uow.execute(delete(signal_stream).where(signal_stream.c.id == stream_id))


async def find_in_turn(uow: UnitOfWork, turn: Turn) -> Stream | None:
    """The stream while this turn at it is not over."""
    row = await uow.first(select(signal_stream).where(*_still(turn)))
    return None if row is None else _stream(row)


async def stream_of(uow: UnitOfWork, client_id: ClientId, form: Form, *, hold: bool = False) -> Stream | None:
    """A client's one stream of a form; with `hold` nobody else changes it until this unit of work ends."""
    mine = (signal_stream.c.client_id == client_id, signal_stream.c.form == form.value)
    asked = select(signal_stream).where(*mine)
    row = await uow.first(asked.with_for_update() if hold else asked)
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


async def release(uow: UnitOfWork, turn: Turn, *, failures: int, due_at: datetime) -> bool:
    """The turn is over, the next one not before `due_at`; False when another worker has the stream by now, or it was
    changed: then nothing is said of it.
    """
    over = update(signal_stream).where(*_still(turn))
    return await uow.changed(over.values(held_until=None, failures=failures, due_at=due_at)) == 1


def _still(turn: Turn) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return signal_stream.c.id == turn.stream_id, signal_stream.c.turn == turn.number


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
