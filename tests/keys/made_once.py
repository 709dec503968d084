"""Signing keys for tests whose question they are not: made once in a process, because an RSA key takes its time."""

import secrets
from typing import Any

from sqlalchemy import insert, select

from idp.keys.files import RootKeys
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.storage.storage import Storage
from tests.clock import FrozenClock

ROOT_KEYS = RootKeys({1: secrets.token_bytes(32)})
"""They are wrapped by these."""

_rows: list[dict[str, Any]] = []


async def ensure_signing_keys(keys: SigningKeys, storage: Storage) -> None:
    """Like `keys.ensure()`, on an empty store, for keys that are wrapped by ROOT_KEYS.

    Only the hour at which every frozen clock starts is kept: at another time keys are made for that time.
    """
    is_usual = storage.clock.now() == FrozenClock().now()
    if is_usual and _rows:
        async with storage.unit_of_work() as uow:
            await uow.execute(insert(signing_key), _rows)
    await keys.ensure()
    if is_usual and not _rows:
        async with storage.reading() as uow:
            _rows.extend(dict(row._mapping) for row in await uow.all(select(signing_key)))
