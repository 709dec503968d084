"""The agency's account with the company registry over HTTP: what was entered never comes back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from connectors.fictitious.people import citizen_number
from idp.agencies.accounts.model import TRIES_AN_HOUR
from idp.agencies.model import Role
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from tests.enrolment.world import World
from tests.portal.office import Browser, Office, Page, refusals
from tests.portal.test_mandate_pages import send
from tests.portal.test_mandates_in_chromium import SIZES, cookies_of
from tests.provider.pages.browser import free_port, launched, serving, violations
from tests.representation.world import identity_of
from tests.web.prepared import prepared_assets

pytestmark = pytest.mark.anyio

PATH = "/company-account"


async def admin_of(office: Office, world: World) -> Browser:
    async with world.storage.unit_of_work() as uow:
        clerk = replace(identity_of("officer"), citizen_id=citizen_number(950, 2530))
        person = await world.subscribers.create(uow, identity=clerk, ial=Ial.IAL2_3, by=SYSTEM)
        world.members["admin"] = await world.agencies.add_member(
            uow,
            agency_id=world.agency_id,
            subscriber_id=person,
            position_th="ผู้ดูแลระบบ",
            position_en="Administrator",
            roles=(Role.AGENCY_ADMIN,),
            expires_at=world.clock.now() + timedelta(days=30),
            by=SYSTEM,
        )
    browser = office.browser()
    await browser.sign_in("admin")
    return browser


async def act(browser: Browser, **fields: str) -> Page:
    return await send(browser, PATH, fields, page=PATH)


async def test_an_account_is_entered_tried_and_forgotten(office: Office, world: World) -> None:
    browser = await admin_of(office, world)
    assert "kept" not in await browser.get(PATH)
    assert (await act(browser, act="try")).error_code == "AGY-07"
    assert (await act(browser, act="set", user="agency", password="")).error_code == "AGY-08"
    page = await act(browser, act="set", user="agency-user", password="wrong-word")
    assert "kept" in page
    for shown in (page, await browser.get(PATH)):
        assert "agency-user" not in shown.response.text
        assert "wrong-word" not in shown.response.text
    assert (await act(browser, act="try"))["company_account"]["data-tested"] == "refused"
    page = await act(browser, act="set", user="agency-user", password="of-the-letter")
    assert page["company_account"]["data-tested"] == ""
    assert (await act(browser, act="try"))["company_account"]["data-tested"] == "accepted"
    assert "kept" not in await act(browser, act="forget")
    noted = [(world.members["admin"].id, code, "company_account_changed") for code in ("AGY-07", "AGY-08")]
    assert await refusals(world) == noted
    clerk = office.browser()
    await clerk.sign_in("officer")
    assert (await clerk.get(PATH)).status == 403


async def test_nobody_tries_passwords_without_end(office: Office, world: World) -> None:
    browser = await admin_of(office, world)
    for number in range(TRIES_AN_HOUR):
        await act(browser, act="set", user="of-another-agency", password=f"guess-{number}")
        assert (await act(browser, act="try"))["company_account"]["data-tested"] == "refused"
        await act(browser, act="forget")
    # neither another account nor forgetting it gives a try back, and the registry is not asked
    await act(browser, act="set", user="of-another-agency", password="of-the-letter")
    page = await act(browser, act="try")
    assert (page.status, page.error_code, page["company_account"]["data-tested"]) == (429, "AGY-14", "")
    assert await refusals(world) == [(world.members["admin"].id, "AGY-14", "company_account_changed")]
    world.clock.advance(3600)
    await browser.sign_in("admin")
    assert (await act(browser, act="try"))["company_account"]["data-tested"] == "accepted"


@pytest.mark.browser
async def test_it_looks_right_everywhere(chromium: str, world: World, tmp_path: Path) -> None:
    office = Office(world, tmp_path, assets=prepared_assets(tmp_path / "web"))
    admin = await admin_of(office, world)
    await act(admin, act="set", user="agency-user", password="wrong-word")
    await act(admin, act="try")
    listener = free_port()
    origin = f"http://portal.localhost:{listener.getsockname()[1]}"
    async with serving(office.app, listener), launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH")
        await context.add_cookies([*cookies_of(admin)])
        page = await context.new_page()
        for path, element in ((PATH, "#account_form"), ("/", "#company_account")):
            for language in ("th", "en"):
                await page.goto(f"{origin}{path}?lang={language}")
                await expect(page.locator(element)).to_be_visible()
                for size in SIZES:
                    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
                    assert await violations(page) == [], f"{path} {language} {size['width']}"
                    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    assert await page.evaluate(wider) <= 0, f"{path} {language} {size['width']}"
