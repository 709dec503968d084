"""Signing keys: what they sign verifies with joserfc, the calendar is kept, and the store confirms every use."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select, update

from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.kernel.errors import Conflict, NotFound
from idp.keys.calendar import (
    KEPT_AFTER_USE,
    KNOWN_EVERYWHERE_AFTER,
    LOOKED_AFTER_EVERY,
    PUBLISHED_BEFORE_USE,
    SIGNS_FOR,
    Succession,
    due_succession,
)
from idp.keys.files import RootKeys
from idp.keys.model import Keeper, KeysUnconfirmed, KeyUnreachable, PrivateHalf, SigningKey
from idp.keys.sealing import SealBroken
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.storage.storage import Storage
from tests.clock import FrozenClock

ROOTS = RootKeys({1: b"\x01" * 32})
START = FrozenClock().now()


def node(storage: Storage, clock: FrozenClock, roots: RootKeys = ROOTS) -> SigningKeys:
    return SigningKeys(storage=storage, root_keys=roots, clock=clock)


async def published(keys: SigningKeys, alg: str) -> list[Any]:
    return [key["kid"] for key in (await keys.public_jwks())["keys"] if key.get("alg") == alg]


def kid_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


@pytest.mark.parametrize("alg", ["ES256", "PS256", "RS256"])
async def test_a_client_verifies_with_joserfc_what_every_algorithm_signs(
    sqlite_storage: Storage, clock: FrozenClock, alg: str
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    claims = {"name": "สมชาย", "n": 1, "nested": {"list": [1, None, True]}}
    token = await keys.sign_jwt(claims, typ="x", alg=alg)
    decoded = jwt.decode(token, KeySet.import_key_set(await keys.public_jwks()), algorithms=[alg])
    assert decoded.claims == claims
    assert {name: decoded.header[name] for name in ("alg", "typ")} == {"alg": alg, "typ": "x"}


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA", "RS256"])
async def test_every_algorithm_signs_and_the_rsa_key_is_published_for_both_of_its(
    sqlite_storage: Storage, clock: FrozenClock, alg: str
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    token = await keys.sign_jwt({"a": 1}, typ="x", alg=alg)
    assert await keys.verify_jwt(token, expected_typ="x") == {"a": 1}
    meant_for = {key["kty"]: key.get("alg") for key in (await keys.public_jwks())["keys"]}
    assert meant_for == {"EC": "ES256", "OKP": "EdDSA", "RSA": None}
    assert all("d" not in key for key in (await keys.public_jwks())["keys"])


async def test_a_successor_is_published_a_day_before_it_signs_and_the_old_key_is_kept(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    [first] = await published(keys, "ES256")
    old = await keys.sign_jwt({"n": 1}, typ="at+jwt")
    clock.advance((SIGNS_FOR - PUBLISHED_BEFORE_USE).total_seconds())
    await keys.ensure()
    kids = await published(keys, "ES256")
    assert kids[0] == first
    assert len(kids) == 2
    assert (await keys.verify_jwt(old, expected_typ="at+jwt"))["n"] == 1
    clock.advance(PUBLISHED_BEFORE_USE.total_seconds())
    await keys.refresh()
    fresh = await keys.sign_jwt({"n": 2}, typ="at+jwt")
    assert (await keys.verify_jwt(fresh, expected_typ="at+jwt"))["n"] == 2
    assert (await keys.verify_jwt(old, expected_typ="at+jwt"))["n"] == 1
    clock.advance(KEPT_AFTER_USE.total_seconds())
    await keys.ensure()
    assert await published(keys, "ES256") == kids[1:]
    with pytest.raises(SealBroken):
        await keys.verify_jwt(old, expected_typ="at+jwt")


def key_from(active_from: float, retired_at: float) -> SigningKey:
    """A key of which only the calendar counts, in hours from the start."""
    public = ECKey.generate_key("P-256", private=False)
    begins, ends = (START + timedelta(hours=hours) for hours in (active_from, retired_at))
    return SigningKey("k", "ES256", public, PrivateHalf(Keeper.STORE, b"", 1), begins, ends)


@given(st.floats(-5_000, 5_000))
def test_whenever_a_successor_is_made_clients_have_a_day_and_nobody_is_without_a_key(retires: float) -> None:
    key = key_from(retires - 2_160, retires)
    due = due_succession([key], "ES256", START)
    if key.retired_at <= START:
        assert due == Succession(START, None)
    elif due is None:
        assert key.retired_at - START >= PUBLISHED_BEFORE_USE + 2 * LOOKED_AFTER_EVERY
    else:
        assert due.predecessor is key
        assert due.starts - START >= PUBLISHED_BEFORE_USE
        assert due.starts >= key.retired_at


async def test_where_every_round_was_missed_the_old_key_signs_on_until_clients_had_their_day(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    [first] = await published(keys, "ES256")
    clock.advance((SIGNS_FOR - timedelta(hours=3)).total_seconds())
    await keys.ensure()
    for hours, expected_first in ((0, True), (23.9, True), (0.2, False)):
        clock.advance(hours * 3600)
        await keys.refresh()
        assert (kid_of(await keys.sign_jwt({}, typ="x")) == first) is expected_first


async def test_a_replacement_at_once_signs_as_soon_as_every_node_knows_it(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    here, there = node(sqlite_storage, clock), node(sqlite_storage, clock)
    await here.ensure()
    await there.refresh()
    [first] = await published(here, "ES256")
    starts = await here.replace(by=SYSTEM, at_once=True)
    assert starts == clock.now() + KNOWN_EVERYWHERE_AFTER
    # the other node still goes by what it read before, and what it signs and verifies is right all the while
    assert kid_of(await there.sign_jwt({}, typ="x")) == kid_of(await here.sign_jwt({}, typ="x")) == first
    clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
    await here.refresh()
    fresh = await here.sign_jwt({}, typ="x")
    assert kid_of(fresh) != first
    with pytest.raises(KeysUnconfirmed):
        await there.verify_jwt(fresh, expected_typ="x")
    await there.refresh()
    await there.verify_jwt(fresh, expected_typ="x")
    assert first in await published(there, "ES256")


async def test_a_replacement_without_haste_gives_clients_their_day(sqlite_storage: Storage, clock: FrozenClock) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    [first] = await published(keys, "ES256")
    assert await keys.replace(by=SYSTEM, at_once=False) == clock.now() + PUBLISHED_BEFORE_USE
    assert len(await published(keys, "ES256")) == 2
    assert kid_of(await keys.sign_jwt({}, typ="x")) == first
    # one that is lost does not wait for its successor's day
    clock.advance(60)
    await keys.replace(by=SYSTEM, at_once=True)
    clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
    await keys.refresh()
    [*_, newest, never_used] = await published(keys, "ES256")
    assert kid_of(await keys.sign_jwt({}, typ="x")) == newest != never_used
    clock.advance(PUBLISHED_BEFORE_USE.total_seconds())
    await keys.refresh()
    assert kid_of(await keys.sign_jwt({}, typ="x")) == newest


async def test_a_key_that_others_hold_is_revoked_once_it_does_not_sign_any_more(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    here, there = node(sqlite_storage, clock), node(sqlite_storage, clock)
    await here.ensure()
    [first] = await published(here, "ES256")
    token = await here.sign_jwt({}, typ="x")
    with pytest.raises(Conflict, match="KEY-04"):
        await here.revoke(first, by=SYSTEM)
    await here.replace(by=SYSTEM, at_once=True)
    clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
    await here.revoke(first, by=SYSTEM)
    await there.refresh()
    for keys in (here, there):
        with pytest.raises(SealBroken):
            await keys.verify_jwt(token, expected_typ="x")
        assert first not in await published(keys, "ES256")
    with pytest.raises(NotFound, match="KEY-03"):
        await here.revoke(first, by=SYSTEM)


async def test_every_change_of_a_key_is_on_record(sqlite_storage: Storage, clock: FrozenClock) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    [first] = await published(keys, "ES256")
    await keys.replace(by=SYSTEM, at_once=True)
    clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
    await keys.revoke(first, by=SYSTEM)
    clock.advance(KEPT_AFTER_USE.total_seconds())
    await keys.ensure()
    async with sqlite_storage.reading() as uow:
        entries = [json.loads(row.canonical) for row in await uow.all(select(audit_entry))]
    events = [entry["event"].removeprefix("signing_keys.") for entry in entries]
    assert sorted(events) == ["forgotten"] * 2 + ["made"] * 6 + ["revoked"]
    assert [entry["details"]["kid"] for entry in entries if entry["event"].endswith("revoked")] == [first]


async def test_tokens_of_another_type_or_key_are_refused(sqlite_storage: Storage, clock: FrozenClock) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    token = await keys.sign_jwt({"n": 1}, typ="at+jwt")
    with pytest.raises(SealBroken):
        await keys.verify_jwt(token, expected_typ="JWT")
    with pytest.raises(SealBroken):
        await keys.verify_jwt(token[:-4] + "AAAA", expected_typ="at+jwt")


async def test_keys_that_the_store_has_not_confirmed_of_late_neither_sign_nor_verify(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    token = await keys.sign_jwt({"n": 1}, typ="at+jwt")
    clock.advance(5)
    assert (await keys.verify_jwt(token, expected_typ="at+jwt"))["n"] == 1
    clock.advance(1)
    with pytest.raises(KeysUnconfirmed):
        await keys.verify_jwt(token, expected_typ="at+jwt")
    with pytest.raises(KeysUnconfirmed):
        await keys.sign_jwt({"n": 2}, typ="at+jwt")
    await keys.refresh()
    assert (await keys.verify_jwt(token, expected_typ="at+jwt"))["n"] == 1


async def test_no_private_key_lies_in_the_store_in_clear(
    sqlite_storage: Storage, clock: FrozenClock, tmp_path: Path
) -> None:
    await node(sqlite_storage, clock).ensure()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"PRIVATE KEY" not in stored


async def test_a_key_whose_root_key_is_gone_or_that_was_changed_still_verifies_but_does_not_sign(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    keys = node(sqlite_storage, clock)
    await keys.ensure()
    token = await keys.sign_jwt({"n": 1}, typ="x")
    other_roots = node(sqlite_storage, clock, RootKeys({1: b"\x02" * 32}))
    await other_roots.refresh()
    assert await other_roots.verify_jwt(token, expected_typ="x") == {"n": 1}
    with pytest.raises(KeyUnreachable, match="KEY-02"):
        await other_roots.sign_jwt({}, typ="x")
    async with sqlite_storage.unit_of_work() as uow:
        await uow.execute(update(signing_key).values(root_version=7))
    fresh = node(sqlite_storage, clock)
    await fresh.refresh()
    with pytest.raises(KeyUnreachable):
        await fresh.check()


async def test_nodes_that_start_together_make_one_set_of_keys(storage: Storage, clock: FrozenClock) -> None:
    nodes = [node(storage, clock) for _ in range(4)]
    await asyncio.gather(*(each.ensure() for each in nodes))
    for each in nodes:
        assert len(await published(each, "ES256")) == 1
