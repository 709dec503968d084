"""A new passport in a real browser: the officer at the counter, and a colleague with the booklets in hand."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from connectors.card.virtual.passports import mrz_lines
from connectors.fictitious.personas import PASSPORT_PERSONAS
from idp.kernel.assurance import Aal
from idp.kernel.ids import EnrolmentId
from tests.portal.office import Office
from tests.portal.test_enrolment_in_chromium import Counter
from tests.portal.test_stations_in_chromium import secret_of
from tests.provider.agent.serving import counter
from tests.provider.pages.browser import decide, free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

OLD = PASSPORT_PERSONAS["foreigner"].data
NEW = PASSPORT_PERSONAS["foreigner_renewed"].data
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}


@dataclass
class Two:
    """The first officer at the counter, and the second one."""

    first: Counter
    second: Page


@pytest.fixture
async def two(chromium: str, tmp_path: Path) -> AsyncIterator[Two]:
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with counter(tmp_path, with_lines=False) as (world, desk_socket):
        await world.pair_second()
        office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "assets"), origin=origin)
        async with serving(office.app, listener), launched(chromium) as chrome:
            pages = []
            for member in ("officer", "colleague"):
                browser = office.browser()
                await browser.sign_in(member)
                context = await chrome.new_context(viewport={"width": 360, "height": 740}, locale="th-TH")
                secret = {"name": "portal-session", "value": secret_of(browser), "url": origin, "httpOnly": True}
                await context.add_cookies([secret])
                pages.append(await context.new_page())
            yield Two(Counter(world, pages[0], origin, desk_socket), pages[1])


async def look(page: Page, name: str) -> None:
    """Accessible in both languages and sizes; with SCREENS set, pictures for people as well."""
    for language in ("en", "th"):
        await page.context.add_cookies([{"name": "lang", "value": language, "domain": "portal.localhost", "path": "/"}])
        await page.reload()
        for size, viewport in SIZES.items():
            await page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
            assert await violations(page) == []
            wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(wider) <= 0
            if folder := os.environ.get("SCREENS"):
                await page.screenshot(path=Path(folder) / f"{name}-{language}-{size}.png", full_page=True)


async def enrols_with_the_old_one(first: Counter) -> None:
    await first.begin("foreigner_counter", line=mrz_lines(OLD)[44:])
    await first.put_in("foreigner")
    await first.stands_at("compare_face")
    await first.same_person()
    await first.stands_at("completed")
    await first.take_out()


async def lays_down_the_new_one(first: Counter) -> None:
    await first.begin("new_passport", line=mrz_lines(NEW)[44:])
    await first.put_in("foreigner_renewed")
    await first.stands_at("compare_face")


async def says_whose(first: Counter, number: str, was: str) -> None:
    page = first.page
    await page.fill("#old_number", number)
    await page.check(f"#was_{was}")
    await page.check("#unrelated")
    await decide(page, "#ask_second")


async def test_a_renewed_passport_and_a_lost_one(two: Two) -> None:
    first, second = two.first, two.second
    await enrols_with_the_old_one(first)
    await lays_down_the_new_one(first)
    await look(first.page, "new-passport-1-whose")
    await says_whose(first, "Z9999", "shown")
    await expect(first.page.locator("#error_code")).to_have_text("ENR-38")
    await look(first.page, "new-passport-2-nobody")
    await says_whose(first, OLD.document_no.lower(), "lost")
    await first.stands_at("second_officer")
    await look(first.page, "new-passport-3-waits")
    # a colleague finds it, and is told what becomes of the ways to sign in
    await second.goto(f"{first.origin}/passports")
    await look(second, "new-passport-4-list")
    await second.get_by_role("link", name="เทียบข้อมูลและตัดสิน").click()
    await expect(second.locator("#authenticators")).to_have_attribute("data-keeps", "false")
    await look(second, "new-passport-5-compare")
    # the person signs in on the own phone meanwhile
    async with first.world.storage.unit_of_work() as uow:
        found = await first.world.enrolments.find(uow, await _enrolment_of(second))
        assert found is not None
        compared = await first.world.new_passports.compared(uow, found.id, officer=first.world.members["colleague"])
        await first.world.sessions.start(uow, compared.holder_id, aal=Aal.AAL2_2, amr=("hwk", "user", "mfa"))
    await second.reload()
    await expect(second.locator("#authenticators")).to_have_attribute("data-keeps", "true")
    await second.fill("#number", "X0000")
    await second.check("#seen_person")
    await decide(second, "#agree")
    await expect(second.locator("#error_code")).to_have_text("ENR-43")
    await second.fill("#number", NEW.document_no)
    await second.check("#seen_person")
    await decide(second, "#agree")
    await expect(second.locator("#decided")).to_have_attribute("data-agreed", "true")
    await look_here(second)
    # the first officer's screen goes on by itself
    await expect(first.page.locator("#enrolment")).to_have_attribute("data-state", "completed")
    await expect(first.page.locator("#ways_stay")).to_be_visible()
    await look(first.page, "new-passport-6-done")
    # the old booklet is nobody's now, and the page says what to do
    await first.take_out()
    await first.begin("foreigner_counter", line=mrz_lines(OLD)[44:])
    await first.put_in("foreigner")
    await first.stands_at("refused")
    await expect(first.page.locator("#error_code")).to_have_text("ENR-36")


async def test_a_colleague_refuses_with_a_reason(two: Two) -> None:
    first, second = two.first, two.second
    await enrols_with_the_old_one(first)
    await lays_down_the_new_one(first)
    await says_whose(first, OLD.document_no, "shown")
    await first.stands_at("second_officer")
    await second.goto(f"{first.origin}/passports")
    await second.get_by_role("link", name="เทียบข้อมูลและตัดสิน").click()
    await decide(second, "#refuse")
    await expect(second.locator("#error_code")).to_have_text("APR-08")  # a reason is missing
    await second.fill("#reason", "รูปไม่ตรง")
    await decide(second, "#refuse")
    await expect(second.locator("#decided")).to_have_attribute("data-agreed", "false")
    await first.stands_at("refused")
    await expect(first.page.locator("#error_code")).to_have_text("ENR-40")


async def look_here(page: Page) -> None:
    assert await violations(page) == []


async def _enrolment_of(page: Page) -> EnrolmentId:
    return EnrolmentId(await page.locator("#new_passport").get_attribute("data-enrolment") or "")
