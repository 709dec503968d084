"""The table of signing keys."""

from datetime import datetime

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, insert, select, update

from idp.keys.calendar import KEPT_AFTER_USE, SIGNS_FOR
from idp.keys.model import Keeper, NewKey, PrivateHalf, SigningKey, public_key
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("alg", Text, nullable=False),
    Column("public_jwk", JsonText, nullable=False),
    # who keeps the private half: the store itself, wrapped under a root key, or a module that knows it by a label
    Column("keeper", Text, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("root_version", Integer),
    Column("published_at", Instant, nullable=False),
    Column("active_from", Instant, nullable=False),
    Column("retired_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=False),
)


async def all_keys(uow: UnitOfWork) -> tuple[SigningKey, ...]:
    """Every key there is, the one that signs first before its successor."""
    rows = await uow.all(select(signing_key).order_by(signing_key.c.active_from, signing_key.c.kid))
    return tuple(
        SigningKey(
            kid=row.kid,
            alg=row.alg,
            public=public_key(row.kid, row.alg, row.public_jwk),
            private=PrivateHalf(Keeper(row.keeper), row.private, row.root_version),
            active_from=row.active_from,
            retired_at=row.retired_at,
        )
        for row in rows
    )


async def add_key(uow: UnitOfWork, alg: str, new: NewKey, *, active_from: datetime) -> None:
    """Publish a new key from now on; it signs from `active_from`."""
    retired_at = active_from + SIGNS_FOR
    await uow.execute(
        insert(signing_key).values(
            kid=new.kid,
            alg=alg,
            public_jwk=new.public_jwk,
            keeper=new.private.keeper.value,
            private=new.private.content,
            root_version=new.private.root_version,
            published_at=uow.now,
            active_from=active_from,
            retired_at=retired_at,
            gone_at=retired_at + KEPT_AFTER_USE,
        )
    )


async def retire_at(uow: UnitOfWork, kids: list[str], when: datetime) -> None:
    """Let these keys sign until `when`, and keep them published for a while after."""
    await uow.execute(
        update(signing_key).where(signing_key.c.kid.in_(kids)).values(retired_at=when, gone_at=when + KEPT_AFTER_USE)
    )


async def forget(uow: UnitOfWork, kid: str) -> None:
    """Take a key out of the store, whatever its calendar says."""
    await uow.execute(delete(signing_key).where(signing_key.c.kid == kid))


async def forget_gone(uow: UnitOfWork) -> dict[str, PrivateHalf]:
    """Take keys whose time is over out of the store: by kid, what it knew of their private halves."""
    over = delete(signing_key).where(signing_key.c.gone_at <= uow.now).returning(*signing_key.c)
    rows = await uow.all(over)
    return {row.kid: PrivateHalf(Keeper(row.keeper), row.private, row.root_version) for row in rows}
