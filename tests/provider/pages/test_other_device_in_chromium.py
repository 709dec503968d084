"""Two browsers before the real pages: a screen that waits, a phone that scans; with scripts and without."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.patience import PATIENCE_SECONDS
from tests.provider.pages.browser import decide, free_port, launched, serving, violations, with_authenticator
from tests.provider.pages.house import House, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@dataclass
class Room:
    """A house, and a browser that opens as many screens as are needed."""

    house: House
    browser: Browser
    complaints: list[str]
    authenticators: list[object]

    async def screen(self, *, language: str = "th-TH", width: int = 1280, scripts: bool = True) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": 800}, locale=language, java_script_enabled=scripts
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = await context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    async def empty_phone(self, *, language: str = "th-TH") -> Page:
        page = await self.screen(language=language, width=320)
        # kept: an authenticator goes with the session that made it
        self.authenticators.append(await with_authenticator(page.context, page))
        return page

    async def phone(self, *, language: str = "th-TH") -> Page:
        page = await self.empty_phone(language=language)
        await page.goto(f"{self.house.origin}/passkeys/new#{await self.house.link()}")
        await page.click("#add_passkey")
        await page.wait_for_selector("#passkey_added")
        return page

    async def begin(self, screen: Page) -> None:
        """From the sign-in page for a service to the code."""
        await screen.goto(self.house.origin + "/sign-in")
        cookies = await screen.context.cookies()
        browser_id = next(str(each.get("value")) for each in cookies if each.get("name") == "id-browser")
        await screen.goto(f"{self.house.origin}/sign-in?flow={self.house.flow(browser_id, wanted=())}")
        await screen.click("#with_phone")
        await screen.wait_for_selector("#code_picture svg")

    async def scan(self, phone: Page, screen: Page) -> None:
        """What a camera does: it opens the address that the picture holds."""
        code = await screen.locator("#code").text_content()
        await phone.bring_to_front()
        await phone.goto(f"{self.house.origin}/phone#{code}")
        await phone.wait_for_selector("#prove:not([disabled])")

    async def at(self, screen: Page, state: str) -> None:
        await expect(screen.locator("#other_device")).to_have_attribute("data-state", state)


@pytest.fixture
async def room(chromium: str, sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[Room]:
    listener = free_port()
    origin = f"http://id.localhost:{listener.getsockname()[1]}"
    async with (
        open_house(sqlite_storage, clock, asset_folder, origin=origin) as house,
        serving(house.application, listener),
        launched(chromium) as browser,
    ):
        room = Room(house, browser, [], [])
        yield room
        assert room.complaints == []


async def sound(page: Page, what: str) -> None:
    """Nothing wrong for the checker, nothing wider than the screen."""
    assert await violations(page) == [], what
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wider) <= 0, what


@pytest.mark.parametrize("language", ["th-TH", "en-GB"])
async def test_scan_passkey_number_and_the_other_screen_goes_on(room: Room, language: str) -> None:
    screen = await room.screen(language=language, width=320 if language == "th-TH" else 1280)
    phone = await room.phone(language=language)
    await room.begin(screen)
    await sound(screen, "the code")
    await room.scan(phone, screen)
    assert "#" not in phone.url  # the code does not stay behind in the phone's history
    await sound(phone, "did you start this")
    await room.at(screen, "opened")
    await sound(screen, "opened")
    asked = await screen.locator("#asker").text_content()
    await expect(phone.locator("#asker")).to_have_text(str(asked))
    await phone.click("#prove")
    await phone.wait_for_selector("#number_form")
    await sound(phone, "which number")
    await room.at(screen, "proven")
    await sound(screen, "the number")
    number = await screen.locator("#number").text_content()
    await decide(phone, f"[data-number='{number}']")
    await expect(phone.locator("#phone_attempt")).to_have_attribute("data-state", "done")
    await sound(phone, "done")
    # the screen goes on by itself, to the service's own request
    await screen.wait_for_url("**/authorize?flow=**")
    room.complaints.clear()  # the small house has no authorization endpoint
    await screen.goto(room.house.origin + "/account")
    await screen.wait_for_selector("#account")
    await phone.goto(room.house.origin + "/account")
    await phone.wait_for_selector("#sign_in")


async def test_a_screen_without_scripts_looks_again_by_itself(room: Room) -> None:
    screen, phone = await room.screen(scripts=False), await room.phone()
    await room.begin(screen)
    await room.scan(phone, screen)
    await room.at(screen, "opened")
    await phone.click("#prove")
    await room.at(screen, "proven")
    number = await screen.locator("#number").text_content()
    await decide(phone, f"[data-number='{number}']")
    await room.at(screen, "approved")
    async with screen.expect_event("domcontentloaded"):
        await screen.click("#take")
    room.complaints.clear()
    await screen.goto(room.house.origin + "/account")
    await screen.wait_for_selector("#account")


async def test_refusals_have_a_way_on_on_both_screens(room: Room) -> None:
    screen, phone = await room.screen(), await room.phone()
    await room.begin(screen)
    await room.scan(phone, screen)
    await phone.click("#not_me")
    await phone.wait_for_selector("#to_freeze")
    await sound(phone, "reported")
    await room.at(screen, "reported")
    await sound(screen, "reported, on the screen")
    await screen.click("#new_code")
    await room.at(screen, "waiting")
    await room.scan(phone, screen)
    await phone.click("#prove")
    await decide(phone, "#no_number")
    await phone.wait_for_selector("#new_code")
    await sound(phone, "wrong number")
    await room.at(screen, "rejected")
    await screen.click("#new_code")
    await room.at(screen, "waiting")
    room.house.clock.advance(120)
    await room.at(screen, "expired")
    await sound(screen, "expired")
    await screen.click("#other_ways")
    await screen.wait_for_selector("#sign_in")


async def test_a_phone_without_a_passkey_is_told_the_ways_on(room: Room) -> None:
    screen, phone = await room.screen(), await room.empty_phone()
    await room.begin(screen)
    await room.scan(phone, screen)
    await phone.click("#prove")
    await expect(phone.locator("#passkey_failure")).to_be_visible()
    await expect(phone.locator("#failure_choices a")).to_have_count(2)
    await sound(phone, "no passkey")
