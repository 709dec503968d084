"""Signing in with another device: what waits on a screen ends with the sessions; each browser counts for itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from idp.audit.model import SYSTEM
from idp.authentication.other_device.model import Answer, AttemptId, AttemptState, TakenSignIn
from idp.authentication.other_device.store import other_device_attempt
from idp.authentication.store import hold_owner, session_of, sso_session
from idp.kernel.errors import Refused
from idp.storage.storage import Storage
from idp.subscribers.store import subscriber
from tests.clock import FrozenClock
from tests.patience import eventually
from tests.provider.pages.house import House, open_house
from tests.provider.pages.two_screens import Phone, Screen, approved, events, proven

pytestmark = pytest.mark.anyio


@dataclass
class Pair:
    """A screen that waits, and Somchai's phone with his passkey."""

    house: House
    screen: Screen
    phone: Phone

    @property
    def attempt(self) -> AttemptId:
        return AttemptId(self.screen.attempt_id)

    async def state(self) -> str:
        async with self.house.storage.reading() as uow:
            row = await uow.first(select(other_device_attempt.c.state))
        return "" if row is None else str(row.state)


@pytest.fixture
async def house(storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[House]:
    """On either engine: of those who try at once, one gets through on both."""
    async with open_house(storage, clock, asset_folder) as house:
        yield house


@pytest.fixture
async def pair(house: House) -> AsyncIterator[Pair]:
    screen, phone = Screen(house.visitor()), Phone(house.visitor())
    async with screen.visitor.http, phone.visitor.http:
        await phone.visitor.add_passkey()
        await screen.begin()
        yield Pair(house, screen, phone)


async def stopped_and_given_back(pair: Pair) -> None:
    async with pair.house.storage.unit_of_work() as uow:
        await uow.execute(update(subscriber).values(status="suspended"))
        await pair.house.sessions.end_all_of(uow, pair.house.world.somchai)
    async with pair.house.storage.unit_of_work() as uow:
        await uow.execute(update(subscriber).values(status="active"))


async def signed_out_elsewhere(pair: Pair) -> None:
    await pair.phone.visitor.sign_in()
    async with pair.house.storage.unit_of_work() as uow:
        row = await uow.first(select(sso_session))
        await pair.house.sessions.end_others(uow, session_of(row))


@pytest.mark.parametrize("end", [stopped_and_given_back, signed_out_elsewhere])
@pytest.mark.parametrize("reach", [proven, approved])
async def test_what_ends_all_sessions_ends_what_waits_to_be_one(
    pair: Pair, end: Callable[[Pair], Awaitable[None]], reach: Callable[[Screen, Phone], Awaitable[None]]
) -> None:
    await reach(pair.screen, pair.phone)
    await end(pair)
    assert await pair.screen.state() == "expired"
    assert 'id="new_code"' in await pair.screen.text()
    with pytest.raises(Refused, match="OTH-01"):
        await pair.house.other_device.answer(
            pair.attempt,
            phone_id=pair.phone.visitor.browser_id,
            chosen=pair.house.other_device.numbers(pair.attempt).shown,
        )
    with pytest.raises(Refused, match="OTH-02"):
        await taken(pair, browser_id=pair.screen.visitor.browser_id)
    assert "sign_in.other_device" not in await events(pair.house)


async def test_the_number_counts_from_the_phone_that_opened_the_code_alone(pair: Pair) -> None:
    await proven(pair.screen, pair.phone)
    room, right = pair.house.other_device, pair.house.other_device.numbers(pair.attempt).shown
    stranger = pair.house.visitor()
    async with stranger.http:
        await stranger.http.get("/phone")
        with pytest.raises(Refused, match="OTH-01"):
            await room.answer(pair.attempt, phone_id=stranger.browser_id, chosen=right)
        with pytest.raises(Refused, match="OTH-01"):
            await room.report(pair.attempt, phone_id=stranger.browser_id)
    assert await pair.state() == AttemptState.PROVEN
    mine = pair.phone.visitor.browser_id
    assert await room.answer(pair.attempt, phone_id=mine, chosen="none") is Answer.WRONG
    # one choice: the right number afterwards is none
    with pytest.raises(Refused, match="OTH-01"):
        await room.answer(pair.attempt, phone_id=mine, chosen=right)
    assert await pair.state() == AttemptState.REJECTED


async def taken(pair: Pair, *, browser_id: str) -> TakenSignIn:
    async with pair.house.storage.unit_of_work() as uow:
        return await pair.house.other_device.take(uow, pair.attempt, browser_id=browser_id, way="\x1f/account")


async def test_only_the_screen_that_began_takes_and_once(pair: Pair) -> None:
    await approved(pair.screen, pair.phone)
    for thief in (pair.phone.visitor.browser_id, ""):
        with pytest.raises(Refused, match="OTH-02"):
            await taken(pair, browser_id=thief)
    mine = pair.screen.visitor.browser_id
    assert (await taken(pair, browser_id=mine)).subscriber_id == pair.house.world.somchai
    with pytest.raises(Refused, match="OTH-02"):
        await taken(pair, browser_id=mine)


async def test_what_ends_all_sessions_while_one_is_taken_misses_it_in_no_order(pair: Pair) -> None:
    """Before it nothing is left to take, after it the new session ends with the others; there is no in between."""
    await approved(pair.screen, pair.phone)
    fields = (await pair.screen.look()).hidden
    path = pair.screen.page.partition("?")[0]

    async def ended() -> None:
        async with pair.house.storage.unit_of_work() as uow:
            await pair.house.sessions.end_all_of(uow, pair.house.world.somchai)

    await asyncio.gather(pair.screen.visitor.http.post(f"{path}/take", data=fields), ended())
    assert not await pair.screen.is_signed_in()


async def waits_for_a_row(storage: Storage) -> bool:
    """Somebody waits until another unit of work is over; SQLite has one at a time, there it goes without saying."""
    async with storage.reading() as uow:
        if uow.dialect != "postgresql":
            return True
        waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return await uow.first(waiting) is not None


async def test_a_passkey_taken_away_while_it_is_shown_signs_nobody_in(pair: Pair) -> None:
    """It is proven, and then the session waits for the owner's row: what is taken away meanwhile begins none."""
    visitor, storage, somchai = pair.phone.visitor, pair.house.storage, pair.house.world.somchai
    begun = (await visitor.send("/sign-in/options", {})).json()
    credential = visitor.device.get(begun["publicKey"], origin=pair.house.origin)
    answer = {"ceremony": begun["ceremony"], "credential": credential, "flow": None, "return": None}
    async with storage.unit_of_work() as uow:
        await hold_owner(uow, somchai)
        shown = asyncio.create_task(visitor.send("/sign-in/passkey", answer))
        await eventually(lambda: waits_for_a_row(storage))
        await pair.house.authenticators.revoking.revoke_all(uow, somchai, by=SYSTEM)
    refused = await shown
    assert (refused.status_code, refused.json()["code"]) == (400, "AUT-01")
    assert (await visitor.http.get("/account")).status_code == 303


async def test_a_passkey_that_went_since_it_was_shown_counts_no_more(pair: Pair) -> None:
    visitor = pair.phone.visitor
    begun = (await visitor.send("/sign-in/options", {})).json()
    credential = visitor.device.get(begun["publicKey"], origin=pair.house.origin)
    shown = await pair.house.passkeys.authenticate(
        handle=begun["ceremony"], browser_id=visitor.browser_id, credential=credential
    )
    async with pair.house.storage.unit_of_work() as uow:
        await pair.house.passkeys.still_counts(uow, shown)
        await pair.house.authenticators.revoking.revoke_all(uow, pair.house.world.somchai, by=SYSTEM)
    async with pair.house.storage.unit_of_work() as uow:
        with pytest.raises(Refused, match="AUT-01"):
            await pair.house.passkeys.still_counts(uow, shown)
