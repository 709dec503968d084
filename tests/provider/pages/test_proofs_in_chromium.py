"""The proof of an entry in a real browser: waiting, and there; nothing wrong for axe-core, nothing too wide."""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.exchange.world import pull
from tests.provider.pages.house import House
from tests.provider.pages.test_in_chromium import Phone, phone
from tests.provider.pages.test_proofs import sign_log

__all__ = ["phone"]

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PICTURES = os.environ.get("PICTURES")
"""A folder: then each state is photographed, in both languages, on a phone and a desktop."""


async def test_the_proof_is_asked_for_and_downloaded(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    house: House = phone.house
    _, token = await house.world.consented()
    await house.world.exchange().pull(pull(token))
    await phone.open("/account/activity")
    await pictured(phone, "activity")
    await phone.page.click("[data-disclosure] a[href$='/proof']")
    await phone.page.wait_for_selector("#not_yet")
    await phone.check("not yet")
    await pictured(phone, "not-yet")
    await sign_log(house)
    await phone.page.click("#again")
    await expect(phone.page.locator("#proven")).to_be_visible()
    await phone.check("proven")
    await pictured(phone, "proven")
    async with phone.page.expect_download() as downloading:
        await phone.page.click("#download")
    download = await downloading.value
    assert download.suggested_filename.endswith("-proof.json")
    await phone.page.click("#back")
    await phone.page.wait_for_selector("[data-disclosure]")


async def pictured(phone: Phone, name: str) -> None:
    if PICTURES is None:
        return
    url = phone.page.url
    for language in ("th", "en"):
        for width in (360, 1280):
            await phone.page.set_viewport_size({"width": width, "height": 800})
            await phone.page.goto(f"{url}?lang={language}")
            await phone.page.screenshot(path=Path(PICTURES) / f"{name}-{language}-{width}.png", full_page=True)
    await phone.page.goto(f"{url}?lang=th")
