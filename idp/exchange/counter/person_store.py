"""Whose card or number something at a counter is about, as a keyed digest: found by the person, read by nobody.

Kept beside every card session and handle, so that who enrols later sees what was released about them before. One row
for each version of the key, as everywhere in the house (design, section 6, "Keys").
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Select, Table, Text, and_, or_, select

from idp.keys.blind_index import IndexDigest
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import metadata
from idp.storage.storage import UnitOfWork

LOOKED_UP: Final = "looked_up"
"""The purpose of the blind index: these digests equal none of those by which subscribers are found."""

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


def anchors_of(digests: Sequence[IndexDigest]) -> Select[Any]:
    """The card sessions and handles about the person with one of these digests."""
    same = or_(
        *(
            and_(counter_person.c.key_version == one.key_version, counter_person.c.digest == one.digest)
            for one in digests
        )
    )
    return select(counter_person.c.anchor).where(same)
