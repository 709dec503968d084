"""No dead ends in a real browser: tabs, no JavaScript, a wrong clock, a second tap; how heavy the first page is.

Facts/screens-and-ecosystem, section 7, rows 1, 2, 3, 5 and 6.
"""

import pytest
from playwright.async_api import expect

from tests.provider.pages.browser import decide, leaving_for_service
from tests.provider.pages.test_in_chromium import Phone, phone

__all__ = ["phone"]

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

FIRST_LOAD_BYTES = 75 * 1024
MOST_TAPS = 2


async def begun(phone: Phone) -> str:
    """A flow of the service, for somebody who has a passkey here and is signed out."""
    await phone.add_passkey()
    await phone.open("/sign-in")
    return phone.house.flow(await phone.browser_id())


async def test_the_first_load_grows_no_heavier(phone: Phone) -> None:
    received: dict[str, float] = {}
    addresses: dict[str, str] = {}
    await phone.session.send("Network.enable")
    phone.session.on(
        "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
    )
    phone.session.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    await phone.open("/sign-in")
    await phone.page.wait_for_load_state("networkidle")
    assert 0 < sum(received.values()) <= FIRST_LOAD_BYTES, {addresses[key]: size for key, size in received.items()}


async def test_a_returning_citizen_needs_two_taps_and_two_pages(phone: Phone) -> None:
    flow = await begun(phone)
    pages: list[str] = []
    phone.page.on("framenavigated", lambda frame: pages.append(frame.url))
    taps = 0
    await phone.open(f"/sign-in?flow={flow}")
    await phone.page.click("#sign_in")
    taps += 1
    await phone.page.wait_for_url("**/authorize?flow=**")
    await phone.open(f"/consent?flow={flow}")  # where the dispatcher leads, which is not in this house
    async with leaving_for_service(phone.page):
        await decide(phone.page, "#allow")
        taps += 1
    assert taps <= MOST_TAPS
    assert len({url.partition("?")[0] for url in pages if "/sign-in" in url or "/consent" in url}) == 2
    phone.complaints.clear()  # nobody runs the service here


async def test_two_taps_are_one_decision(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    await phone.open(f"/consent?flow={phone.house.flow(await phone.browser_id())}")
    async with leaving_for_service(phone.page):
        await phone.page.locator("#allow").dblclick(no_wait_after=True)
    async with phone.house.storage.reading() as uow:
        given = await phone.house.world.consents.list_of(uow, phone.house.world.somchai)
    assert len(given) == 1
    phone.complaints.clear()


async def test_signed_out_in_another_tab_leads_to_the_sign_in_and_back(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    await phone.open("/account/activity")
    await phone.context.clear_cookies()
    await phone.page.reload()
    await phone.page.click("#sign_in")
    await expect(phone.page.locator("#report")).to_be_visible()
    phone.complaints.clear()


async def test_a_wrong_clock_signs_in_all_the_same(phone: Phone) -> None:
    await phone.add_passkey()
    for wrong in ("1999-12-31", "2041-01-01"):
        await phone.context.clear_cookies()
        await phone.page.clock.set_fixed_time(wrong)
        await phone.sign_in()


async def test_without_javascript_the_pin_leads_on(phone: Phone) -> None:
    await phone.add_passkey()
    browser = phone.context.browser
    assert browser is not None
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = await context.new_page()
    await page.goto(f"{phone.house.origin}/sign-in")
    await page.locator("summary").first.click()
    await page.click("#with_pin")
    await expect(page.locator("form input[name=pin]")).to_be_visible()
    await context.close()
