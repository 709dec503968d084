"""The tables of passkeys and of links to add them, and their SQL. Links are kept as digests, nicknames sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
    update,
)

from idp.authentication.model import NewCredential, StoredPasskey
from idp.authentication.store import hold_owner
from idp.kernel.ids import PasskeyId, SubscriberId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.store import live_subscriber, subscriber

passkey = Table(
    "passkey",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("aaguid", Text, nullable=False),
    Column("attested", Boolean, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("sealed_nickname", LargeBinary, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("suspended_at", Instant),
)

passkey_user = Table(
    "passkey_user",
    metadata,
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), primary_key=True),
    Column("user_handle", Text, nullable=False, unique=True),
)

passkey_link = Table(
    "passkey_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("subscriber_id", Text, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
    Column("spent_at", Instant),
)


async def user_handle(uow: UnitOfWork, subscriber_id: SubscriberId, *, proposed: str) -> str:
    """The subscriber's user handle; `proposed` becomes it at the first call."""
    await uow.execute(
        insert_on_conflict(passkey_user, uow.dialect)
        .values(subscriber_id=subscriber_id, user_handle=proposed)
        .on_conflict_do_nothing()
    )
    row = await uow.first(select(passkey_user.c.user_handle).where(passkey_user.c.subscriber_id == subscriber_id))
    assert row is not None
    return str(row.user_handle)


async def insert_passkey(
    uow: UnitOfWork,
    *,
    passkey_id: PasskeyId,
    subscriber_id: SubscriberId,
    credential: NewCredential,
    sealed_nickname: bytes,
) -> bool:
    """A new passkey; False when its credential id is known already, whoever's it is."""
    statement = (
        insert_on_conflict(passkey, uow.dialect)
        .values(
            id=passkey_id,
            subscriber_id=subscriber_id,
            credential_id=credential.credential_id,
            public_key=credential.public_key,
            sign_count=credential.sign_count,
            aaguid=credential.aaguid,
            attested=credential.is_attested,
            backup_eligible=credential.backup_eligible,
            backed_up=credential.backed_up,
            sealed_nickname=sealed_nickname,
            added_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=[passkey.c.credential_id])
    )
    return await uow.changed(statement) == 1


async def find_usable_passkey(uow: UnitOfWork, credential_id: bytes) -> StoredPasskey | None:
    """The passkey of a credential id, unless it is suspended."""
    statement = (
        select(
            passkey,
            passkey_user.c.user_handle,
            live_subscriber(uow.now).label("subscriber_is_live"),
            subscriber.c.status.label("subscriber_status"),
        )
        .join(passkey_user, passkey_user.c.subscriber_id == passkey.c.subscriber_id)
        .join(subscriber, subscriber.c.id == passkey.c.subscriber_id)
        .where(passkey.c.credential_id == credential_id, passkey.c.suspended_at.is_(None))
    )
    row = await uow.first(statement)
    if row is None:
        return None
    return StoredPasskey(
        id=PasskeyId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        user_handle=row.user_handle,
        public_key=row.public_key,
        sign_count=row.sign_count,
        backup_eligible=row.backup_eligible,
        subscriber_is_live=bool(row.subscriber_is_live),
        subscriber_is_frozen=row.subscriber_status == SubscriberStatus.FROZEN.value,
        aaguid=row.aaguid,
        is_attested=row.attested,
    )


async def is_usable(uow: UnitOfWork, passkey_id: PasskeyId) -> bool:
    """It is still there and not suspended; with its owner's row held, until the commit."""
    usable = select(passkey.c.id).where(passkey.c.id == passkey_id, passkey.c.suspended_at.is_(None))
    return await uow.first(usable) is not None


async def credential_ids(uow: UnitOfWork, subscriber_id: SubscriberId) -> list[bytes]:
    """The credentials a subscriber has already, so that no device is added twice."""
    rows = await uow.all(select(passkey.c.credential_id).where(passkey.c.subscriber_id == subscriber_id))
    return [row.credential_id for row in rows]


async def passkey_rows(uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[Row[Any]]:
    """The subscriber's passkeys, oldest first."""
    return await uow.all(select(passkey).where(passkey.c.subscriber_id == subscriber_id).order_by(passkey.c.added_at))


async def record_use(uow: UnitOfWork, used: StoredPasskey, *, sign_count: int, backed_up: bool) -> bool:
    """Move the counter on; False when another answer, or a suspension, came first."""
    statement = (
        update(passkey)
        .where(passkey.c.id == used.id, passkey.c.sign_count == used.sign_count, passkey.c.suspended_at.is_(None))
        .values(sign_count=sign_count, backed_up=backed_up, last_used_at=uow.now)
    )
    return await uow.changed(statement) == 1


async def suspend_passkey(uow: UnitOfWork, passkey_id: PasskeyId) -> None:
    """Stop a passkey."""
    await uow.execute(update(passkey).where(passkey.c.id == passkey_id).values(suspended_at=uow.now))


async def rename_passkey(
    uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId, *, sealed_nickname: bytes
) -> bool:
    """False when the subscriber has no such passkey."""
    mine = and_(passkey.c.id == passkey_id, passkey.c.subscriber_id == subscriber_id)
    return await uow.changed(update(passkey).where(mine).values(sealed_nickname=sealed_nickname)) == 1


async def delete_passkey(uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId) -> bool:
    """False when the subscriber has no such passkey."""
    mine = and_(passkey.c.id == passkey_id, passkey.c.subscriber_id == subscriber_id)
    return await uow.changed(delete(passkey).where(mine)) == 1


async def delete_passkeys_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """All passkeys of a subscriber; gives how many went."""
    return await uow.changed(delete(passkey).where(passkey.c.subscriber_id == subscriber_id))


async def usable_passkeys_beside(uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId) -> int:
    """How many passkeys the subscriber signs in with beside this one."""
    others = and_(
        passkey.c.subscriber_id == subscriber_id, passkey.c.id != passkey_id, passkey.c.suspended_at.is_(None)
    )
    return len(await uow.all(select(passkey.c.id).where(others)))


async def insert_link(uow: UnitOfWork, *, digest: bytes, subscriber_id: SubscriberId, expires_at: datetime) -> None:
    """A new link. Links made before end with it: one at a time is in anybody's hands.

    Its owner's row is held until the commit, so that links made at once end one another too.
    """
    await hold_owner(uow, subscriber_id)
    await end_links_of(uow, subscriber_id)
    await uow.execute(insert(passkey_link).values(digest=digest, subscriber_id=subscriber_id, expires_at=expires_at))


async def end_links_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
    """No link of the subscriber may be used any more."""
    unused = and_(passkey_link.c.subscriber_id == subscriber_id, passkey_link.c.spent_at.is_(None))
    await uow.execute(update(passkey_link).where(unused).values(spent_at=uow.now))


async def find_usable_link(uow: UnitOfWork, digest: bytes) -> SubscriberId | None:
    """Whose link this is, None when it was used, is over, never was, or its owner's identity is stopped."""
    statement = (
        select(passkey_link.c.subscriber_id)
        .join(subscriber, subscriber.c.id == passkey_link.c.subscriber_id)
        .where(_usable_link(digest, uow.now), live_subscriber(uow.now))
    )
    row = await uow.first(statement)
    return None if row is None else SubscriberId(row.subscriber_id)


async def state_of_link(uow: UnitOfWork, digest: bytes) -> str:
    """Why a link cannot be used, for the security log."""
    row = await uow.first(select(passkey_link).where(passkey_link.c.digest == digest))
    if row is None:
        return "unknown"
    if row.spent_at is not None:
        return "used or ended"
    return "over" if row.expires_at <= uow.now else "owner stopped"


async def spend_link(uow: UnitOfWork, digest: bytes) -> bool:
    """True exactly once for a link (nevers, 2): the conditional update is the gate."""
    return await uow.changed(update(passkey_link).where(_usable_link(digest, uow.now)).values(spent_at=uow.now)) == 1


def _usable_link(digest: bytes, now: datetime) -> ColumnElement[bool]:
    return and_(passkey_link.c.digest == digest, passkey_link.c.spent_at.is_(None), passkey_link.c.expires_at > now)


async def holds_attested(uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
    """Whether the subscriber signs in with a passkey whose model was proven."""
    mine = and_(passkey.c.subscriber_id == subscriber_id, passkey.c.suspended_at.is_(None))
    return await uow.first(select(passkey.c.id).where(mine, passkey.c.attested.is_(True)).limit(1)) is not None


async def is_attested(uow: UnitOfWork, subscriber_id: SubscriberId, passkey_id: PasskeyId) -> bool:
    """Whether the model of this passkey of the subscriber was proven."""
    mine = and_(passkey.c.id == passkey_id, passkey.c.subscriber_id == subscriber_id)
    return await uow.first(select(passkey.c.id).where(mine, passkey.c.attested.is_(True))) is not None
