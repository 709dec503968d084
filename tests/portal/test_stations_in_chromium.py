"""The light of a counter in a real browser, with the agent's own process and its virtual reader."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from idp.web.assets import Assets
from tests.enrolment.world import STATION, World
from tests.portal.office import Browser, Office
from tests.provider.agent.serving import counter, desk
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SOON = 1_500
"""A card pulled is off the screen within a second; half of one more for a busy machine."""


@dataclass
class Counter:
    """A counter: the officer's screen, and the hand at the reader."""

    world: World
    page: Page
    origin: str
    desk: Path

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def shows(self, state: str, need: str, *, within: int = 8_000) -> None:
        await expect(self.page.locator("#station")).to_have_attribute("data-state", state, timeout=within)
        await expect(self.page.locator("#station")).to_have_attribute("data-need", need, timeout=within)


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    return prepared_assets(tmp_path / "assets")


@pytest.fixture
async def at_counter(chromium: str, tmp_path: Path, assets: Assets) -> AsyncIterator[Counter]:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with counter(tmp_path, with_lines=True) as (world, desk_socket):
        office = Office(world, tmp_path, assets=assets)
        browser = office.browser()
        await browser.sign_in("officer")
        async with serving(office.app, listener), launched(chromium) as chrome:
            context = await chrome.new_context(viewport={"width": 360, "height": 740}, locale="th-TH")
            await context.add_cookies(
                [{"name": "portal-session", "value": secret_of(browser), "url": origin, "httpOnly": True}]
            )
            page = await context.new_page()
            yield Counter(world, page, origin, desk_socket)


def secret_of(browser: Browser) -> str:
    return str(browser.http.cookies["portal-session"])


async def test_the_light_goes_with_the_card(at_counter: Counter) -> None:
    await desk(at_counter.desk, "state")
    await at_counter.open(f"/stations/{STATION}")
    await at_counter.shows("AgentAvailable", "citizen_card")
    assert await violations(at_counter.page) == []
    await desk(at_counter.desk, "insert citizen somchai")
    await at_counter.shows("CitizenAvailable", "nothing", within=SOON)
    started = time.monotonic()
    await desk(at_counter.desk, "eject citizen")
    await at_counter.shows("AgentAvailable", "citizen_card", within=SOON)
    assert time.monotonic() - started < 1.5
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await at_counter.page.evaluate(wider) <= 0


async def test_the_help_and_the_light_read_well(at_counter: Counter) -> None:
    for path in ("/stations/help", f"/stations/{STATION}"):
        await at_counter.open(path)
        assert await violations(at_counter.page) == [], path


async def test_a_real_cards_seconds_are_shown_and_a_card_pulled_in_them_ends_with_its_code(at_counter: Counter) -> None:
    page = at_counter.page
    enrolment = await at_counter.world.start()
    await at_counter.open(f"/enrolments/{enrolment.id}")
    await expect(page.locator('#reader [data-need="citizen_card"]')).to_be_visible(timeout=8_000)
    assert await violations(page) == []
    await desk(at_counter.desk, "insert citizen somchai slow")
    await expect(page.locator("#read_bar")).to_be_visible()
    assert await violations(page) == []
    await desk(at_counter.desk, "eject citizen")
    await expect(page.locator("#card_fault")).to_have_text("CARD-03", timeout=SOON)
    await expect(page.locator('a[href="/enrolments/new"]').last).to_be_visible()
    assert await violations(page) == []
