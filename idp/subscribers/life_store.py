"""SQL of what happens to an identity in time: its former attributes, its closing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, update

from idp.kernel.ids import SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import EPOCH
from idp.storage.storage import UnitOfWork
from idp.subscribers.contacts.store import forget_person
from idp.subscribers.model import ActingMember, AttributeSource, ChangeReason, Closing, LookKind, SubscriberStatus
from idp.subscribers.store import (
    attribute_change,
    closing_request,
    registry_notice,
    staff_look,
    subscriber,
    subscriber_index,
)

MINUTE: Final = timedelta(minutes=1)


async def insert_change(
    uow: UnitOfWork,
    *,
    change_id: str,
    subscriber_id: SubscriberId,
    source: AttributeSource,
    why: ChangeReason,
    changed: Sequence[str],
    sealed_before: bytes,
) -> None:
    """Keep what was held until now."""
    await uow.execute(
        insert(attribute_change).values(
            id=change_id,
            subscriber_id=subscriber_id,
            at=uow.now,
            source=source.value,
            why=why.value,
            changed=list(changed),
            sealed_before=sealed_before,
        )
    )


async def changes_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Row[Any]]:
    """Every change of a person's attributes, oldest first."""
    mine = select(attribute_change).where(attribute_change.c.subscriber_id == subscriber_id)
    return await uow.all(mine.order_by(attribute_change.c.id))


async def insert_closing(uow: UnitOfWork, subscriber_id: SubscriberId, *, due_at: datetime) -> bool:
    """False when the closing was asked for before."""
    statement = insert_on_conflict(closing_request, uow.dialect).values(
        subscriber_id=subscriber_id, requested_at=uow.now, due_at=due_at
    )
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def find_closing(uow: UnitOfWork, subscriber_id: SubscriberId) -> Closing | None:
    """The closing that was asked for."""
    row = await uow.first(select(closing_request).where(closing_request.c.subscriber_id == subscriber_id))
    return None if row is None else Closing(row.requested_at, row.due_at)


async def delete_closing(uow: UnitOfWork, subscriber_id: SubscriberId, *, due_by: datetime | None = None) -> bool:
    """True when a closing was asked for (and was due by then); it no longer is."""
    asked = delete(closing_request).where(closing_request.c.subscriber_id == subscriber_id)
    if due_by is not None:
        asked = asked.where(closing_request.c.due_at <= due_by)
    return await uow.changed(asked) == 1


async def due_closings(uow: UnitOfWork, *, limit: int) -> Sequence[SubscriberId]:
    """Whose time to take it back is over."""
    due = select(closing_request.c.subscriber_id).where(closing_request.c.due_at <= uow.now)
    rows = await uow.all(due.order_by(closing_request.c.due_at).limit(limit))
    return [SubscriberId(row.subscriber_id) for row in rows]


async def insert_look(
    uow: UnitOfWork, *, look_id: str, subscriber_id: SubscriberId, by: ActingMember, what: LookKind
) -> bool:
    """False when this member looked at the same within this minute."""
    statement = insert_on_conflict(staff_look, uow.dialect).values(
        id=look_id,
        subscriber_id=subscriber_id,
        member_id=by.member_id,
        agency_id=by.agency_id,
        what=what.value,
        minute=(uow.now - EPOCH) // MINUTE,
    )
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def insert_notice(uow: UnitOfWork, *, number: str, kind: str) -> bool:
    """False when the notice was taken before."""
    statement = insert_on_conflict(registry_notice, uow.dialect).values(number=number, kind=kind, taken_at=uow.now)
    return await uow.changed(statement.on_conflict_do_nothing()) == 1


async def wipe(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """The row stays as a closed one, which other rows name; everything that tells of the person is gone from it."""
    await uow.execute(
        update(subscriber)
        .where(subscriber.c.id == subscriber_id)
        .values(
            status=SubscriberStatus.CLOSED.value,
            sealed_identity=b"",
            sealed_contact=None,
            suspended_by=None,
            suspended_by_person=None,
            suspended_at=None,
            sealed_suspension_reason=None,
        )
    )
    await uow.execute(delete(subscriber_index).where(subscriber_index.c.subscriber_id == subscriber_id))
    await uow.execute(delete(attribute_change).where(attribute_change.c.subscriber_id == subscriber_id))
    await uow.execute(delete(closing_request).where(closing_request.c.subscriber_id == subscriber_id))
    await forget_person(uow, subscriber_id)
