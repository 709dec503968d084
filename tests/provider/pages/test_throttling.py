"""Guessing, on every path that takes a secret: five tries together, fifteen minutes, then double.

The owner's passkey and the owner's known device go on.
"""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from idp.audit.model import SYSTEM
from tests.exchange.world import SOMCHAI
from tests.provider.pages.house import Fields, Visitor
from tests.provider.pages.test_own_authenticators import make_codes, press, recover, unfreeze

pytestmark = pytest.mark.anyio
PIN, WRONG_PIN, WRONG_CODE = "27182845", "31415926", "0000-0000-0000-0000"
QUARTER = 15 * 60
Try = Callable[[Visitor, str], Awaitable[httpx2.Response]]


async def by_pin(visitor: Visitor, secret: str) -> httpx2.Response:
    return await press(visitor, "/sign-in/pin", "/sign-in/pin", identifier=SOMCHAI.citizen_id.digits, pin=secret)


async def by_recovery(visitor: Visitor, secret: str) -> httpx2.Response:
    return await recover(visitor, secret)


async def by_unfreezing(visitor: Visitor, secret: str) -> httpx2.Response:
    return await unfreeze(visitor, secret)


PATHS: dict[str, tuple[Try, str]] = {
    "pin": (by_pin, WRONG_PIN),
    "recovery": (by_recovery, WRONG_CODE),
    "unfreezing": (by_unfreezing, WRONG_CODE),
}


def stranger_of(citizen: Visitor) -> Visitor:
    """A browser that nobody knows; it can even use the citizen's passkey device."""
    stranger = citizen.house.visitor()
    stranger.device = citizen.device
    return stranger


async def guess(visitor: Visitor, path: str, times: int) -> None:
    attempt, wrong = PATHS[path]
    for _ in range(times):
        assert (await attempt(visitor, wrong)).status_code == 400


async def prepared(citizen: Visitor) -> list[str]:
    """Somchai with a PIN and codes."""
    codes = await make_codes(citizen)
    await citizen.house.pins.choose(citizen.house.world.somchai, PIN, by=SYSTEM)
    return codes


@pytest.mark.parametrize("guessed", PATHS)
@pytest.mark.parametrize("tried", ["pin", "recovery"])
async def test_tries_on_one_path_are_counted_on_all(citizen: Visitor, guessed: str, tried: str) -> None:
    codes = await prepared(citizen)
    stranger = stranger_of(citizen)
    async with stranger.http:
        await guess(stranger, guessed, 5)
        right = {"pin": PIN, "recovery": codes[0]}[tried]
        attempt = PATHS[tried][0]
        assert (await attempt(stranger, right)).status_code == 400
        citizen.house.clock.advance(QUARTER)
        assert (await attempt(stranger, right)).status_code == 303


async def test_a_mix_of_paths_makes_five_tries_and_not_five_each(citizen: Visitor) -> None:
    await prepared(citizen)
    stranger = stranger_of(citizen)
    async with stranger.http:
        for path, times in (("pin", 2), ("recovery", 2), ("unfreezing", 1)):
            await guess(stranger, path, times)
        assert (await by_pin(stranger, PIN)).status_code == 400


async def test_a_rest_doubles(citizen: Visitor) -> None:
    await prepared(citizen)
    stranger = stranger_of(citizen)
    async with stranger.http:
        await guess(stranger, "pin", 5)
        citizen.house.clock.advance(QUARTER)
        await guess(stranger, "recovery", 5)
        citizen.house.clock.advance(QUARTER)
        assert (await by_pin(stranger, PIN)).status_code == 400
        citizen.house.clock.advance(QUARTER)
        assert (await by_pin(stranger, PIN)).status_code == 303


async def test_whatever_strangers_guess_the_owner_enters(citizen: Visitor) -> None:
    await prepared(citizen)
    stranger = stranger_of(citizen)
    async with stranger.http:
        await guess(stranger, "pin", 5)
        # on a device that is known the PIN has its own count, and a passkey has none
        assert (await by_pin(citizen, PIN)).status_code == 303
        assert await stranger.sign_in() == "/account"


async def test_a_frozen_identity_is_given_back_after_the_rest_only(citizen: Visitor) -> None:
    codes = await prepared(citizen)
    answer = await press(citizen, "/account/freeze", "/account/freeze")
    assert "frozen" in Fields(answer.text).ids
    stranger = stranger_of(citizen)
    async with stranger.http:
        await guess(stranger, "unfreezing", 5)
        assert (await by_unfreezing(stranger, codes[0])).status_code == 400
        citizen.house.clock.advance(QUARTER)
        assert (await by_unfreezing(stranger, codes[0])).json() == {"next": "/unfrozen"}
