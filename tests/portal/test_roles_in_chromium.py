"""The role in which somebody acts, in a real browser: read and changed on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from idp.agencies.model import Role
from tests.enrolment.world import World
from tests.portal.office import Office
from tests.portal.test_new_passports_in_chromium import look
from tests.portal.test_roles import another_agency, hired, signed_in
from tests.portal.test_stations_in_chromium import secret_of
from tests.provider.pages.browser import free_port, launched, serving
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_role_is_seen_and_changed(world: World, chromium: str, tmp_path: Path) -> None:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "assets"), origin=origin)
    await hired(world, "boss", "officer", (await another_agency(world), (Role.AGENCY_ADMIN, Role.PLATFORM_ADMIN)))
    browser = await signed_in(office, world, "boss0")
    async with serving(office.app, listener), launched(chromium) as chrome:
        context = await chrome.new_context(locale="th-TH")
        secret = {"name": "portal-session", "value": secret_of(browser), "url": origin, "httpOnly": True}
        await context.add_cookies([secret])
        page = await context.new_page()
        await page.goto(f"{origin}/agreements")
        await look(page, "roles-1-least")
        await page.click("[data-capacity=platform_admin]")
        await expect(page.locator("#acting_in")).to_have_attribute("data-role", "platform_admin")
        await look(page, "roles-2-changed")
