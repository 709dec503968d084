"""Whose card or number something at a counter is about, as a keyed digest: found by the person, read by nobody.

Kept beside every card session and handle, so that who enrols later sees what was released about them before. The
digests are those by which subscribers are found, one row for each version of the key (design, section 6, "Keys").
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Select, Table, Text, and_, select

from idp.kernel.ids import SubscriberId
from idp.keys.blind_index import IndexDigest
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.store import CITIZEN_ID, subscriber_index

counter_person = Table(
    "counter_person",
    metadata,
    Column("anchor", Text, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("anchor", "key_version"),
    Index("ix_counter_person_digest", "digest", "key_version"),
)


async def insert_person(uow: UnitOfWork, anchor: str, digests: Sequence[IndexDigest]) -> None:
    """Keep whom a card session or handle is about; once."""
    rows = [{"anchor": anchor, "key_version": one.key_version, "digest": one.digest} for one in digests]
    await uow.execute(insert_on_conflict(counter_person, uow.dialect).values(rows).on_conflict_do_nothing())


async def has_person(uow: UnitOfWork, anchor: str) -> bool:
    """True once it is kept."""
    return await uow.first(select(counter_person.c.anchor).where(counter_person.c.anchor == anchor)) is not None


def anchors_about(subscriber_id: SubscriberId) -> Select[Any]:
    """The card sessions and handles about this person, also from before they had a digital ID.

    Both sides are digests of the same number under the same key: nobody's number is opened for it.
    """
    same = and_(
        counter_person.c.key_version == subscriber_index.c.key_version,
        counter_person.c.digest == subscriber_index.c.digest,
    )
    mine = (subscriber_index.c.subscriber_id == subscriber_id, subscriber_index.c.purpose == CITIZEN_ID)
    return select(counter_person.c.anchor).join(subscriber_index, same).where(*mine)
