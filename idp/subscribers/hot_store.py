"""A person's sealed attributes beside the key they are sealed under, for reads that tell of the person."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, Select, Text, select
from sqlalchemy.sql.elements import KeyedColumnElement

from idp.kernel.ids import SubscriberId
from idp.keys.envelope import WrappedKey, data_key
from idp.storage.hot.operations import Read, Rows
from idp.storage.metadata import Instant
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.store import live_subscriber, subscriber


@dataclass(frozen=True, slots=True, repr=False)
class SealedPerson:
    """What is known of a person, as it is stored; `Subscribers.opened` opens it."""

    subscriber_id: SubscriberId
    key: WrappedKey
    sealed_identity: bytes
    sealed_contact: bytes | None


PERSON_COLUMNS: tuple[KeyedColumnElement[Any], ...] = (
    subscriber.c.id.label("person_id"),
    subscriber.c.sealed_identity,
    subscriber.c.sealed_contact,
    data_key.c.root_version,
    data_key.c.wrapped,
)
"""What `person_of` reads; from `person_tables`."""


def person_tables(rows: FromClause, subscriber_id: Any) -> FromClause:
    """`rows` joined with the subscriber named in one of its columns, and with the data key."""
    joined = rows.join(subscriber, subscriber.c.id == subscriber_id)
    return joined.join(data_key, data_key.c.owner == subscriber.c.id)


def person_of(row: Any) -> SealedPerson:
    """The person of a row with `PERSON_COLUMNS`."""
    return SealedPerson(
        SubscriberId(row.person_id),
        WrappedKey(row.person_id, row.root_version, row.wrapped),
        row.sealed_identity,
        row.sealed_contact,
    )


async def find_people(uow: UnitOfWork, subscriber_ids: Collection[SubscriberId]) -> tuple[SealedPerson, ...]:
    """Those of these subscribers of whom something is left."""
    there = (subscriber.c.id.in_(subscriber_ids), subscriber.c.status != SubscriberStatus.CLOSED.value)
    joined = subscriber.join(data_key, data_key.c.owner == subscriber.c.id)
    return tuple(person_of(row) for row in await uow.all(select(*PERSON_COLUMNS).select_from(joined).where(*there)))


def _person(rows: Rows) -> Select[Any]:
    tables = person_tables(rows, rows.c.subscriber_id)
    return select(*PERSON_COLUMNS).select_from(tables).where(live_subscriber(rows.c.now))


LIVE_PERSON = Read("live_person", {"subscriber_id": Text(), "now": Instant()}, _person)
"""The sealed attributes of a subscriber whose identity may be used."""
