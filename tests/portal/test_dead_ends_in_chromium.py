"""The line is lost while an officer fills a form: it is said, nothing is sent, nothing is lost, and it goes on."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.enrolment.world import World
from tests.patience import PATIENCE_SECONDS
from tests.portal.office import Office
from tests.portal.test_mandate_pages import NUMBER, clerks, rows
from tests.portal.test_mandates_in_chromium import cookies_of
from tests.provider.pages.browser import free_port, launched, serving
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

TYPED = {
    "paper_no": "12/2569",
    "signed_on-day": "20",
    "signed_on-month": "11",
    "signed_on-year": "2569",
    "principal_id": NUMBER["somchai"],
    "first_name": "สมชาย",
    "last_name": "ทดสอบดี",
    "proxy_id": NUMBER["malee"],
    "case": "ร.1/2569",
    "until-day": "31",
    "until-month": "1",
    "until-year": "2570",
}


async def test_a_lost_line_loses_nothing_that_was_typed(chromium: str, world: World, tmp_path: Path) -> None:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"), origin=origin)
    first, _ = await clerks(office, world)
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        await context.add_cookies([*cookies_of(first)])
        page = await context.new_page()
        await page.goto(f"{origin}/mandates/new")
        for name, value in TYPED.items():
            await page.locator(f"[name='{name}']").fill(value)
        for box in await page.locator("[name=seen], [name=services], [name=datasets][value='dopa.address']").all():
            await box.check()
        await context.set_offline(True)
        await page.click("#record")
        lost = page.locator("#line_lost")
        await expect(lost).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
        await expect(lost).to_be_focused()
        # a link would lead into nothing: it waits as well
        await page.click("main a[href='/mandates']")
        await expect(lost).to_be_visible()
        assert await rows(world) == []
        for name, value in TYPED.items():
            await expect(page.locator(f"[name='{name}']")).to_have_value(value)
        await context.set_offline(False)
        await expect(page.locator("#line_back")).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
        assert await rows(world) == [], "nothing is sent by itself"
        await page.click("#record")
        await page.wait_for_url("**/mandates")
        assert [state for _, state in await rows(world)] == ["active"]
