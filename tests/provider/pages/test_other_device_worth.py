"""What a sign-in with another device is worth afterwards, and what is left of it in the store."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.authentication.other_device.rules import FORGOTTEN_AFTER, counts_for_adding
from idp.authentication.other_device.store import other_device_attempt
from idp.authentication.rules import is_fresh
from idp.authentication.store import session_of, sso_session
from idp.kernel.assurance import Aal
from tests.provider.pages.test_other_device import Room, house, room
from tests.provider.pages.two_screens import approved, proven

__all__ = ["house", "room"]

pytestmark = pytest.mark.anyio


async def test_what_it_is_worth_adds_no_way_to_sign_in_and_gives_no_power(room: Room) -> None:
    await room.screen.begin()
    await approved(room.screen, room.phone)
    await room.screen.take()
    http = room.screen.visitor.http
    for path in (
        "/account/passkeys/new",
        "/account/pin",
        "/account/security/recovery-codes",
        "/account/mandates/new",
        "/account/close",
    ):
        answer = await http.get(path)
        assert answer.status_code in (303, 404), path
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in?"), path
            assert "again=1" in answer.headers["location"], path
    async with room.house.storage.reading() as uow:
        row = await uow.first(select(sso_session))
    session = session_of(row)
    assert not is_fresh(session=session, now=room.house.clock.now())
    # beside ThaiD's word it counts for nothing: who passes one sign-in on passes on the other
    assert counts_for_adding(session) is Aal.AAL1


async def test_the_borrowed_screen_gets_no_count_of_tries_of_its_own(room: Room) -> None:
    await room.screen.begin()
    await approved(room.screen, room.phone)
    await room.screen.take()
    assert "id-device" not in room.screen.visitor.http.cookies


async def test_nothing_that_opens_an_attempt_is_in_its_row(room: Room) -> None:
    await room.screen.begin()
    code = (await room.screen.code()).replace("-", "")
    await proven(room.screen, room.phone)
    number = await room.screen.number()
    async with room.house.storage.reading() as uow:
        row = await uow.first(select(other_device_attempt))
    assert row is not None
    text = " ".join(str(value) for name, value in row._mapping.items() if name not in ("id", "begun_at", "expires_at"))
    assert code not in text
    assert f"'{number}'" not in text
    assert room.screen.visitor.browser_id not in text


async def test_rows_are_forgotten(room: Room) -> None:
    await room.screen.begin()
    room.house.clock.advance(int(FORGOTTEN_AFTER.total_seconds()))
    async with room.house.storage.unit_of_work() as uow:
        assert await room.house.other_device.forget_old(uow) == 0
    room.house.clock.advance(int(timedelta(minutes=3).total_seconds()))
    async with room.house.storage.unit_of_work() as uow:
        assert await room.house.other_device.forget_old(uow) == 1
