"""Signed in at the job seekers' service on a desktop by the phone that holds the passkey: two browsers, one number."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.test_in_the_browser import Hands, hands
from tests.provider.pages.browser import decide, launched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with launched(chromium) as running:
        yield running


async def asked_by_phone(desktop: Hands, jobs: str) -> str:
    """From the service to the picture that a phone scans; gives the code in it."""
    await desktop.page.goto(jobs)
    await desktop.page.click("#sign_in")
    await desktop.page.click("#with_phone")
    await expect(desktop.page.locator("#code_picture svg")).to_be_visible()
    return str(await desktop.page.locator("#code").text_content())


async def scanned(phone: Hands, issuer: str, code: str) -> None:
    """What a camera does: it opens the address that the picture holds. Then the passkey."""
    await phone.page.goto(f"{issuer}/phone#{code}")
    await expect(phone.page.locator("#prove")).to_be_enabled()
    await phone.page.click("#prove")
    await expect(phone.page.locator("#number_form")).to_be_visible()


@pytest.mark.parametrize("language", ["th-TH", "en-GB"])
async def test_a_desktop_is_signed_in_at_a_service_by_a_phone(
    browser: Browser, demonstration: Demonstration, language: str
) -> None:
    jobs, issuer = demonstration.endpoints["jobs"], demonstration.endpoints["issuer"]
    phone = await hands(browser, phone=True, language=language)
    await phone.add_passkey(await demonstration.link_of("director"))
    desktop = await hands(browser, phone=False, language=language)

    # 1. the desktop shows the picture, the phone opens it and shows its passkey; both say for which service
    code = await asked_by_phone(desktop, jobs)
    await desktop.look()
    await scanned(phone, issuer, code)
    await expect(phone.page.locator("#asker")).to_have_text(str(await desktop.page.locator("#asker").text_content()))
    await phone.look()

    # 2. the number on the desktop is found on the phone
    await expect(desktop.page.locator("#number")).to_be_visible()
    await desktop.look()
    number = await desktop.page.locator("#number").text_content()
    await decide(phone.page, f"[data-number='{number}']")
    await expect(phone.page.locator("#phone_attempt")).to_have_attribute("data-state", "done")
    await phone.look()

    # 3. the desktop goes on by itself: the service's own question, and the data in its hands, at what this is worth
    await desktop.page.wait_for_selector("#allow, #acr")
    if await desktop.page.locator("#allow").count():  # who agreed before is not asked again
        await decide(desktop.page, "#allow")
    await desktop.page.wait_for_url(f"{jobs}/application")
    await expect(desktop.page.locator("#acr")).to_have_text("urn:tuaton:ial:2.2:aal:2.1")
    await desktop.look()

    # 4. nobody is signed in on the phone
    await phone.page.goto(f"{issuer}/account")
    await expect(phone.page.locator("#sign_in")).to_be_visible()


async def test_a_wrong_number_signs_nobody_in_at_the_service(browser: Browser, demonstration: Demonstration) -> None:
    jobs, issuer = demonstration.endpoints["jobs"], demonstration.endpoints["issuer"]
    phone = await hands(browser, phone=True, language="th-TH")
    await phone.add_passkey(await demonstration.link_of("director"))
    desktop = await hands(browser, phone=False, language="th-TH")
    await scanned(phone, issuer, await asked_by_phone(desktop, jobs))
    await decide(phone.page, "#no_number")
    await expect(phone.page.locator("#error_code")).to_have_text("OTH-04")
    await expect(desktop.page.locator("#error_code")).to_have_text("OTH-04")
    await desktop.look()
    await desktop.page.goto(f"{jobs}/application")
    await expect(desktop.page.locator("#acr")).to_have_count(0)
