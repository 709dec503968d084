"""The tables of watched persons, and the one question asked of them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    insert,
    select,
    update,
)

from idp.agencies.model import Standing
from idp.exchange.counter.person_store import counter_person
from idp.kernel.ids import MemberId
from idp.keys.blind_index import IndexDigest
from idp.oversight.watched.model import WatchedId, WatchedPerson
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

watched_person = Table(
    "watched_person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reference_no", Text, nullable=False),
    Column("named_by", Text, nullable=False),
    Column("named_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("status", Text, nullable=False),
)

watched_digest = Table(
    "watched_digest",
    metadata,
    Column("watched_id", Text, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("watched_id", "key_version"),
    Index("ix_watched_digest_digest", "digest"),
)


async def insert_watched(uow: UnitOfWork, record: WatchedPerson, digests: Sequence[IndexDigest]) -> None:
    """Save who is named, by the digests of the number under every key."""
    await uow.execute(
        insert(watched_person).values(
            id=record.id,
            reference_no=record.reference_no,
            named_by=record.named_by,
            named_at=record.named_at,
            valid_until=record.valid_until,
            status=record.status.value,
        )
    )
    for one in digests:
        row = {"watched_id": record.id, "key_version": one.key_version, "digest": one.digest}
        await uow.execute(insert(watched_digest).values(row))


async def page(uow: UnitOfWork, *, after: WatchedId | None, limit: int) -> tuple[WatchedPerson, ...]:
    """Those that were not ended, oldest first."""
    statement = select(watched_person).where(watched_person.c.status == Standing.ACTIVE.value)
    if after is not None:
        statement = statement.where(watched_person.c.id > after)
    return tuple(_watched(row) for row in await uow.all(statement.order_by(watched_person.c.id).limit(limit)))


async def end(uow: UnitOfWork, watched_id: WatchedId) -> bool:
    """True when a naming is ended now."""
    mine = (watched_person.c.id == watched_id, watched_person.c.status == Standing.ACTIVE.value)
    return await uow.changed(update(watched_person).where(*mine).values(status=Standing.ENDED.value)) == 1


async def watched_among(uow: UnitOfWork, anchors: Collection[str] | Any) -> frozenset[str]:
    """The card sessions and handles, of these, that are about somebody who is named now."""
    named = (
        select(counter_person.c.anchor)
        .join(watched_digest, watched_digest.c.digest == counter_person.c.digest)
        .join(watched_person, watched_person.c.id == watched_digest.c.watched_id)
        .where(
            counter_person.c.anchor.in_(anchors),
            watched_digest.c.key_version == counter_person.c.key_version,
            watched_person.c.status == Standing.ACTIVE.value,
            watched_person.c.valid_until > uow.now,
        )
    )
    return frozenset(row.anchor for row in await uow.all(named))


def _watched(row: Row[Any]) -> WatchedPerson:
    return WatchedPerson(
        id=WatchedId(row.id),
        reference_no=row.reference_no,
        named_by=MemberId(row.named_by),
        named_at=row.named_at,
        valid_until=row.valid_until,
        status=Standing(row.status),
    )
