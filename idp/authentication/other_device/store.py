"""The table of attempts. Each step is one conditional UPDATE: of those who try at once, on any node, one gets through.

The secrets of an attempt are in no column: code and numbers are derived from its id under a key, and what comes back is
found by keyed digests.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from idp.authentication.other_device.model import Attempt, AttemptId, AttemptState, ShownAsker
from idp.kernel.ids import SubscriberId
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

other_device_attempt = Table(
    "other_device_attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code_digest", LargeBinary, nullable=False, unique=True),
    Column("browser_digest", LargeBinary, nullable=False),
    Column("way_digest", LargeBinary, nullable=False),
    Column("phone_digest", LargeBinary),
    Column("state", Text, nullable=False),
    Column("asker", JsonText),
    Column("device", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), index=True),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)


async def insert_attempt(
    uow: UnitOfWork, attempt: Attempt, *, code_digest: bytes, browser_digest: bytes, way_digest: bytes
) -> None:
    """A new row, waiting to be opened."""
    await uow.execute(
        insert(other_device_attempt).values(
            id=attempt.id,
            code_digest=code_digest,
            browser_digest=browser_digest,
            way_digest=way_digest,
            state=attempt.state.value,
            asker=None if attempt.asker is None else asdict(attempt.asker),
            device=attempt.device,
            phone=attempt.phone,
            begun_at=attempt.begun_at,
            expires_at=attempt.expires_at,
        )
    )


async def find_here(uow: UnitOfWork, attempt_id: AttemptId, *, browser_digest: bytes) -> Attempt | None:
    """The attempt that this browser began."""
    return await _find(uow, attempt_id, other_device_attempt.c.browser_digest == browser_digest)


async def find_on_phone(uow: UnitOfWork, attempt_id: AttemptId, *, phone_digest: bytes) -> Attempt | None:
    """The attempt whose code this phone opened first."""
    return await _find(uow, attempt_id, other_device_attempt.c.phone_digest == phone_digest)


async def open_code(
    uow: UnitOfWork, *, code_digest: bytes, phone_digest: bytes, phone: str, until: datetime
) -> AttemptId | None:
    """The attempt of a code, from now on this phone's alone; None when the code is of no use, or was opened before."""
    opened = (
        update(other_device_attempt)
        .where(
            other_device_attempt.c.code_digest == code_digest,
            other_device_attempt.c.state == AttemptState.WAITING.value,
            other_device_attempt.c.expires_at > uow.now,
        )
        .values(state=AttemptState.OPENED.value, phone_digest=phone_digest, phone=phone, expires_at=until)
        .returning(other_device_attempt.c.id)
    )
    row = (await uow.execute(opened)).first()
    return None if row is None else AttemptId(row.id)


async def note_proof(
    uow: UnitOfWork, attempt_id: AttemptId, *, phone_digest: bytes, subscriber_id: SubscriberId
) -> bool:
    """Who showed a passkey on the phone; once for an attempt."""
    at = _at(uow, attempt_id, AttemptState.OPENED)
    proven = (
        update(other_device_attempt)
        .where(at, other_device_attempt.c.phone_digest == phone_digest)
        .values(state=AttemptState.PROVEN.value, subscriber_id=subscriber_id)
    )
    return await uow.changed(proven) == 1


async def settle_on_phone(
    uow: UnitOfWork, attempt_id: AttemptId, state: AttemptState, *, phone_digest: bytes
) -> Attempt | None:
    """What the phone said about the number, once: approved, rejected or reported; None when it is too late to say."""
    return await _settle(
        uow, _at(uow, attempt_id, AttemptState.PROVEN), state, other_device_attempt.c.phone_digest == phone_digest
    )


async def report_opened(uow: UnitOfWork, attempt_id: AttemptId, *, phone_digest: bytes) -> Attempt | None:
    """Who opened the code did not begin this; also before anybody showed a passkey."""
    at = or_(_at(uow, attempt_id, AttemptState.OPENED), _at(uow, attempt_id, AttemptState.PROVEN))
    return await _settle(uow, at, AttemptState.REPORTED, other_device_attempt.c.phone_digest == phone_digest)


async def take(uow: UnitOfWork, attempt_id: AttemptId, *, browser_digest: bytes, way_digest: bytes) -> Attempt | None:
    """The approved attempt, exactly once (nevers, 2), in the browser and for the way that it was begun in."""
    same = and_(
        other_device_attempt.c.browser_digest == browser_digest, other_device_attempt.c.way_digest == way_digest
    )
    return await _settle(uow, _at(uow, attempt_id, AttemptState.APPROVED), AttemptState.TAKEN, same)


async def end_open_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """What this person's passkey was shown for and is not taken yet is over: as if its time had run out."""
    still_open = and_(
        other_device_attempt.c.subscriber_id == subscriber_id,
        other_device_attempt.c.state.in_((AttemptState.PROVEN.value, AttemptState.APPROVED.value)),
        other_device_attempt.c.expires_at > uow.now,
    )
    await uow.execute(update(other_device_attempt).where(still_open).values(expires_at=uow.now))


async def wrong_numbers(uow: UnitOfWork, subscriber_id: SubscriberId, *, within: timedelta) -> int:
    """How many attempts of this person ended with a wrong number of late."""
    of_late = and_(
        other_device_attempt.c.subscriber_id == subscriber_id,
        other_device_attempt.c.state == AttemptState.REJECTED.value,
        other_device_attempt.c.begun_at > uow.now - within,
    )
    row = await uow.first(select(func.count().label("n")).where(of_late))
    return 0 if row is None else int(row.n)


async def forget(uow: UnitOfWork, *, kept_for: timedelta) -> int:
    """Drop what has long been over; gives how many."""
    over = other_device_attempt.c.expires_at <= uow.now - kept_for
    return await uow.changed(delete(other_device_attempt).where(over))


async def _find(uow: UnitOfWork, attempt_id: AttemptId, own: ColumnElement[bool]) -> Attempt | None:
    row = await uow.first(select(other_device_attempt).where(other_device_attempt.c.id == attempt_id, own))
    return None if row is None else _attempt(row)


async def _settle(
    uow: UnitOfWork, at: ColumnElement[bool], state: AttemptState, own: ColumnElement[bool]
) -> Attempt | None:
    settled = update(other_device_attempt).where(at, own).values(state=state.value).returning(*other_device_attempt.c)
    row = (await uow.execute(settled)).first()
    return None if row is None else _attempt(row)


def _at(uow: UnitOfWork, attempt_id: AttemptId, state: AttemptState) -> ColumnElement[bool]:
    """The attempt stands here, and in time."""
    return and_(
        other_device_attempt.c.id == attempt_id,
        other_device_attempt.c.state == state.value,
        other_device_attempt.c.expires_at > uow.now,
    )


def _attempt(row: Any) -> Attempt:
    return Attempt(
        id=AttemptId(row.id),
        state=AttemptState(row.state),
        asker=None if row.asker is None else ShownAsker(**row.asker),
        device=row.device,
        phone=row.phone,
        subscriber_id=None if row.subscriber_id is None else SubscriberId(row.subscriber_id),
        begun_at=row.begun_at,
        expires_at=row.expires_at,
    )
