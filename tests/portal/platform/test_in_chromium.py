"""The pages of the platform and of auditors in a real browser: Thai on a narrow phone, English on a desk."""

import os
import re

import pytest
from playwright.async_api import Page, expect

from connectors.contracts.errors import RegistryUnavailable
from idp.agencies.model import Role
from idp.exchange.health.service import RegistryHealth
from tests.clock import FrozenClock
from tests.portal.auditing.house import PortalHouse
from tests.portal.platform.test_platform_pages import PERSON, WHY, heard, propose_again
from tests.provider.pages.browser import free_port, launched, serving, violations

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SIZES = (("th", 320), ("en", 1280))
PLATFORM = (
    ("/", "#approvals"),
    ("/approvals", "#waiting"),
    ("/rights", "#matrix"),
    ("/rights?agency=nobody", "#filter_form"),
    ("/registries", "[data-state=shut]"),
    ("/keys", "#keys"),
    ("/catalogue", "[data-dataset]"),
    ("/catalogue/dopa.house", "#fields"),
)
AUDITOR = (
    ("/", "#audit"),
    ("/audit?period=all", "#log"),
    ("/audit?period=all&check=yes", "#verdict"),
    ("/audit?date=31&month=2&year=2569", "#day_error"),
    ("/audit/extract?period=all&event=agency.member_added", "#extract_form"),
    ("/audit/checkpoint", "#kept_form"),
    ("/audit/inquiries", "#inquiries"),
)


async def prepared(portal: PortalHouse, clock: FrozenClock) -> tuple[str, str]:
    """Something on every page; the secrets of an administrator and an auditor."""
    first, second = [await portal.hire_platform(Role.PLATFORM_ADMIN) for _ in range(2)]
    await propose_again(portal, first)
    ground = portal.rooms.ground
    health = RegistryHealth(storage=ground.storage, personal=ground.personal, audit=ground.audit)
    for _ in range(5):
        await heard(health, PERSON, None, None, None)
        await heard(health, "DBD-001", None, RegistryUnavailable)
        clock.advance(120)
    await health.flush()
    admin = await portal.signed_in(second)
    await admin.send("/registries", page="/registries", act="shut", service="IKNO-001-05", reason=WHY)
    auditor = await portal.signed_in(await portal.hire_platform(Role.AUDITOR))
    await auditor.send("/audit/people", page="/audit", query="x", reason=WHY)
    await portal.log_is_signed()
    return admin.secret, auditor.secret


async def look(page: Page, address: str, element: str) -> None:
    for language, width in SIZES:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        await expect(page.locator(element).first).to_be_visible()
        assert await violations(page) == [], f"{address} {language} {width}"
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0, f"{address} {language} {width}"
        if folder := os.environ.get("SCREENS"):
            name = re.sub(r"[^a-z]+", "-", address.split("/", 3)[3]) or "home"
            await page.screenshot(path=f"{folder}/{name}-{language}.png", full_page=True)


async def test_platform_and_log_look_right(portal: PortalHouse, clock: FrozenClock, chromium: str) -> None:
    secrets = await prepared(portal, clock)
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(portal.portal, listener), launched(chromium) as browser:
        for secret, shown in zip(secrets, (PLATFORM, AUDITOR), strict=True):
            context = await browser.new_context(locale="th-TH")
            await context.add_cookies([{"name": "portal-session", "value": secret, "url": origin, "httpOnly": True}])
            page = await context.new_page()
            for path, element in shown:
                await look(page, f"{origin}{path}", element)
            if shown is AUDITOR:
                await page.goto(f"{origin}/audit?period=all")
                await page.locator("#log a").first.click()
                await look(page, page.url, "#entry")
            await context.close()
