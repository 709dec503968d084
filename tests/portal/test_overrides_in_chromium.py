"""A stopped enrolment and the way on, in a real browser: both languages, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.enrolment.world import World
from tests.portal.office import Office
from tests.portal.test_mandates_in_chromium import SIZES, cookies_of
from tests.portal.test_overrides import stopped
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_stopped_enrolment_shows_its_way_on(chromium: str, world: World, tmp_path: Path) -> None:
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"))
    officer, path, _ = await stopped(office, world)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([*cookies_of(officer)])
        page = await context.new_page()
        for language in ("th", "en"):
            await page.goto(f"{origin}{path}?lang={language}")
            await expect(page.locator("#ask_override")).to_be_visible()
            for size in SIZES:
                await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                assert await violations(page) == [], f"{language} {size['width']}"
                wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert await page.evaluate(wider) <= 0, f"{language} {size['width']}"
