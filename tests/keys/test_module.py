"""Signing keys in a hardware module: made and used there, found by every process, refused plainly when it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pkcs11 import Attribute, ObjectClass
from sqlalchemy import select

from idp.audit.model import SYSTEM
from idp.keys.calendar import KEPT_AFTER_USE, KNOWN_EVERYWHERE_AFTER
from idp.keys.files import RootKeys
from idp.keys.model import Keeper, KeyUnreachable
from idp.keys.module import ModuleKeys, _Token
from idp.keys.refused_pins import RefusedPins
from idp.keys.signing import SigningKeys
from idp.keys.signing_store import signing_key
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.keys.softhsm import Token

ROOTS = RootKeys({1: b"\x01" * 32})


@asynccontextmanager
async def node(storage: Storage, clock: FrozenClock, token: Token) -> AsyncIterator[SigningKeys]:
    """One process of the issuer, with a session of its own at the token."""
    module = await ModuleKeys.opened(token.address, clock=clock)
    try:
        keys = SigningKeys(storage=storage, root_keys=ROOTS, clock=clock, module=module)
        await keys.ensure()
        await keys.refresh()
        yield keys
    finally:
        await module.close()


def private_objects(token: Token) -> list[tuple[bool, bool, bool]]:
    """Of each private key in the token: is it sensitive, may it leave, could it ever. This process is logged in."""
    opened = pkcs11.lib(str(token.address.library)).get_token(token_label=token.address.token_label)
    with opened.open() as session:
        halves = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        asked = (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.NEVER_EXTRACTABLE)
        return [tuple(half[name] for name in asked) for half in halves]


@pytest.mark.parametrize("alg", ["ES256", "PS256", "RS256"])
async def test_what_the_module_signs_verifies_with_joserfc_by_the_published_keys(
    sqlite_storage: Storage, clock: FrozenClock, token: Token, alg: str
) -> None:
    async with node(sqlite_storage, clock, token) as keys:
        jwks = await keys.public_jwks()
        assert {key["kty"]: key.get("alg") for key in jwks["keys"]} == {"EC": "ES256", "OKP": "EdDSA", "RSA": None}
        for number in range(5):
            signed = await keys.sign_jwt({"n": number}, typ="at+jwt", alg=alg)
            assert jwt.decode(signed, KeySet.import_key_set(jwks), algorithms=[alg]).claims == {"n": number}
            assert await keys.verify_jwt(signed, expected_typ="at+jwt") == {"n": number}


async def test_private_halves_are_made_in_the_module_and_cannot_leave_it(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    async with node(sqlite_storage, clock, token):
        assert private_objects(token) == [(True, False, True)] * 2
        async with sqlite_storage.reading() as uow:
            rows = await uow.all(select(signing_key))
        kept = {row.alg: (row.keeper, row.root_version) for row in rows}
        assert kept == {"ES256": (Keeper.MODULE, None), "RS256": (Keeper.MODULE, None), "EdDSA": (Keeper.STORE, 1)}
        labels = [row.private for row in rows if row.keeper == Keeper.MODULE]
        assert all(label.startswith(b"tuaton-") and len(label) < 40 for label in labels)


async def test_a_second_process_uses_the_same_keys_and_a_rotation_makes_new_ones_in_the_module(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    async with node(sqlite_storage, clock, token) as here, node(sqlite_storage, clock, token) as there:
        assert await here.public_jwks() == await there.public_jwks()
        assert await there.verify_jwt(await here.sign_jwt({}, typ="x"), expected_typ="x") == {}
        before = {key["kid"] for key in (await here.public_jwks())["keys"]}
        await here.replace(by=SYSTEM, at_once=True)
        clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
        for keys in (here, there):
            await keys.refresh()
            token_of_new_key = await keys.sign_jwt({}, typ="x")
            await here.verify_jwt(token_of_new_key, expected_typ="x")
        assert before < {key["kid"] for key in (await there.public_jwks())["keys"]}
        assert len(private_objects(token)) == 4
        # a key that is gone is gone from the module as well
        clock.advance(KEPT_AFTER_USE.total_seconds())
        await here.ensure()
        await here.check()
        assert len(private_objects(token)) == 2


async def test_a_deployment_that_gets_a_module_goes_on_with_the_keys_it_has(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    without = SigningKeys(storage=sqlite_storage, root_keys=ROOTS, clock=clock)
    await without.ensure()
    old = await without.sign_jwt({}, typ="x")
    async with node(sqlite_storage, clock, token) as keys:
        await keys.verify_jwt(old, expected_typ="x")
        await keys.sign_jwt({}, typ="x", alg="RS256")
        await keys.replace(by=SYSTEM, at_once=True)
        clock.advance(KNOWN_EVERYWHERE_AFTER.total_seconds())
        await keys.refresh()
        fresh = await keys.sign_jwt({}, typ="x")
    # a node that was set up without the module says so instead of signing
    await without.refresh()
    await without.verify_jwt(fresh, expected_typ="x")
    with pytest.raises(KeyUnreachable, match="without one"):
        await without.sign_jwt({}, typ="x")


async def test_a_lost_token_refuses_and_one_that_is_put_back_signs_again(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    async with node(sqlite_storage, clock, token) as keys:
        await keys.check()
        before = await keys.sign_jwt({}, typ="x")
        with token.taken_out():
            for _ in range(2):
                with pytest.raises(KeyUnreachable, match="KEY-02"):
                    await keys.sign_jwt({}, typ="x")
            with pytest.raises(KeyUnreachable):
                await keys.check()
            assert await keys.verify_jwt(before, expected_typ="x") == {}, "verifying needs no private half"
            with pytest.raises(KeyUnreachable):
                await keys.replace(by=SYSTEM, at_once=True)
        clock.advance(1)
        await keys.check()
        assert len((await keys.public_jwks())["keys"]) == 3, "nothing was left half made"


async def test_many_at_once_do_not_disturb_each_other_nor_block_the_loop(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    async with node(sqlite_storage, clock, token) as keys:
        signed = await asyncio.gather(*(keys.sign_jwt({"n": n}, typ="x", alg="RS256") for n in range(40)))
        assert [(await keys.verify_jwt(each, expected_typ="x"))["n"] for each in signed] == list(range(40))


async def test_a_wrong_pin_is_tried_once_over_all_restarts_so_that_the_token_does_not_lock_itself(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    wrong = replace(token.address, pin="not the PIN")
    with pytest.raises(KeyUnreachable, match="refuses the PIN"):
        await ModuleKeys.opened(wrong, clock=clock)
    for _restart in range(20):
        with pytest.raises(KeyUnreachable, match="not asked again"):
            await ModuleKeys.opened(wrong, clock=clock)
    kept = wrong.refused_pins.path
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "not the PIN" not in kept.read_text("ascii")
    # another PIN is tried, and the token still takes the right one
    async with node(sqlite_storage, clock, token) as keys:
        assert await keys.sign_jwt({"n": 1}, typ="x", alg="ES256")


async def test_a_refused_pin_that_cannot_be_noted_is_still_tried_once_by_this_process(
    sqlite_storage: Storage, clock: FrozenClock, token: Token
) -> None:
    async with node(sqlite_storage, clock, token) as keys:
        before = await keys.sign_jwt({"n": 1}, typ="x", alg="ES256")
    nowhere = RefusedPins(token.address.refused_pins.path.parent / "not-there" / "refused-pins", b"k" * 32)
    wrong = _Token(replace(token.address, pin="not the PIN", refused_pins=nowhere))
    with pytest.raises(KeyUnreachable, match="cannot be written"):
        wrong.try_twice(wrong.session)
    for _again in range(20):
        with pytest.raises(KeyUnreachable, match="not asked again"):
            wrong.try_twice(wrong.session)
    async with node(sqlite_storage, clock, token) as keys:
        assert await keys.verify_jwt(before, expected_typ="x")


def test_what_was_refused_cannot_be_read_then_nothing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "refused-pins").mkdir()
    assert RefusedPins(tmp_path / "refused-pins", b"k" * 32).is_refused("token", "1234")


@pytest.mark.parametrize("part", ["library", "token"])
async def test_a_module_that_is_not_there_is_said_at_start(clock: FrozenClock, token: Token, part: str) -> None:
    address = token.address
    if part == "library":
        address = replace(address, library=address.library.with_name("none.so"))
    else:
        address = replace(address, token_label="none")
    with pytest.raises(KeyUnreachable, match=r"no PKCS#11 library|NoSuchToken"):
        await ModuleKeys.opened(address, clock=clock)
