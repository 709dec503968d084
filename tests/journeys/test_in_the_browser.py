"""The journey as people walk it: three browsers, a real card reader stack where the machine has one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Demonstration
from tests.provider.pages.browser import decide, launched, looked_at, violations, with_authenticator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with launched(chromium) as running:
        yield running


class Hands:
    """One person's browser: notes what the console says, and looks at every page it is asked to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def look(self) -> None:
        """The page is accessible, fits the screen, and its scripts are content."""
        assert await violations(self.page) == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await looked_at(self.page, lambda: self.page.evaluate(wide)), (
            f"{self.page.url} is wider than the screen"
        )
        assert self.complaints == []

    async def add_passkey(self, link: str) -> None:
        await self.page.goto(link)
        await self.look()
        await self.page.click("#add_passkey")
        await expect(self.page.locator("#passkey_added")).to_be_visible()

    async def use_passkey(self) -> None:
        await expect(self.page.locator("#sign_in")).to_be_visible()
        await self.look()
        await self.page.click("#sign_in")


async def hands(browser: Browser, *, phone: bool, language: str) -> Hands:
    context = await browser.new_context(viewport=PHONE if phone else DESK, locale=language)
    page = await context.new_page()
    await with_authenticator(context, page)
    return Hands(page)


async def test_the_journey(browser: Browser, demonstration: Demonstration) -> None:
    told = demonstration.endpoints
    officer = await hands(browser, phone=False, language="th-TH")
    citizen = await hands(browser, phone=True, language="th-TH")

    # 1. the officer adds a passkey, signs in to the portal and starts an enrolment at the counter
    await officer.add_passkey(await demonstration.link_of("officer"))
    await officer.page.goto(told["portal"])
    await officer.page.click("#sign_in")
    await officer.use_passkey()
    await officer.page.click("#start_enrolment")
    await officer.look()
    await officer.page.select_option("[name=station_id]", told["station_id"])
    await officer.page.click("#start_enrolment_form button")
    enrolment = officer.page.locator("#enrolment")
    await expect(enrolment).to_have_attribute("data-state", "waiting_for_card")
    await officer.look()

    # 2. the card goes in; the page moves by itself until the faces are to be compared
    demonstration.card("insert", "citizen", "somchai")
    await expect(enrolment).to_have_attribute("data-state", "compare_face")
    assert await officer.page.locator("#photo").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    await expect(officer.page.get_by_text("สมชาย").first).to_be_visible()
    await officer.look()
    await officer.page.check("#unrelated")
    await decide(officer.page, "#face_matches")
    await expect(enrolment).to_have_attribute("data-state", "completed")
    await expect(officer.page.locator("#ial")).to_contain_text("2.2")
    await officer.look()
    link = await officer.page.locator("#passkey_link").get_attribute("href")
    assert link is not None
    demonstration.card("eject", "citizen")

    # 3. the citizen adds a passkey on the phone; the link works once
    await citizen.add_passkey(link)
    again = await hands(browser, phone=True, language="en-GB")
    await again.page.goto(link)
    await expect(again.page.locator("#error_code")).to_be_visible()

    # 4. the agency sends the citizen to sign in; the consent page says who, why, what
    await citizen.page.goto(told["jobs"])
    await citizen.page.click("#sign_in")
    await citizen.use_passkey()
    await expect(citizen.page.locator("#consent_form")).to_be_visible()
    await expect(citizen.page.locator("[data-field='dopa.person.name_th']")).to_contain_text("สมชาย")
    await expect(citizen.page.get_by_text(told["agencies"]["jobs"]["name_th"]).first).to_be_visible()
    await citizen.look()
    await decide(citizen.page, "#allow")
    await expect(citizen.page.get_by_text("ทดสอบดี").first).to_be_visible()
    assert citizen.page.url.startswith(told["jobs"])

    # 5. the citizen sees who saw the data, and withdraws in two taps
    await citizen.page.goto(f"{told['issuer']}/account/activity")
    assert await citizen.page.locator("[data-disclosure]").count() >= 2
    await citizen.look()
    await citizen.page.goto(f"{told['issuer']}/account/consents")
    await citizen.look()
    await citizen.page.locator("[data-consent] a").first.click()
    await citizen.look()
    await citizen.page.click("#withdraw")
    await expect(citizen.page.locator("[data-consent]").first).to_have_attribute("data-live", "false")
    await citizen.page.goto(f"{told['jobs']}/application")
    await citizen.page.click("#pull_again button, #pull_again")
    await expect(citizen.page.locator("#error_code")).to_be_visible()

    # 6. a card pulled out takes the data off the officer's screen at once
    await officer.page.goto(f"{told['portal']}/enrolments/new")
    await officer.page.select_option("[name=station_id]", told["station_id"])
    await officer.page.click("#start_enrolment_form button")
    await expect(enrolment).to_have_attribute("data-state", "waiting_for_card")
    demonstration.card("insert", "citizen", "malee")
    await expect(enrolment).to_have_attribute("data-state", "compare_face")
    await expect(officer.page.locator("#applicant")).to_be_visible()
    demonstration.card("eject", "citizen")
    await expect(officer.page.locator("#applicant")).to_be_hidden()
    await expect(enrolment).not_to_have_attribute("data-state", "compare_face")  # its page came
    await officer.look()


async def test_an_administrator_finds_the_identity_and_may_not_enrol(
    browser: Browser, demonstration: Demonstration
) -> None:
    portal = demonstration.endpoints["portal"]
    admin = await hands(browser, phone=False, language="en-GB")
    await admin.add_passkey(await demonstration.link_of("admin1"))
    await admin.page.goto(portal)
    await admin.page.click("#sign_in")
    await admin.use_passkey()
    await admin.page.click("#subscribers")
    await admin.look()
    await admin.page.locator("tr[data-subscriber] a").first.click()
    await expect(admin.page.locator("#evidence, #status").first).to_be_visible()
    await admin.look()
    await admin.page.goto(f"{portal}/enrolments/new")
    await expect(admin.page.locator("#error_code")).to_be_visible()


def test_the_demonstration_says_which_card_stack_it_used(demonstration: Demonstration) -> None:
    assert demonstration.endpoints["card_stack"] in ("pcsc", "memory")
    assert Path(demonstration.endpoints["home"]).is_dir()
