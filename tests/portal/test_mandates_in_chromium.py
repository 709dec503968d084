"""The pages for papers in a real browser: both languages, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.enrolment.world import World
from tests.portal.office import Browser, Office
from tests.portal.test_mandate_pages import clerks, record
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SHOWN = (
    ("/mandates", "#paper_mandates"),
    ("/mandates/new", "#paper_form"),
    ("/signatories", "#signatory_form"),
    ("/signatories/confirmed", "#confirmed"),
    ("/", "#signatories"),
)
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 900})


def cookies_of(browser: Browser) -> list[dict[str, str]]:
    """The session of a browser without a screen, for one with a screen."""
    return [
        {"name": cookie.name, "value": cookie.value or "", "domain": "portal.localhost", "path": "/"}
        for cookie in browser.http.cookies.jar
    ]


async def test_papers_look_right_everywhere(chromium: str, world: World, tmp_path: Path) -> None:
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"))
    first, second = await clerks(office, world)
    await record(first)
    await record(first, datasets="dopa.person", paper_no="13/2569")
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([*cookies_of(second)])
        page = await context.new_page()
        for path, shown in SHOWN:
            for language in ("th", "en"):
                await page.goto(f"{origin}{path}?lang={language}")
                await expect(page.locator(shown)).to_be_visible()
                for size in SIZES:
                    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                    assert await violations(page) == [], f"{path} {language} {size['width']}"
                    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    assert await page.evaluate(wider) <= 0, f"{path} {language} {size['width']}"
