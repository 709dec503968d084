"""Consent in its states, reporting who asks, the page of then, and contact: in a real browser, in both languages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from connectors.mail.smtp import MailServer
from connectors.simulators.mail import Inbox
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import JOBS, SERVICE
from tests.patience import PATIENCE_SECONDS
from tests.provider.pages.browser import decide, free_port, launched, leaving_for_service, serving, with_authenticator
from tests.provider.pages.house import House, open_house
from tests.provider.pages.test_consent_anatomy import Asked, by_law_as_well, for_a_child
from tests.provider.pages.test_contact import code_for, work
from tests.provider.pages.test_in_chromium import Phone

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

VIEWS = (("th", 320), ("en", 1280))
ADDRESS = "somchai.thotsopdi@mail.example"


@dataclass
class Browser:
    """What the makers of states ask of a visitor."""

    house: House
    browser_id: str


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def phone(
    chromium: str, sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path, inbox: Inbox
) -> AsyncIterator[Phone]:
    listener = free_port()
    origin = f"http://id.localhost:{listener.getsockname()[1]}"
    async with (
        inbox.serving() as port,
        open_house(
            sqlite_storage,
            clock,
            asset_folder,
            origin=origin,
            mail=MailServer("127.0.0.1", port, "no-reply@id.example", starttls=False),
        ) as house,
        serving(house.application, listener),
        launched(chromium) as browser,
    ):
        context = await browser.new_context(viewport={"width": 320, "height": 700}, locale="th-TH")
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = await context.new_page()
        session, authenticator = await with_authenticator(context, page)
        phone = Phone(house, context, page, session, authenticator, [])
        await phone.add_passkey()
        await phone.sign_in()
        yield phone


async def look(phone: Phone, state: str) -> None:
    """The page as it stands, in Thai on a phone and in English on a desk."""
    for language, width in VIEWS:
        await phone.context.add_cookies([{"name": "lang", "value": language, "domain": "id.localhost", "path": "/"}])
        await phone.page.set_viewport_size({"width": width, "height": 800})
        await phone.page.reload()
        await phone.check(f"{state} {language} {width}")


async def flow_of(phone: Phone, asked: Asked) -> str:
    """The flow before its consent page; for a child the person is chosen first."""
    flow = phone.house.flow(await phone.browser_id(), **asked)
    if "acting_for" not in asked:
        return flow
    await phone.open(f"/acting?flow={flow}")
    await phone.page.locator("input[name=actor]").first.check()
    async with phone.page.expect_response(lambda answer: answer.request.method == "POST") as chosen:
        await phone.page.click("#continue")
    return parse_qs(urlsplit((await chosen.value).headers["location"]).query)["flow"][0]


async def weight(phone: Phone, button: str) -> Any:
    """What makes a button weigh: its size, its letters, its colours, its border."""
    return await phone.page.evaluate(
        """selector => {
            const button = document.querySelector(selector), style = getComputedStyle(button);
            const box = button.getBoundingClientRect();
            return [Math.round(box.height), Math.round(box.width), style.color, style.backgroundColor, style.fontSize,
                    style.fontWeight, style.borderTopWidth, style.borderTopColor];
        }""",
        button,
    )


async def test_both_answers_weigh_the_same_and_each_state_reads_well(phone: Phone) -> None:
    visitor: Any = Browser(phone.house, await phone.browser_id())
    flow = await flow_of(phone, await by_law_as_well(visitor))
    await phone.open(f"/consent?flow={flow}")
    for width in (320, 1280):
        await phone.page.set_viewport_size({"width": width, "height": 800})
        await expect(phone.page.locator("#allow")).to_be_enabled()
        assert await weight(phone, "#allow") == await weight(phone, "#deny")
    await look(phone, "consent")
    await phone.page.click("#text_size")
    await look(phone, "consent in large letters")
    await phone.page.click("#text_size")
    await phone.page.click("#report")
    await look(phone, "reporting")
    await phone.page.fill("#text", "ไม่รู้จักหน่วยงานนี้")
    await phone.page.click("#send_report")
    await phone.page.wait_for_selector("#reported")
    await look(phone, "reported")
    await phone.page.click("#back_to_decision")
    await phone.page.wait_for_selector("#allow")
    await phone.open(f"/consent?flow={await flow_of(phone, await for_a_child(visitor))}")
    await expect(phone.page.locator("#acting_chip")).to_be_visible()
    await look(phone, "consent for a child")


async def test_the_page_of_then_reads_well(phone: Phone) -> None:
    world = phone.house.world
    visitor: Any = Browser(phone.house, await phone.browser_id())
    flow = await flow_of(phone, await by_law_as_well(visitor))
    await phone.open(f"/consent?flow={flow}")
    async with leaving_for_service(phone.page):
        await decide(phone.page, "#allow")
    async with phone.house.storage.reading() as uow:
        record = await world.consents.last(uow, world.somchai, JOBS, service_id=SERVICE, on_behalf=None)
    assert record is not None
    await phone.open(f"/account/consents/{record.id}")
    for language, width in VIEWS:
        await phone.context.add_cookies([{"name": "lang", "value": language, "domain": "id.localhost", "path": "/"}])
        await phone.page.set_viewport_size({"width": width, "height": 800})
        await phone.page.reload()
        await phone.page.click(".govuk-details__summary")
        await expect(phone.page.locator("#shown_then")).to_be_visible()
        await phone.check(f"the page of then {language}")
    await phone.page.click("#withdraw")
    await phone.page.wait_for_selector("#taken_back")
    await look(phone, "taken back")


async def test_a_mail_address_from_the_task_to_the_code(phone: Phone, inbox: Inbox) -> None:
    await phone.open("/account")
    await phone.page.click('#todo a[href="/account/contact"]')
    await look(phone, "contact")
    await phone.page.click("#change_email")
    await look(phone, "contact email")
    await phone.page.fill("#email", ADDRESS)
    await phone.page.click("#send_code")
    await phone.page.wait_for_selector("#code_form")
    await look(phone, "contact code")
    await phone.page.fill("#code", "1")
    await phone.page.click("#confirm_email")
    await phone.page.wait_for_selector("#error_code")
    await phone.check("a wrong code")
    await work(phone.house)
    await phone.page.fill("#code", await code_for(inbox, ADDRESS))
    await phone.page.click("#confirm_email")
    await expect(phone.page.locator("#email")).to_have_attribute("data-verified", "true")
    await look(phone, "contact confirmed")
    await phone.page.click("#change_phone")
    await look(phone, "contact phone")
    await phone.page.fill("#phone", "081 234 5678")
    await phone.page.click("#save_phone")
    await expect(phone.page.locator("#phone")).to_have_text("+66812345678")
