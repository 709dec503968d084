"""Tries: how often somebody may guess, for each account and device. Every try is paid for before it is judged.

A device that its owner signed in on before has its own count; all others share one, so that strangers who guess stop
strangers and not the owner. One count holds for everything that can be guessed: PIN and recovery codes.
"""

import hashlib

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    update,
)

from idp.authentication.rules import lock_after
from idp.kernel.ids import SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("account", Text, nullable=False),
    Column("device", LargeBinary, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    PrimaryKeyConstraint("account", "device"),
)

known_device = Table(
    "known_device",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("first_seen", Instant, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "digest"),
)

UNKNOWN_DEVICES = b""
STATIONS = "stations"
"""The device of all counters together: whoever tries there holds the card, so that strangers elsewhere stop nobody at a
counter. No browser can name it: what theirs keep is longer."""

NOBODY = 256


def account_of(subscriber_id: SubscriberId | None, *, typed: str) -> str:
    """The account that a try is charged to. What nobody has is charged too, to one of a few rows that stand for all of
    it: the same statements run, and the same commits, whether there is somebody or not (attack row 78).
    """
    if subscriber_id is not None:
        return subscriber_id
    return f"nobody:{hashlib.sha256(typed.encode()).digest()[0] % NOBODY}"


async def take_try(uow: UnitOfWork, account: str, device: str | None) -> bool:
    """True when one more try may be judged, and it is paid for; False while the account rests on this device.

    The count goes up, and the rest begins, in this one transaction: guesses made at once, on any number of nodes, are
    counted one by one.
    """
    bucket = await _bucket(uow, account, device)
    await uow.execute(
        insert_on_conflict(sign_in_tries, uow.dialect)
        .values(account=account, device=bucket, failures=0)
        .on_conflict_do_nothing()
    )
    same = and_(sign_in_tries.c.account == account, sign_in_tries.c.device == bucket)
    usable = or_(sign_in_tries.c.locked_until.is_(None), sign_in_tries.c.locked_until <= uow.now)
    paid = (
        update(sign_in_tries)
        .where(same, usable)
        .values(failures=sign_in_tries.c.failures + 1)
        .returning(sign_in_tries.c.failures)
    )
    row = (await uow.execute(paid)).first()
    if row is None:
        return False
    rest = lock_after(row.failures)
    if rest is not None:
        await uow.execute(update(sign_in_tries).where(same).values(locked_until=uow.now + rest))
    return True


async def clear_tries(uow: UnitOfWork, account: str, device: str | None) -> None:
    """The try was right: tries on this device start again."""
    bucket = await _bucket(uow, account, device)
    same = and_(sign_in_tries.c.account == account, sign_in_tries.c.device == bucket)
    await uow.execute(update(sign_in_tries).where(same).values(failures=0, locked_until=None))


async def forget_tries(uow: UnitOfWork, account: str) -> None:
    """What could be guessed is another secret now: tries start again on every device."""
    await uow.execute(delete(sign_in_tries).where(sign_in_tries.c.account == account))


async def remember_device(uow: UnitOfWork, subscriber_id: SubscriberId, device: str) -> bool:
    """The subscriber signed in on this device; True at the first time."""
    statement = (
        insert_on_conflict(known_device, uow.dialect)
        .values(subscriber_id=subscriber_id, digest=_digest(device), first_seen=uow.now)
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def forget_devices(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """No device is the subscriber's own any more."""
    await uow.execute(delete(known_device).where(known_device.c.subscriber_id == subscriber_id))


async def _bucket(uow: UnitOfWork, account: str, device: str | None) -> bytes:
    digest = _digest(device or "")
    if device == STATIONS:
        return digest
    same = and_(known_device.c.subscriber_id == account, known_device.c.digest == digest)
    known = await uow.first(select(known_device.c.digest).where(same))
    return UNKNOWN_DEVICES if known is None else digest


def _digest(device: str) -> bytes:
    return hashlib.sha256(device.encode()).digest()
