"""The mark a store carries: which profile it was made for. A server of another profile refuses it."""

from enum import StrEnum

from sqlalchemy import Column, Integer, Table, Text, select

from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

THE_MARK = 1

store_mark = Table(
    "store_mark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("profile", Text, nullable=False),
    Column("marked_at", Instant, nullable=False),
)


class Profile(StrEnum):
    """How a deployment is set up (design, section 8)."""

    EMBEDDED = "embedded"
    CONFORMANCE = "conformance"
    BENCH = "bench"
    PRODUCTION = "production"


class OtherProfile(RuntimeError):
    """The store was made for another profile."""


async def mark_or_check(uow: UnitOfWork, profile: Profile) -> None:
    """Mark an unmarked store; raise OtherProfile when it carries another mark."""
    mark = insert_on_conflict(store_mark, uow.dialect).values(id=THE_MARK, profile=profile.value, marked_at=uow.now)
    await uow.execute(mark.on_conflict_do_nothing())
    row = await uow.first(select(store_mark.c.profile).where(store_mark.c.id == THE_MARK))
    if row is None or row.profile != profile.value:
        raise OtherProfile(f"the store is marked {'nothing' if row is None else row.profile}, not {profile.value}")
