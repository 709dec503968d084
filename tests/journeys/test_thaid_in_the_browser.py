"""Enrolling by ThaiD as a person does it: on a phone, in Thai, then once more on a desktop, in English."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import Hands, hands
from tests.provider.pages.browser import launched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with launched(chromium) as running:
        yield running


async def look_and_keep(person: Hands, name: str) -> None:
    """Look at the page; `PICTURES` names a folder that keeps what was seen."""
    await person.look()
    if folder := os.environ.get("PICTURES"):
        await person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_a_holder_of_thaid_enrols_and_signs_in(browser: Browser, demonstration: Demonstration) -> None:
    issuer = demonstration.endpoints["issuer"]
    phone = await hands(browser, phone=True, language="th-TH")

    # 1. from the sign-in page to ThaiD and back, with the person's agreement before anything is asked
    await phone.page.goto(f"{issuer}/sign-in")
    await phone.page.locator("details:has(#with_thaid) summary").click()
    await phone.page.click("#with_thaid")
    await expect(phone.page.locator("#thaid_agree")).to_be_visible()
    await look_and_keep(phone, "thaid-th-phone")
    await phone.page.click("#thaid_agree")
    await expect(phone.page.locator("#persona_thaid_holder")).to_be_visible()
    await phone.page.click("#persona_thaid_holder")

    # 2. the passkey, in the same browser at once
    await expect(phone.page.locator("#add_passkey")).to_be_enabled()
    await look_and_keep(phone, "thaid-passkey-th-phone")
    await phone.page.click("#add_passkey")
    await expect(phone.page.locator("#passkey_added")).to_be_visible()

    # 3. and with it my account, at ThaiD's level
    await phone.page.goto(f"{issuer}/account")
    await phone.use_passkey()
    await expect(phone.page.locator("main")).to_contain_text("2.3")

    # 4. on another device ThaiD alone is not enough any more, and the page says how to go on
    desk = await hands(browser, phone=False, language="en-GB")
    await desk.page.goto(f"{issuer}/enrol/thaid?lang=en")
    await look_and_keep(desk, "thaid-en-desktop")
    await desk.page.click("#thaid_agree")
    await desk.page.click("#persona_thaid_holder")
    await expect(desk.page.locator("#error_code")).to_have_text("THD-07")
    assert [one for one in desk.complaints if "409" not in one] == []
    desk.complaints.clear()
    await look_and_keep(desk, "thaid-known-en-desktop")
    await desk.page.click("#thaid_sign_in")
    await expect(desk.page.locator("#sign_in")).to_be_visible()


async def test_who_declines_at_thaid_finds_the_way_back(browser: Browser, demonstration: Demonstration) -> None:
    phone = await hands(browser, phone=True, language="th-TH")
    await phone.page.goto(f"{demonstration.endpoints['issuer']}/enrol/thaid")
    await phone.page.click("#thaid_agree")
    await phone.page.click("[name=deny]")
    await expect(phone.page.locator("#error_code")).to_have_text("THD-02")
    phone.complaints.clear()
    await look_and_keep(phone, "thaid-declined-th-phone")
    await phone.page.click("#thaid_again")
    await expect(phone.page.locator("#thaid_agree")).to_be_visible()
