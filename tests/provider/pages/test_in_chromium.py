"""The whole way in a real browser: passkeys by its own API, no error in its console, nothing wrong for axe-core."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from idp.agencies.store import update_service
from idp.kernel.assurance import Aal, Acr, Ial
from idp.protocol.response_mode import ResponseMode
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import SERVICE, pull
from tests.patience import PATIENCE_SECONDS, eventually
from tests.provider.pages.browser import (
    decide,
    free_port,
    launched,
    leaving_for_service,
    lives,
    serving,
    violations,
    with_authenticator,
)
from tests.provider.pages.house import House, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@dataclass
class Phone:
    """A person's phone before the pages of a house."""

    house: House
    context: BrowserContext
    page: Page
    session: Any
    authenticator: str
    complaints: list[str]

    async def open(self, path: str) -> None:
        await self.page.goto(self.house.origin + path)

    async def add_passkey(self) -> None:
        await self.open(f"/passkeys/new#{await self.house.link()}")
        await self.page.click("#add_passkey")
        await self.page.wait_for_selector("#passkey_added")

    async def sign_in(self) -> None:
        await self.open("/sign-in")
        await self.page.click("#sign_in")
        await self.page.wait_for_selector("#account")

    async def browser_id(self) -> str:
        return next(
            str(cookie.get("value")) for cookie in await self.context.cookies() if cookie.get("name") == "id-browser"
        )

    async def overflow(self) -> int:
        """How far the page is wider than the screen, in pixels."""
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(wider))

    async def expect_failure(self, title: str, *, choices: int) -> None:
        """The ceremony failed: the page says what happened and where to go on."""
        failure = self.page.locator("#passkey_failure")
        await expect(failure).to_be_visible()
        await expect(failure).to_be_focused()
        await expect(self.page.locator("#failure_title")).to_contain_text(title)
        await expect(self.page.locator("#failure_choices a")).to_have_count(choices)

    async def check(self, state: str) -> None:
        assert await violations(self.page) == [], state
        assert await self.overflow() <= 0, state


@pytest.fixture
async def phone(chromium: str, sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[Phone]:
    listener = free_port()
    origin = f"http://id.localhost:{listener.getsockname()[1]}"
    async with (
        open_house(sqlite_storage, clock, asset_folder, origin=origin) as house,
        serving(house.application, listener),
        launched(chromium) as browser,
    ):
        context = await browser.new_context(viewport={"width": 320, "height": 700}, locale="th-TH")
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        session, authenticator = await with_authenticator(context, page)
        yield Phone(house, context, page, session, authenticator, complaints)
        assert complaints == []


async def test_from_the_link_to_a_consent_that_is_taken_back(phone: Phone) -> None:
    await phone.open(f"/passkeys/new#{await phone.house.link()}")
    await phone.check("adding a passkey")
    await phone.page.click("#add_passkey")
    await phone.page.wait_for_selector("#passkey_added")
    await phone.check("passkey added")
    await phone.open(f"/sign-in?flow={phone.house.flow(await phone.browser_id())}")
    await phone.check("sign-in for a service")
    await phone.sign_in()
    await phone.check("home")

    await phone.open(f"/consent?flow={phone.house.flow(await phone.browser_id())}")
    await phone.check("consent")
    async with leaving_for_service(phone.page) as leaving:
        await decide(phone.page, "#allow")
    assert "code=" in (await leaving.value).url
    phone.complaints.clear()  # nobody listens at the service's address in this test

    record, token = await phone.house.world.consented()
    await phone.house.world.exchange().pull(pull(token))
    await phone.open("/account/activity")
    await expect(phone.page.locator("[data-disclosure]")).to_have_count(1)
    await phone.check("activity")
    await phone.open("/account/consents")
    await phone.check("consents")
    await phone.page.click(f"[data-consent='{record.id}'] a")
    await phone.check("one consent")
    await phone.page.click("#withdraw")
    await expect(phone.page.locator(f"[data-consent='{record.id}']")).to_have_attribute("data-live", "false")
    await phone.open("/account/passkeys")
    await phone.check("passkeys")
    await phone.open("/sign-out")
    await phone.check("signing out")
    await phone.page.click("#confirm_logout")
    await phone.page.wait_for_selector("#signed_out")
    await phone.check("signed out")


async def test_skipping_to_the_content_does_not_lose_the_link(phone: Phone) -> None:
    await phone.open(f"/passkeys/new#{await phone.house.link()}")
    await phone.page.wait_for_selector("#passkey_link:not([hidden])")
    await phone.page.focus(".govuk-skip-link")
    await phone.page.keyboard.press("Enter")
    await phone.page.click("#add_passkey")
    await phone.page.wait_for_selector("#passkey_added")


async def test_a_double_click_meant_for_the_page_before_decides_nothing(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    # as soon as the page's own script has run, however busy the machine is
    await phone.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.querySelector('#allow')?.click())"
    )
    await phone.open(f"/consent?flow={phone.house.flow(await phone.browser_id())}")
    await lives(phone.page.locator("#allow"))
    assert await phone.house.world.entries("consent.given") == []


async def test_a_device_that_does_not_confirm_is_told_with_choices(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": phone.authenticator, "isUserVerified": False}
    )
    await phone.open("/sign-in?lang=en")
    await phone.page.click("#sign_in")
    await phone.expect_failure("Your device did not confirm", choices=2)
    await phone.check("sign-in failed")
    await expect(phone.page.locator("#sign_in")).to_be_enabled()


async def test_a_device_with_a_passkey_is_not_added_twice(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    await phone.open("/account/passkeys/new?lang=en")
    await phone.check("a further passkey")
    await phone.page.click("#add_passkey")
    await phone.expect_failure("This device has your passkey already", choices=2)  # InvalidStateError


async def test_an_interrupted_prompt_is_told(phone: Phone) -> None:
    await phone.session.send(
        "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": phone.authenticator, "enabled": False}
    )
    await phone.open("/sign-in?lang=en")
    async with phone.page.expect_response("**/sign-in/options"):
        await phone.page.click("#sign_in")
    ended = "SimpleWebAuthnBrowser.WebAuthnAbortService.cancelCeremony()"

    async def is_told() -> bool:
        await phone.page.evaluate(ended)
        return await phone.page.locator("#passkey_failure").is_visible()

    await eventually(is_told)
    await phone.expect_failure("It was interrupted", choices=2)  # AbortError


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"rp": {"id": "another.example", "name": "x"}}, "This address cannot use your passkey"),  # SecurityError
        ({"pubKeyCredParams": [{"type": "other", "alg": -7}]}, "This device cannot make the kind of passkey"),
    ],
    ids=["SecurityError", "NotSupportedError"],
)
async def test_what_a_browser_refuses_of_our_options_is_told(phone: Phone, changed: dict[str, Any], title: str) -> None:
    asking_otherwise = """changed => {
        const create = navigator.credentials.create.bind(navigator.credentials);
        navigator.credentials.create = (options) => create({ publicKey: { ...options.publicKey, ...changed } });
    }"""
    await phone.page.add_init_script(f"({asking_otherwise})({json.dumps(changed)})")
    await phone.open(f"/passkeys/new?lang=en#{await phone.house.link()}")
    await phone.page.click("#add_passkey")
    await phone.expect_failure(title, choices=1)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("ConstraintError", "This device cannot check who you are"),
        ("UnknownError", "Your device could not do it"),
        ("SomethingNewError", "The passkey was not added"),
    ],
)
async def test_what_a_device_may_say_beside_is_told(phone: Phone, name: str, title: str) -> None:
    # Chromium's virtual devices give none of these, so that the page meets a browser that does.
    refusing = f"navigator.credentials.create = () => Promise.reject(new DOMException('', '{name}'))"
    await phone.page.add_init_script(refusing)
    await phone.open(f"/passkeys/new?lang=en#{await phone.house.link()}")
    await phone.page.click("#add_passkey")
    await phone.expect_failure(title, choices=1)
    await phone.check(name)


async def test_a_lost_connection_is_told(phone: Phone) -> None:
    await phone.open("/sign-in?lang=en")
    await phone.context.set_offline(True)
    await phone.page.click("#sign_in")
    await phone.expect_failure("The connection was lost", choices=2)
    phone.complaints.clear()  # Chromium reports the request that could not be sent


async def test_the_meeting_is_told_before_the_decision(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    flow = phone.house.flow(await phone.browser_id(), required=Acr(Ial.IAL3, Aal.AAL2_1), provisional_ial=Ial.IAL2_1)
    for language, words in (("th", "หน่วยงานนี้จะพบท่านภายหลัง"), ("en", "This agency will meet you later.")):
        await phone.open(f"/consent?flow={flow}&lang={language}")
        await expect(phone.page.locator("#meeting")).to_contain_text(words)
        await phone.check(f"consent before the meeting, {language}")


async def test_what_may_be_left_out_is_ticked_with_a_finger_and_the_receipt_is_found(phone: Phone) -> None:
    world = phone.house.world
    async with world.storage.unit_of_work() as uow:
        service = await world.agencies.service(uow, SERVICE)
        optional = frozenset({"dopa.person/birth_date", "dopa.address/province"})
        await update_service(uow, replace(service, optional_fields=optional))
    await phone.add_passkey()
    await phone.sign_in()
    flow = phone.house.flow(await phone.browser_id())
    for language in ("en", "th"):
        await phone.open(f"/consent?flow={flow}&lang={language}")
        boxes = phone.page.locator("#consent input[type=checkbox]")
        await expect(boxes).to_have_count(2)
        await expect(boxes.first).not_to_be_checked()
        size = await boxes.first.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 24, size
        await phone.check(f"consent with a choice, {language}")
    await phone.page.locator("label", has_text="จังหวัด").click()
    await expect(phone.page.locator("#optional-dopa\\.address\\/province")).to_be_checked()
    await phone.open("/account/consents")
    await phone.check("what I allowed")


async def test_levels_are_told_on_the_way_to_a_service(phone: Phone) -> None:
    await phone.add_passkey()
    flow = phone.house.flow(await phone.browser_id())
    await phone.open(f"/sign-in?flow={flow}&lang=en")
    await phone.check("sign-in with the levels needed")
    await phone.page.click("#needed a")
    await expect(phone.page.locator("#levels_needed")).to_contain_text("You are not signed in.")
    await phone.check("levels, not signed in")
    await phone.page.click("#next_step")
    await phone.page.wait_for_selector("#passkey_form")
    await phone.sign_in()
    await phone.open(f"/levels?flow={flow}&lang=en")
    await expect(phone.page.locator("#next_step")).to_have_text("Continue to the service")
    await phone.check("levels reached")


async def test_the_link_of_a_letter_freezes(phone: Phone) -> None:
    await phone.add_passkey()
    page = phone.house.authenticators.freeze_links.page_of(
        phone.house.world.somchai, cause="ntc_1", now=phone.house.clock.now()
    )
    await phone.open(page)
    await expect(phone.page.locator("#link")).to_be_hidden()
    await phone.check("the link of a letter")
    await decide(phone.page, "#freeze")
    await phone.page.wait_for_selector("#frozen")


async def test_security_pages_are_fit_to_be_read_and_a_freeze_is_taken_back(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    for page in ("security", "level", "devices", "pin", "recovery-codes", "freeze", "passkeys"):
        await phone.open(f"/account/{page}")
        await phone.check(page)
    await phone.open("/account/recovery-codes")
    await phone.page.click("#make_codes")
    await phone.check("the codes")
    code = await phone.page.locator("[data-code]").first.inner_text()
    await phone.open("/account/freeze")
    await decide(phone.page, "#freeze")
    await phone.page.wait_for_selector("#frozen")
    await phone.check("frozen")
    await phone.open("/unfreeze")
    await phone.check("unfreeze")
    await phone.page.fill("#code", code)
    await phone.page.click("#unfreeze")
    await phone.page.wait_for_selector("#unfrozen")
    await phone.check("unfrozen")
    await phone.open("/recover")
    await phone.check("recover")


async def test_a_used_link_is_told_in_words_and_code(phone: Phone) -> None:
    link = await phone.house.link()
    await phone.open(f"/passkeys/new#{link}")
    await expect(phone.page.locator("#add_passkey")).to_be_visible()  # whose link it is has been asked
    await phone.house.link()  # the counter gives a newer one meanwhile
    await phone.page.click("#add_passkey")
    await expect(phone.page.locator("#error_code")).to_have_text("AUT-03")
    await phone.check("link used")
    phone.complaints.clear()  # Chromium reports the refusal of the script's request as an error


async def test_an_error_page_can_be_read_by_everybody(phone: Phone) -> None:
    await phone.open("/no-such-page")
    await phone.check("error page")
    await phone.page.click("#language")
    await expect(phone.page.locator("h1")).to_have_text("Page not found")
    phone.complaints.clear()  # Chromium reports every 404 as an error


async def test_an_answer_in_a_form_is_posted_by_itself(phone: Phone) -> None:
    await phone.add_passkey()
    await phone.sign_in()
    flow = phone.house.flow(await phone.browser_id(), response_mode=ResponseMode.FORM_POST)
    await phone.open(f"/consent?flow={flow}")
    async with leaving_for_service(phone.page) as leaving:
        await decide(phone.page, "#allow")
    request = await leaving.value
    assert request.method == "POST"
    assert "code=" not in request.url
    assert "code=" in (request.post_data or "")
    phone.complaints.clear()  # nobody listens at the service's address in this test
