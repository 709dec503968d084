"""The table of notices and its SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Row, Table, Text, UniqueConstraint, select, update

from idp.kernel.ids import SubscriberId
from idp.notices.model import MailState, Notice, NoticeId, NoticeTopic
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

notice = Table(
    "notice",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False),
    Column("cause", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("mail", Text, nullable=False),
    UniqueConstraint("subscriber_id", "cause"),
    Index("ix_notice_subscriber_id_id", "subscriber_id", "id"),
)


async def insert_notice(uow: UnitOfWork, one: Notice, *, cause: str) -> bool:
    """True when this cause was not told of before."""
    statement = (
        insert_on_conflict(notice, uow.dialect)
        .values(
            id=one.id,
            subscriber_id=one.subscriber_id,
            cause=cause,
            topic=one.topic.value,
            at=one.at,
            mail=one.mail.value,
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def find(uow: UnitOfWork, notice_id: NoticeId) -> Notice | None:
    """The notice with this id."""
    row = await uow.first(select(notice).where(notice.c.id == notice_id))
    return None if row is None else _notice(row)


async def page(
    uow: UnitOfWork, subscriber_id: SubscriberId, *, before: NoticeId | None, limit: int
) -> Sequence[Notice]:
    """One person's notices, newest first."""
    mine = select(notice).where(notice.c.subscriber_id == subscriber_id)
    if before is not None:
        mine = mine.where(notice.c.id < before)
    return [_notice(row) for row in await uow.all(mine.order_by(notice.c.id.desc()).limit(limit))]


async def set_mail(uow: UnitOfWork, notice_id: NoticeId, state: MailState) -> None:
    """What became of the letter."""
    waiting = (notice.c.id == notice_id, notice.c.mail == MailState.WAITING.value)
    await uow.execute(update(notice).where(*waiting).values(mail=state.value))


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=NoticeId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        topic=NoticeTopic(row.topic),
        at=row.at,
        mail=MailState(row.mail),
    )
