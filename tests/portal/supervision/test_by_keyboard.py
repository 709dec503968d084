"""A supervisor who has a keyboard alone judges a look-up."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from idp.app.portal_door import portal_door
from tests.attacks.house import settings_of
from tests.journeys.keyboard import Keyboard
from tests.portal.auditing.house import PortalHouse
from tests.portal.supervision.watch import set_watch
from tests.provider.pages.browser import free_port, launched, serving

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_look_up_is_judged(portal: PortalHouse, chromium: str, tmp_path: Path) -> None:
    watch = await set_watch(portal, "busy")
    await watch.disclosed(await watch.look_up(1000))
    await watch.noticed()
    await watch.name_all()
    desk = await watch.sit_down()
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    here = settings_of(tmp_path / "home").model_copy(update={"portal_url": origin})
    async with serving(portal_door(here, portal.rooms), listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([{"name": "portal-session", "value": desk.secret, "url": origin}])
        page = await context.new_page()
        await page.goto(f"{origin}/")
        keys = Keyboard(page)
        await keys.press("ตรวจรายการตรวจสอบข้อมูล")
        await expect(page.locator("#waiting")).to_be_visible()
        # entries are called by their moment
        await keys.go("22 พฤศจิกายน")
        await page.keyboard.press("Enter")
        # sent empty, it says what is missing where it stands; from there by key to the field
        await keys.go("บันทึก", role="button")
        await keys.lives()
        await page.keyboard.press("Enter")
        await expect(page.locator("#field_summary")).to_be_focused()
        await keys.press("กรุณาเลือก: ผลการตรวจของท่าน")
        await expect(page.locator("#verdict_fine")).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await keys.choose("ถูกต้อง จำเป็นต่อเรื่อง")
        await keys.write("เหตุผล หรือคำถาม", "ตรงกับเรื่องที่ยื่น")
        await keys.decide("บันทึก")
        await expect(page.locator("#reviewed")).to_be_visible()
        await expect(page.locator("[data-sample]")).to_have_count(0)
