"""The pages of rights in a real browser: both languages, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.enrolment.world import World
from tests.portal.office import Office
from tests.portal.test_agreement_pages import (
    BLANK,
    TERMS,
    decide,
    granted,
    hire_officer,
    path_of,
    propose,
    send,
    staff_of,
)
from tests.portal.test_mandates_in_chromium import SIZES, cookies_of
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.web.prepared import prepared_assets

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_rights_look_right_everywhere(chromium: str, world: World, tmp_path: Path) -> None:
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"))
    staff = await staff_of(office, world)
    right = await granted(staff)
    await hire_officer(world)
    waiting = path_of(
        await propose(
            staff.admin, dataset="dopa.address", fields=["house_id", "province"], days=[], opens="", closes=""
        )
    )
    await decide(staff.owner1, waiting, "ask", "ใช้ตามกฎหมายใด")
    await decide(staff.admin, waiting, "answer", "มาตรา 1")
    of = right.rsplit("/", 1)[1]
    wider = {**TERMS, "of": of, "daily_quota": "500", "fields": ["name_th", "birth_date", "sex"]}
    changed = path_of(await send(staff.owner1, "/agreements/terms", wider, page=BLANK))
    shown = (
        (changed, "#difference"),
        ("/agreements", "#agreements"),
        ("/agreements/new", "#right_form"),
        (f"/agreements/terms?of={right.rsplit('/', 1)[1]}", "#terms_form"),
        (right, "#agreement"),
        (waiting, "#decide_form"),
        ("/", "#rights"),
    )
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([*cookies_of(staff.owner2)])
        page = await context.new_page()
        for path, element in shown:
            for language in ("th", "en"):
                await page.goto(f"{origin}{path}{'&' if '?' in path else '?'}lang={language}")
                await expect(page.locator(element)).to_be_visible()
                for size in SIZES:
                    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                    assert await violations(page) == [], f"{path} {language} {size['width']}"
                    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    assert await page.evaluate(overflow) <= 0, f"{path} {language} {size['width']}"
        # a refusal keeps the form, with a way on
        refused = await send(staff.admin, "/agreements/terms", {"of": ""}, page=BLANK)
        assert refused.status == 404
