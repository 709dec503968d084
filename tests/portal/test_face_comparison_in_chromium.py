"""The comparison of faces at a counter in a real browser: the camera opens by a click, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from connectors.simulators.switchboard import Behaviour, Mode, Service
from tests.enrolment.world import World
from tests.portal.office import Office
from tests.portal.test_face_comparison import at_the_face, face_of, send
from tests.portal.test_mandates_in_chromium import SIZES, cookies_of
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_the_page_is_read_in_both_languages_and_a_missing_camera_has_words(
    chromium: str, world: World, tmp_path: Path
) -> None:
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"))
    officer, path, _ = await at_the_face(office, world)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([*cookies_of(officer)])
        page = await context.new_page()
        for stage in ("to_ask", "silent", "matches"):
            if stage == "silent":
                world.switchboard.switch(Service.FACE, Behaviour(Mode.DOWN))
                await send(officer, path, face_of("somchai"))
            elif stage == "matches":
                world.switchboard.reset()
                world.clock.advance(30)
                await send(officer, path, face_of("somchai"))
            shown = {"to_ask": "#open_camera", "silent": "#face_silent", "matches": "#face_compared"}[stage]
            for language in ("th", "en"):
                await page.goto(f"{origin}{path}?lang={language}")
                await expect(page.locator(shown)).to_be_visible()
                if stage == "to_ask":
                    await page.locator("#open_camera").click()  # this machine has no camera
                    await expect(page.locator("#camera_failed")).to_be_visible()
                for size in SIZES:
                    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                    assert await violations(page) == [], f"{stage} {language} {size['width']}"
                    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    assert await page.evaluate(wider) <= 0, f"{stage} {language} {size['width']}"
