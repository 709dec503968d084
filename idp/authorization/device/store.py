"""How often citizens tried user codes: the counter that makes short codes safe."""

from datetime import timedelta

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, case, literal

from idp.kernel.ids import SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

user_code_try = Table(
    "user_code_try",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("since", Instant, nullable=False),
)


async def count_try(uow: UnitOfWork, subscriber_id: SubscriberId, *, within: timedelta) -> int:
    """Count one more try in one statement; gives how many there were since the first of the last `within`."""
    fresh = insert_on_conflict(user_code_try, uow.dialect).values(subscriber_id=subscriber_id, tries=1, since=uow.now)
    is_over = user_code_try.c.since <= uow.now - within
    counted = fresh.on_conflict_do_update(
        index_elements=[user_code_try.c.subscriber_id],
        set_={
            "tries": case((is_over, 1), else_=user_code_try.c.tries + 1),
            "since": case((is_over, literal(uow.now, Instant)), else_=user_code_try.c.since),
        },
    ).returning(user_code_try.c.tries)
    return int((await uow.execute(counted)).scalar_one())
